"""Text that is data stays data: the tags of every model's prompt, made harmless in what is put in.

A document or a question that says `<<Answer>>` or `<|im_end|>` would otherwise end itself and go on
as the bot. Knows nothing of where the text comes from, nor of prompts.
"""

from __future__ import annotations

import re

# Brackets that look the same to people. They are no compatibility forms (＜ is), so that a
# tokenizer that normalises by NFKC does not turn them back, and no parser of ours reads them.
_HARMLESS = str.maketrans("<＜>＞[［]］:", "〈〈〉〉〔〔〕〕：")

_BLANK = r"[ \t\u3000]{0,4}"
_WORD = r"(?:Chunk|References?|Answers?|Questions?|Long|Q[ ]?&[ ]?A|SYS)"
_TAG = re.compile(
    rf"""
    # <<Chunk 1>>, <</SYS>>, and begun only: <<Answer
    (?<![<＜])[<＜]{{2,}}+{_BLANK}/?{_BLANK}{_WORD}(?:[ \t\u3000\w]{{0,40}}[>＞]+)?
    # <Answer>, as a model may write it and the parser then reads it
  | [<＜]{_BLANK}/?{_BLANK}(?:References?|Answers?|Questions?|Chunk{_BLANK}\d{{0,6}}){_BLANK}[>＞]+
    # what tokenizers know as one token, wherever it stands
  | [<＜][|｜][^|｜<>＜＞〈〉〔〕［］\[\]：:\n]{{1,40}}[|｜][>＞]
  | [<＜]/?(?:s|unk|pad|bos|eos|(?:start|end)_of_turn)[>＞]
  | [\[［]{_BLANK}/?{_BLANK}
    (?:INST|ATTR|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS){_BLANK}[\]］]
    # RakutenAI's template has its roles within a line
  | (?<![0-9A-Za-z_])(?-i:USER|ASSISTANT){_BLANK}:
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def neutral(text: str) -> str:
    """Return the text with its prompt tags in other brackets: `<<Answer>>` is 〈〈Answer〉〉.

    Of the same length, so that offsets stay. Text without tags is returned as it is, but for half a
    character (a lone surrogate), which no request can carry: it becomes U+FFFD. The words of
    openorca_stx (`要約：`) stay: they are ordinary Japanese, and forge no more than more text.
    """
    whole = _SURROGATE.sub("\ufffd", text)
    return _TAG.sub(lambda tag: tag.group().translate(_HARMLESS), whole)
