"""English follow-ups become questions that stand alone. Knows nothing of Japanese."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_](?:[\w'.-]*[^\W_])?")
_LEAD = re.compile(
    r"\A(?:(?:and|or|but|so|ok(?:ay)?|then|also|thanks|btw|well)\b[\s,.!]*)+", re.IGNORECASE
)
_PRONOUN = re.compile(
    r"\b(?:it|that|this|they|them|those|these|there|one|ones|so)\b(?!\s+(?:is|are|a|an|i|we)\b)",
    re.IGNORECASE,
)
_DUMMY = re.compile(
    r"\b(?:is|are|was|will|can|does|do|did) (?:it|there)\b.*\b(?:to|that|if|for)\b|\b(?:is|are"
    r"|was|were) there\b"
    r"|\b(?:this|that) (?:year|month|week|company|bot|channel|morning|afternoon)\b|\bthere(?:'s"
    r"| is| are)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"\A(?:what about|how about|and|or|same for|for|in|as|with|without|on|at|since|until|by"
    r"|also)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:(?:can|could) you )?(?:please )?(?:(?:tell|show|give) me )?(?:some |a bit "
    r"|a little )?more"
    r"(?: details?| information| info| please| about (?:it|that|this)){0,2}"
    r"|(?:in (?:more )?)?details?"
    r"|(?:please )?(?:elaborate|go on|continue)(?: please)?[\s?.!]*",
    re.IGNORECASE,
)
_FEW = 4
"""Words of a question that is no whole sentence: and for part-timers."""
_BRIDGED = 2
"""Words without a meaning of their own that may stand inside a topic: work from my country."""
_STOP = frozenset(
    """
    a an the and or but so then also is are was were be been am do does did done have has had
    can could may might must shall should will would i we you he she it they me us him her
    them my our your his its their this that these those there what which who whom whose when
    where why how much many long often far old to of in on at for from by with about as until
    since per each every if not no any some one ones please tell know need want get more
    details detail ok okay thanks over back out early late soon last next first again else
    """.split()  # noqa: SIM905
)
_GENERIC = frozenset(
    """
    limit limits deadline deadlines maximum minimum amount cost costs price fee form forms
    approval apply application request submit ask contact phone number email address place
    reason change cancel extend start end begin finish take happen happens time times day days
    hour hours year years month months week weeks person people example examples english
    japanese work works paid pay allowed possible required
    """.split()  # noqa: SIM905
)


def completed(asked: str, former: str) -> str | None:
    """Return an English follow-up as a question of its own, None where it is one already."""
    if wants_more(asked):
        return former
    former = former.rstrip(" ?!.？。")
    words = [word.lower() for word in _WORD.findall(asked)]
    own = [word for word in words if word not in _STOP and word not in _GENERIC]
    opened = bool(_OPENING.match(asked)) and len(words) <= 6
    pronoun = None if _DUMMY.search(asked) else _PRONOUN.search(asked)
    if not _is_incomplete(own, len(words), opened=opened, pronoun=bool(pronoun)):
        return None
    bare = _LEAD.sub("", asked).strip(" ?.!") or asked
    topic = _topic(former)
    if pronoun and not opened and topic:
        begin, end = pronoun.span()
        return f"{asked[:begin]}{topic}{asked[end:]}?"
    if own or not topic:
        return f"{former}, {_uncapitalised(bare)}?"
    return f"{topic}: {bare}?"


def wants_more(asked: str) -> bool:
    """Tell whether a text only asks for more: tell me more, more details please."""
    return bool(_MORE.fullmatch(asked))


def _is_incomplete(own: list[str], words: int, *, opened: bool, pronoun: bool) -> bool:
    """Tell by how many words of its own a question has, and by what holds it to the one before."""
    if opened:
        return len(own) < 2 or words <= _FEW
    if pronoun:
        return len(own) <= 2 and words <= 2 * _FEW
    return not own


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def _topic(former: str) -> str:
    """Return the longest row of words that say something."""
    rows: list[list[str]] = [[]]
    between: list[str] = []
    for word in former.split():
        plain = word.strip(",.;:?!()\"'").lower()
        if not plain or plain in _STOP:
            between.append(word)
        elif rows[-1] and len(between) <= _BRIDGED:
            rows[-1] += [*between, word]
            between = []
        else:
            rows.append([word])
            between = []
    return max((" ".join(row) for row in rows), key=len).strip(",.;:?!")
