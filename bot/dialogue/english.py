"""Which English sentences ask, and which go on from what was said, by their first words.

Sentences come as `bot.dialogue.prose` leaves them. Knows nothing of what they are about.
"""

from __future__ import annotations

import re

_LEAD = (
    r"(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|so|and|also|but|or|ok(?:ay)?"
    r"|then|well|please|sorry"
    r"|excuse me|thanks|thank you|btw|by the way|just|quick question|question|q|all|team"
    r"|everyone|there|kurage)"
    r"[\s,:;!.-]+)*"
)
_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|may|might|must|should|shall|will|would|has"
    r"|have|had"
    r"|isn't|aren't|don't|doesn't|didn't|can't|couldn't|won't|wouldn't|shouldn't|haven't|hasn't)"
)
_SUBJECT = (
    r"(?:i|you|we|he|she|it|they|there|the|any(?:one|body|thing)?|some(?:one|body)|every(?:one"
    r"|body)|our|my|your|their"
    r"|people|employees|part-?timers|contractors|interns|staff)"
)
_PRONOUN = (
    r"(?:i|you|we|he|she|they|people|employees|part-?timers|contractors|interns|staff"
    r"|any(?:one|body))"
)
_START = rf"(?:\A{_LEAD}|[,;:]\s+(?:and|so|but)?\s*|\s-+\s+)"
_QUESTION = re.compile(
    rf"""{_START}(?:
        (?:what|which|who|whom|whose|where|when|why|how)(?:'s|\s+{_AUXILIARY})\b(?!\s+(?:you|i|we)\s+(?:are|is)\b)
      | what\s+(?!an?\b|i\b|we\b|you\b|he\b|she\b|they\b|it\b|if\b|the\b)[a-z'-]+
      | what\s+(?:if|about|time)\b | what\Z
      | (?:which|whose)\s+[a-z'-]+
      | who\s+(?!cares\b|knows\b|would\s+have\b)[a-z'-]+
      | where\s+to\b | when\s+to\b | why\s+(?:no|not)\b
      | (?:why|where|when|since\s+when|until\s+when|by\s+when)\Z
      | how\s+(?:to|many|much|long|often|far|old|soon|late|early|big|come|about
          |do|does|did|can|could|should|would
          |is|are|was|will|am|may|must|high|fast)\b
      | how\Z
      | (?:is|are|was|were|does|did|can|could|should|shall|would|has|am
          |must|isn't|aren't|doesn't|can't|shouldn't)
        \s+(?:{_SUBJECT}|this|that|these|those|an?|(?:[a-z-]+\s+){{1,3}}(?:allowed|required|possible|ok|okay|available
          |open|closed
          |paid|covered|included|needed|necessary|free))\b
      | (?:do|have|had|will|may|don't|haven't|won't)\s+{_PRONOUN}\b
    )""",
    re.VERBOSE,
)
_INDIRECT = re.compile(
    r"\b(?:any(?:one|body) (?:know|can|have|got|here know)s?|any idea|i(?:'m"
    r"| am)? wonder(?:ing)?|wondering (?:if|how|what|when|where|who|why|whether)"
    r"|tell me (?:how|what|when|where|who|why|which|whether|if|about|the)|(?:want|like|need"
    r"|love) to know"
    r"|let me know (?:how|what|where|who|which|whether)|(?:don't|do not|can't|cannot) (?:know"
    r"|find out|figure out|find|understand) "
    r"(?:how|what|where|when|who|why|which)|not sure (?:how|what|where|when|who|why|which|if"
    r"|whether)|looking for (?:the|a|an|info|information)"
    r"|more (?:details?|info|information) (?:on|about)|explain (?:how|what|why|the))\b"
)
_NOT = re.compile(r"\b(?:let me know (?:when|if)|what a|no wonder|you know what|guess what)\b")
_ECHO = re.compile(
    r"\A(?:really|what|huh|eh|seriously|oh|wow|is (?:it|that) so|right|no way|are you sure"
    r"|for real|yes|no|ok(?:ay)?|nice|why not)[\s!?.]*\Z"
)
_TOPIC = re.compile(
    r"\A(?:and|or|also|but|then|so|plus|what about|how about|same for|the same for|for|in|as"
    r"|with|without|during|on|at|since|until|until|by)\s+\S+"
)
_OWN = re.compile(
    r"\b(?:i|i'm|i'll|i've|we|we'll|we're|let's|it|it's|that|that's|this|is|are|was|were|will"
    r"|did|done|has|have|thanks?|please|lunch|bye|later|works?|worked|fixed|got)\b"
)
_MORE = re.compile(
    r"\A(?:more|tell me more|more details?|go on|continue|details?|examples?|for example"
    r"|in detail|in english|in japanese)\b"
)


def asks(sentence: str) -> bool:
    """Tell whether a sentence asks."""
    sentence = sentence.replace("’", "'").strip()
    marked = "?" in sentence[-6:] and not re.search(r"\?[a-z0-9]", sentence[-6:])
    if _ECHO.match(sentence):
        return False
    if marked:
        return bool(re.search(r"[^\W\d]", sentence))
    return begins(sentence)


def begins(sentence: str) -> bool:
    """Tell whether a sentence asks by its words, whatever mark it ends with."""
    bare = sentence.replace("’", "'").rstrip(" .!?)")
    if _NOT.search(bare):
        return False
    return bool(_QUESTION.search(bare) or _INDIRECT.search(bare))


def goes_on(sentence: str) -> bool:
    """Tell whether a sentence that does not ask may be the rest of a question."""
    bare = sentence.replace("’", "'").strip(" .!")
    if _MORE.match(bare):
        return True
    words = bare.split()
    return bool(_TOPIC.match(bare)) and len(words) <= 8 and not _OWN.search(bare)
