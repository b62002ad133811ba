"""What chat models say around an answer, and how they say that they have none.

A whole leading sentence of a short list (「承知しました。」, “Sure!”), a label (「回答：」), a
block of `<think>` and whatever stands behind an end-of-message token are dropped; 「はい、」 stays,
as it answers. Knows nothing of citations nor of passages.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.generate.profiles.wording import NOTHING

_PHRASES = (
    *("はい、承知しました", "はい、わかりました", "はい、分かりました", "はい、お答えします"),
    *("承知しました", "承知いたしました", "承知致しました", "かしこまりました", "了解しました"),
    *("わかりました", "分かりました", "もちろんです", "ご質問ありがとうございます"),
    *("ご質問いただきありがとうございます", "お問い合わせありがとうございます"),
    *("以下に回答します", "以下に回答いたします", "以下にお答えします", "以下が回答です"),
    *("ご質問にお答えします", "質問にお答えします", "質問に回答します"),
    *("資料に基づいて回答します", "資料に基づいてお答えします", "資料に基づき回答します"),
    *("資料をもとに回答します", "資料をもとにお答えします", "資料を基に回答します"),
    *("aiとしてお答えします", "aiとして回答します", "aiアシスタントとしてお答えします"),
    *("aiアシスタントとして回答します", "私はaiアシスタントです", "私はaiです"),
    *("sure", "sure thing", "certainly", "of course", "absolutely", "got it"),
    *("sure, here is the answer", "sure, here's the answer", "here is the answer"),
    *("here's the answer", "i'm happy to help", "i'd be happy to help"),
    "thank you for your question",
)
_LABELS = ("回答", "答え", "解答", "answer", "assistant", "アシスタント")
_WRAPPED = r"[*#\s]*"
_PREFACE = re.compile(
    rf"{_WRAPPED}(?:(?:{'|'.join(map(re.escape, sorted(_PHRASES, key=len, reverse=True)))})"
    rf"(?:[。．.!！:：]+\**\s*|\**\s*\n\s*)"
    rf"|(?:{'|'.join(_LABELS)})\**(?:[:：]\**\s*|\s*\n\s*))",
    re.IGNORECASE,
)
_THINKS = "<think>"
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL | re.IGNORECASE)
# Tokens that end a message, or begin one, where a server lets them through.
_TOKEN = re.compile(r"\s*(?:<[|｜][^|｜<>\n]{1,40}[|｜]>|</?s>|\[/INST\])\s*")
_END = re.compile(r"<[|｜][^|｜<>\n]{1,40}[|｜]>|</s>|\[/?INST\]|<<SYS>>")
_BEGUN_END = re.compile(
    r"(?:<(?:[|｜][^|｜<>\n]{0,40}[|｜]?|/s?|<(?:S(?:Y(?:S>?)?)?)?)?|\[(?:/?(?:I(?:N(?:ST?)?)?)?)?)\Z"
)

_BOLD = re.compile(r"(?<![0-9A-Za-z*])\*\*(?=\S)([^*\n]{1,80})(?<=\S)\*\*(?![0-9A-Za-z*])")
_BEGUN_BOLD = re.compile(r"(?<![0-9A-Za-z*])\*(?:\*(?:\S[^*\n]{0,79}(?:\*{1,2})?)?)?\Z")


class Answering:
    """Takes what a model says, piece by piece, and hands on what belongs to the answer."""

    def __init__(self) -> None:
        self.over = False
        """Whether the model has gone on to something else: the rest is not heard."""
        self._buffer = ""
        self._begun = False
        self._bold = _Bold()

    def feed(self, piece: str) -> str:
        """Return the next piece of the answer; empty while it is not known to be one."""
        self._buffer += piece
        return self._take(closing=False)

    def close(self) -> str:
        """Return what was held back; a token that was begun and not ended is dropped."""
        return self._take(closing=True)

    def _take(self, *, closing: bool) -> str:
        if self.over:
            return ""
        if not self._begun:
            self._begun = self._past_preface() or closing
            if not self._begun:
                return ""
            if _thinks(self._buffer):
                self._buffer = ""  # it was cut off in the middle of its thoughts
        return self._bold.without(self._until_end(), closing=closing or self.over)

    def _past_preface(self) -> bool:
        """Drop what stands before the answer; tell whether the answer has begun."""
        drops = (_TOKEN, _THOUGHT, _PREFACE)
        while found := next(filter(None, (each.match(self._buffer) for each in drops)), None):
            self._buffer = self._buffer[found.end() :]
        return bool(self._buffer.strip()) and not _may_be_preface(self._buffer)

    def _until_end(self) -> str:
        end = _END.search(self._buffer) or _BEGUN_END.search(self._buffer)
        text = self._buffer[: end.start()] if end else self._buffer
        self.over = bool(end and end.re is _END)
        self._buffer = self._buffer[len(text) :]
        return text


class _Bold:
    """Drops the signs of Markdown's bold type, which models like and platforms show as they are."""

    def __init__(self) -> None:
        self._before = ""
        """The last character that was handed on: 2**3 is no bold type."""
        self._buffer = ""

    def without(self, piece: str, *, closing: bool) -> str:
        """Return the text up to where bold type may have begun, and not ended yet."""
        text = _BOLD.sub(r"\1", self._before + self._buffer + piece)[len(self._before) :]
        begun = None if closing else _BEGUN_BOLD.search(self._before + text)
        end = begun.start() - len(self._before) if begun else len(text)
        self._buffer = text[end:]
        self._before = (self._before + text[:end])[-1:]
        return text[:end]


def _thinks(text: str) -> bool:
    return text.lstrip().lower().startswith(_THINKS)


def _may_be_preface(text: str) -> bool:
    """Tell whether more text may make a preface of this beginning."""
    begun = text.lstrip("*# \t\r\n\u3000").lower()
    if not begun or _THINKS.startswith(begun) or begun.startswith(_THINKS):
        return True
    if _BEGUN_END.match(text.lstrip()):
        return True
    return any(
        phrase.startswith(begun) or begun.rstrip("* \t") == phrase
        for phrase in (*_PHRASES, *_LABELS)
    )


# Abstentions. What may stand around 資料 and its verb is listed, so that
# 「資料に押印は必要ありません」 and 「入社に必要な資料はありません」 stay the answers they are.
_LONGEST = 100
"""Characters of an abstention: a longer sentence says more than that."""
_SORRY = (
    r"(?:申し訳(?:ありません|ございません|ない)(?:です)?(?:が|けれども)?|恐れ入りますが|残念ながら"
    r"|すみません(?:が)?|恐縮ですが|ご?提供いただいた|与えられた|提供された|提示された|示された|上記の"
    r"|この|その|これらの|ご提示の|社内の|お|ご|[、。])*"
)
_FILLER = (
    r"(?:ご?質問|に対する|に関する|について|への|該当する|関連する|直接|明確な|明確に|十分な|具体的な"
    r"|具体的に|答え|回答|お答え|情報|記載|記述|内容|言及|その|この|お?問い|は|が|を|も|の|、|中|に)*"
)
_SOURCES = "(?:資料|文書|文章|情報|文脈|コンテキスト|本文|記載内容|テキスト|資料集|参考資料)"
_PARTICLE = r"(?:だけ|のみ|内容|範囲)?(?:から|に|で|では)?(?:は|も)?"
_NOT = (
    r"(?:わかりません|分かりません|わからない(?:です)?|分からない(?:です)?|判断できません|判断できない"
    r"|判断(?:しかね|でき)ます?ん?|答えられません|(?:お?答え|回答|確認|特定)(?:が|は|を)?でき(?:ません|ない)"
    r"|(?:お?答え|回答)(?:いた)?しかねます|見つかりません(?:でした)?|見当たりません(?:でした)?"
    r"|(?:記載|記述|言及|説明|明記)(?:が|は|も)?(?:されて|して)?(?:い|あり|ござい)ません(?:でした)?"
    r"|書かれていません|含まれていません|載っていません|述べられていません|ありません(?:でした)?"
    r"|ございません|不明です|得られません(?:でした)?)"
)
_ABSTAINS = (
    re.compile(rf"{_SORRY}{_FILLER}{_SORRY}{_SOURCES}(?:の中)?{_PARTICLE}{_FILLER}{_NOT}"),
    re.compile(rf"{_SORRY}{_FILLER}(?:わかりません|分かりません|お?答えできません|回答できません)"),
    re.compile(
        r"(?:sorry|unfortunately|i'?m sorry|but|[,. ])*(?:i (?:do not|don't) know|"
        r"i (?:can ?not|can't|could not|couldn't) (?:answer|find|determine)\b.*|"
        r"(?:the |this |that |answer |information |is |can ?not be |not )*"
        r"(?:found|determined|answered|stated|given|available) (?:in|from|by) (?:the )?"
        r"(?:provided |given |available )?(?:documents?|sources?|materials?|passages?|context)|"
        r"(?:the )?(?:provided |given |available )?"
        r"(?:documents?|sources?|materials?|passages?|context|information)(?: provided)? "
        r"(?:do(?:es)? not|don't|doesn't) (?:say|answer|contain|mention|provide|include|specify|"
        r"tell)(?: (?:the|an?|any|this|that|it|your|answer|question|information|to))*)"
    ),
    re.compile(
        r"(?:none|n/?a|該当(?:する(?:資料|情報))?(?:は|が)?(?:なし|ありません)|回答不能|不明(?:です)?)"
    ),
)


@lru_cache(maxsize=1024)
def abstains(sentence: str) -> bool:
    """Tell whether a sentence says nothing but that the passages do not answer."""
    if len(sentence) > _LONGEST:
        return False
    folded = unicodedata.normalize("NFKC", sentence).lower().strip(" \t\r\n\"'「」『』*。.!")
    if not folded.isascii():
        folded = "".join(folded.split())
    return any(pattern.fullmatch(folded) for pattern in _ABSTAINS)


def may_abstain(text: str) -> bool:
    """Tell whether a beginning may become the sentence that a model is told to abstain with."""
    return NOTHING.startswith(text.lstrip("「 "))
