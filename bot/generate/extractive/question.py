"""What a question asks for: its terms and their weights, and the kind of answer it wants.

Knows nothing of passages. Kinds are told by the words that ask (いつ, 誰, いくら, 何日前, …), which
is the classical question taxonomy of QA systems (Li and Roth, 2002) cut down to what can be seen
in a sentence without a model.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ingest.japanese import Analyzer, Morpheme, Related

Kind = Literal[
    "when", "who", "where", "number", "money", "contact", "whether", "why", "how", "name"
]

_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "when",
        re.compile(
            r"いつ|何(?:年|月|日|時|世紀|曜|頃)|年代|時期|期限|締め?切|期日"
            r"|(?:年|日|月|日付|日時|時代)(?:は|に|です)?[?。]*$|\bwhen\b|\bwhat (?:time|date)\b"
        ),
    ),
    (
        "who",
        re.compile(
            r"誰|だれ|どなた|何者|(?:人物|人|者|氏名|作者|著者|監督|大臣|王|担当)(?:は|とは)?[?。]*$"
            r"|\bwhom?\b"
        ),
    ),
    (
        "where",
        re.compile(
            r"どこ|何処|どちら|場所|何(?:県|市|国|州|駅|町|区)|どの(?:国|県|市|地|町|州|都)"
            r"|(?:国|県|市|地|州|都市|場所|地域)(?:は|とは)?[?。]*$|\bwhere\b"
        ),
    ),
    (
        "number",
        re.compile(
            r"いくら|いくつ|幾つ|第何"
            r"|何(?:人|個|件|%|パ|円|回|キロ|m|cm|km|k|メ|つ|本|位|番|条|度|歳|倍|枚|割|名|票|校|店|分"
            r"|秒|時間|日|週|年間|ヶ|ケ|か月|カ|か国|種|社|営業日|文字|台|問|階)"
            r"|どれ(?:くら|ぐら|ほど|だけ)|どの(?:くら|ぐら|程度)"
            r"|(?:数|割合|面積|人口|金額|料金|費用|率|長さ|高さ|重さ|距離|規模|上限|番号)(?:は|とは)?[?。]*$"
            r"|\bhow (?:many|much|long|often|far|old)\b"
        ),
    ),
    (
        "money",
        re.compile(
            r"いくら|何円|金額|料金|費用|値段|単価|手当|補助|上限"
            r"|\bhow much\b|\bcosts?\b|\bprice\b|\byen\b|\ballowance\b"
        ),
    ),
    (
        "contact",
        re.compile(
            r"(?:どこ|誰|だれ|どなた)(?:に|へ)?(?:電話|連絡|相談|聞|きけ|問い?合わ?せ|言え|頼)"
            r"|連絡先|問い?合わ?せ先|電話番号|内線|メールアドレス|宛先|窓口"
            r"|\b(?:who|whom|where) (?:do|should|can|to) (?:i |we )?(?:call|contact|ask|report)\b"
        ),
    ),
    (
        "whether",
        re.compile(
            r"(?:[てで]も?|[ばら])(?:いい|良い|よい|大丈夫|ok|おk|構わない)|(?:でき|出来|られ|え|け|せ|て|め|れ|げ|べ)ま(?:す|せん)か"
            r"|(?:でき|出来|られ|もらえ|使え)る(?:の|ん|か|んです|のです)*か?[?。]*$|あり?(?:ます|る)(?:の)?か?[?。]*$"
            r"|(?:だめ|ダメ|可能|必要|ok|おk|大丈夫|いる)(?:です|でしょう|なの)?か?[?。]*$|出ますか|でますか"
            r"|^(?:can|may|is|are|do|does|am|should|must|could|will)\b"
        ),
    ),
    ("why", re.compile(r"なぜ|何故|なんで|どうして|理由|原因|目的|\bwhy\b")),
    (
        "how",
        re.compile(
            r"どう(?!して)|どのよう|いかに|方法|手順|手段|やり方|仕方|教えて"
            r"|\bhow (?:do|can|to|should)\b"
        ),
    ),
    (
        "name",
        re.compile(
            r"(?:何|なん|なに)(?:と|て|っ)|名称|名前|別名|略称|通称|呼ば|呼ぶ|[い言]う[?。]*$|\bname\b|\bcalled\b"
        ),
    ),
)
# The asked class: 何という地誌, どの国; else the noun before the end: …の面積は？
_ASKED_CLASS = re.compile(
    r"(?:何という|なんという|何の|どの|どんな|どういう|どのような|何|どこの)([一-龠ァ-ヶー]{1,8}|[a-z]{2,12})"
)
_LAST_NOUN = re.compile(
    r"([一-龠ァ-ヶー]{1,8}|[a-z]{2,12})(?:の(?:名前|名称|名|こと))?(?:は|とは|って)?"
    r"(?:何|なに|なん|どこ|誰|だれ|いつ|どれ|どの|いくつ|いくら|どう)?(?:です|でしょう)?か?[?。]*$"
)
_COUNTER = re.compile(r"何([^\sという言呼がをにでのはか]|か月|カ月|か国)")
_NUMBER = r"[0-9一二三四五六七八九十百千万億兆.,]"
# Words that ask or are polite and never bear an answer. English ones are listed because a Japanese
# collection makes them look rare.
_ASKS = re.compile(r"何|誰|幾|どう|どの|どんな|どれ|如何|何故|なぜ|いつ|どこ")
_SILENT = re.compile(
    r"(?:教え|知り|言い|呼び)|(?:教え|知|言|呼|下さ|頂|貰|良|宜し)[いうくぶる]|御|さん|様|事|こと|物|もの|場合|的"
    r"|a|an|the|is|are|was|were|be|do|does|did|of|to|in|on|at|for|and|or|with|by|from|about"
    r"|what|when|where|who|whom|which|why|how|can|could|may|must|should|have|has|had"
    r"|i|we|you|it|my|our|your|there|that|this|any|much|many|long"
)
_OF_ANY_QUESTION = frozenset({"代名詞", "連体詞", "接続詞", "感動詞"})
# Verbs and adverbs are said in many ways, and a question may have any: 帰ってもいいのは何時.
_NOUN_LIKE = frozenset({"名詞", "接尾辞", "接頭辞", "形状詞"})
_OTHER_WORDS = 0.5
"""Weight of a verb, adjective or adverb beside a noun of the same IDF."""
_FOREIGN_WORD = re.compile(r"[ァ-ヶーa-z0-9.+#-]{2,}")
_KANA_ENDING = re.compile("[ぁ-ん]+$")
_NOT_IN_ANSWERS = re.compile(
    r"いつ|誰|だれ|どなた|どこ|なぜ|何|なに|なん|どう|どの|どれ|いくら|いくつ|[か?。]+$"
)


def folded(text: str) -> str:
    """Return the text as it is compared: NFKC, lower case, no blanks. Offsets change."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


@dataclass(frozen=True)
class Asked:
    """A question, read once for all its passages."""

    text: str
    """NFKC, lower case, with its blanks."""
    weights: Mapping[int, float]
    """Weight of each distinct term that the collection holds, by `Morpheme.key`."""
    order: tuple[int, ...]
    """The weighted terms as they occur."""
    spellings: Mapping[int, tuple[str, ...]]
    """By which a folded text is searched for each term of the question, unseen ones too."""
    ways: Mapping[int, tuple[frozenset[int], ...]]
    """Other ways to say a weighted term (夏季休暇 for 夏休み), each as the keys of its words."""
    names: frozenset[int]
    """Terms that name one thing and are rarely said otherwise: 札幌, Linux, ワクチン."""
    unseen: float
    """Weight of the terms that no document of the collection holds."""
    kinds: frozenset[Kind]
    asked_class: str
    """地誌 of 何という地誌; empty where none is named."""
    counter: str
    """人 of 何人; empty where none is asked."""

    @cached_property
    def total(self) -> float:
        """Weight of all terms together, the unseen ones too; never zero."""
        return sum(self.weights.values()) + self.unseen or 1.0

    @cached_property
    def late_weights(self) -> Mapping[int, float]:
        """Weights that grow towards the end: 2020年のオランダのGDPは何位 is about GDP."""
        last = len(self.order) or 1
        late = {term: self.weights[term] * (i + 1) / last for i, term in enumerate(self.order)}
        scale = sum(late.values()) or 1.0
        return {term: weight / scale for term, weight in late.items()}

    @cached_property
    def said(self) -> frozenset[int]:
        """Keys of the question's terms, and of the words of other ways to say them."""
        others = (keys for ways in self.ways.values() for keys in ways)
        return frozenset(self.spellings).union(*others)

    def hits(self, keys: frozenset[int]) -> frozenset[int]:
        """Return the weighted terms that words say, in the question's way or in another."""
        otherwise = (t for t, ways in self.ways.items() if any(way <= keys for way in ways))
        return (keys & self.weights.keys()).union(otherwise)

    @cached_property
    def meaning(self) -> Mapping[int, int]:
        """The weighted term that a word is, or is another way to say."""
        single = {
            k: t for t, ways in self.ways.items() for way in ways if len(way) == 1 for k in way
        }
        return {**single, **{term: term for term in self.weights}}

    @cached_property
    def counted(self) -> re.Pattern[str] | None:
        """Matches a number with the counter that is asked for."""
        return re.compile(_NUMBER + re.escape(self.counter)) if self.counter else None

    @cached_property
    def joined(self) -> str:
        """The question without its blanks."""
        return "".join(self.text.split())

    @cached_property
    def bigrams(self) -> frozenset[str]:
        """Pairs of characters, without the words that ask."""
        return grams(_content(self.text), 2)

    @cached_property
    def screen(self) -> frozenset[str]:
        """Pairs of characters by which units are screened: with those of other ways to say it."""
        others = (s for term in self.ways for s in self.spellings[term])
        return self.bigrams.union(*(grams(spelling, 2) for spelling in others))

    @cached_property
    def trigrams(self) -> frozenset[str]:
        """Threes of characters, without the words that ask."""
        return grams(_content(self.text), 3)

    def covered(self, keys: frozenset[int]) -> float:
        """Return the share of the question's weight that these terms have, from 0 to 1."""
        return sum(self.weights.get(key, 0.0) for key in keys) / self.total


def read(question: str, analyzer: Analyzer, term_weights: Mapping[str, float]) -> Asked:
    """Return what is asked.

    `term_weights` is the IDF by `Morpheme.term` of what the collection holds; where it is empty,
    terms weigh the same.
    """
    text = unicodedata.normalize("NFKC", question).lower()
    morphemes = analyzer.morphemes(question)
    words = [word for word in morphemes if _tells(word)]
    ways = _ways(analyzer.related(morphemes), morphemes)
    known = {word.key: 0.0 for word in words}
    for word in words:
        idf = _idf(word, ways.get(word.key, ()), term_weights) if term_weights else 1.0
        known[word.key] = max(known[word.key], idf * _share_of_idf(word))
    order = tuple(word.key for word in words if known[word.key] > 0)
    return Asked(
        text=text,
        weights={key: known[key] for key in order},
        order=order,
        spellings=_spellings(words, ways),
        ways={
            key: tuple(frozenset(word.key for word in way) for way in ways[key])
            for key in order
            if key in ways
        },
        names=frozenset(word.key for word in words if _is_name(word)),
        unseen=_unseen(words, known, max(term_weights.values(), default=0.0)),
        kinds=frozenset(kind for kind, pattern in _KINDS if pattern.search(text.rstrip())),
        asked_class=_first_group(_ASKED_CLASS, text) or _first_group(_LAST_NOUN, text.rstrip()),
        counter=_first_group(_COUNTER, text),
    )


_Ways = Mapping[int, Sequence[Sequence[Morpheme]]]


def _ways(related: Sequence[Related], morphemes: Sequence[Morpheme]) -> _Ways:
    """Return other ways to say the terms of a question, by the term's key."""
    found: dict[int, Sequence[Sequence[Morpheme]]] = {}
    for way in related:
        for word in morphemes[way.first : way.last + 1]:
            if _tells(word):
                found.setdefault(word.key, way.ways)
    return found


def _idf(
    word: Morpheme, ways: Sequence[Sequence[Morpheme]], term_weights: Mapping[str, float]
) -> float:
    """Return the IDF of a term; one that the collection never holds has that of another way."""
    own = term_weights.get(word.term, 0.0)
    if own or not ways:
        return own
    # A way is as rare as its rarest word, and unknown where one of its words is.
    said = [[term_weights.get(other.term, 0.0) for other in way] for way in ways if way]
    return min((max(idfs) for idfs in said if all(idfs)), default=0.0)


def _tells(word: Morpheme) -> bool:
    """Tell whether a word says what the question is about."""
    if not word.term or _SILENT.fullmatch(word.term) or _ASKS.match(word.term):
        return False
    if word.part_of_speech == "動詞":
        return word.detail != "非自立可能"  # する, ある, もらう
    return word.part_of_speech not in _OF_ANY_QUESTION


def _is_name(word: Morpheme) -> bool:
    return word.detail == "固有名詞" or bool(_FOREIGN_WORD.fullmatch(word.term))


def _share_of_idf(word: Morpheme) -> float:
    return 1.0 if word.part_of_speech in _NOUN_LIKE else _OTHER_WORDS


def _unseen(words: list[Morpheme], known: Mapping[int, float], rarest: float) -> float:
    """Take an unseen term to be half as frequent as the rarest one that was seen, or less."""
    missing = {word.key: _share_of_idf(word) for word in words if known[word.key] <= 0}
    return sum(missing.values()) * (rarest + 1)


def _spellings(words: Sequence[Morpheme], ways: _Ways) -> dict[int, tuple[str, ...]]:
    found: dict[int, set[str]] = {}
    for word in words:
        spellings = {_stem(folded(form), word) for form in (word.surface, word.term)}
        others = {_way_spelling(way) for way in ways.get(word.key, ())}
        found.setdefault(word.key, set()).update((spellings | others) - {""})
    return {key: tuple(sorted(spellings)) for key, spellings in found.items()}


def _way_spelling(way: Sequence[Morpheme]) -> str:
    """Return what a text is searched for; nothing where it would be found inside other words."""
    spelling = folded("".join(word.surface for word in way))
    if len(way) == 1:
        spelling = _stem(spelling, way[0])
    return spelling if len(spelling) >= (4 if spelling.isascii() else 2) else ""


def _stem(spelling: str, word: Morpheme) -> str:
    """Drop what conjugates: 行う and 行った share 行."""
    if word.part_of_speech not in {"動詞", "形容詞"}:
        return spelling
    return _KANA_ENDING.sub("", spelling) or spelling[: max(2, len(spelling) - 1)]


def _content(text: str) -> str:
    return _NOT_IN_ANSWERS.sub("", "".join(text.split()))


def grams(text: str, size: int) -> frozenset[str]:
    """Return the runs of `size` characters that a text holds."""
    return frozenset(text[i : i + size] for i in range(len(text) - size + 1))


def _first_group(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group(1) if match else ""
