"""Japanese follow-ups become questions that stand alone.

英語版は？ after 就業規則はどこ？ becomes 就業規則の英語版は？. Works on questions
that have been read, and knows nothing of turns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.dialogue import japanese
from bot.dialogue.reading import Phrase, Reading
from bot.dialogue.vocabulary import GENERIC
from ingest.sentences import sentences

_END = re.compile(r"[\s。.!?！？、,…〜~]+\Z")
_ANAPHOR = re.compile(
    r"(?P<alone>(?:それ|これ|あれ|そこ|そちら|そっち|そいつ)(?!ぞれ|から(?!も|は|いつ|何|どこ"
    r"|\Z)|まで(?!に)|で(?:は|も)?[、,]|とも|なら[、,]|じゃ|ら))"
    r"|(?P<case>(?:その|この|あの)(?:場合|とき|時|際|ケース))"
    r"|(?P<before>(?:その|あの|(?<![一-龠])上の|上記の|さっきの|先ほどの|前の|今の|同じ)(?!まま"
    r"|他|ほか|後|うち|た|日暮)|この(?!会社|ボット|bot|チャンネル|アプリ"
    r"|部署|春|夏|秋|冬|前|間|後|まま|辺|へん|あたり|たび|度|週|月|年|時期|先|近く|ビル"
    r"|システム))"
)
_ELABORATE = re.compile(
    r"\A(?:もう少し|もうちょっと|もっと|より)?(?:詳し[くい]|くわしく|具体的に|具体例|例|例えば"
    r"|たとえば|詳細|続き)"
    r"(?:は|を|に|が)?(?:も|お願いします|知りたい(?:です)?|(?:教|おし)えて(?:ください|下さい"
    r"|ほしい(?:です)?|もらえますか|いただけますか)?)?\Z"
)
_TAIL = re.compile(
    r"(?P<tail>(?:の(?:場合|とき|時|ケース|分|ほう|方)?(?:は|も|でも|だと|なら)?|の分も)"
    r"|(?:は|でも|では|じゃ|も|なら|だと|だったら|って|とか|については|について|から?でも|にも"
    r"|には)(?:どう|いかが|何)?(?:ですか|でしょうか|なりますか|なの)?)?\Z"
)
_PLAIN = frozenset({"", "は", "って", "の場合は", "だと", "なら", "については"})
_TAILED = re.compile(r"(?:は|でも|では|も|なら|だと|だったら|とき|って)\Z")
_AND = re.compile(r"[のとやか、・]*")
_CONDITION = re.compile(
    r"(?:[たれけせてねべめえ]ら|れば|ければ|(?:場合|とき|時|際)(?:は|に|には|も|でも)?"
    r"|ときって)\Z"
)
_CASE_MARK = re.compile(r"[にがをでへ]")
"""VPNにつながらないときは is whole, 転勤した場合は and 出張のときは are not."""
_ALSO = re.compile(r"も(?!ら|の|う|っと|し|と)")
_OWNED = re.compile(r"[はがもをの]|って|\Z|[0-9]|いつ|どこ|いくら")
_LINK = frozenset({"の", "と", "・", "/", "-", ".", "&", " "})
_TOPIC_MARK = re.compile(r"(?:は|って|とは)")


def is_complete(follow: Reading) -> bool:
    """Tell whether a question says what it is about."""
    anaphor = _ANAPHOR.search(follow.text)
    if anaphor:
        # 申請書を出したのですが、それはいつ…: what それ means stands in the question itself.
        return any(phrase.end <= anaphor.start() for phrase in follow.specific)
    if wants_more(follow.text):
        return False
    lone = _lone(follow)
    if lone is not None:
        return (bool(follow.specific) and len(lone) > 1) or follow.names_what_a_place_has
    if _CONDITION.search(follow.text) and not japanese.has_interrogative(follow.text):
        return any(_CASE_MARK.match(follow.text, phrase.end) for phrase in follow.specific)
    if len(follow.specific) == 1 and _ALSO.match(follow.text, follow.specific[0].end):
        return follow.specific[0].begin > 0  # 営業部も使えますか says not what
    return follow.has_topic


def _lone(follow: Reading) -> list[Phrase] | None:
    """Return the phrases of a follow-up that is nothing but them: 英語版は, 課長の場合は."""
    end = 0
    for phrase in follow.phrases:
        if not _AND.fullmatch(follow.text, end, phrase.begin):
            return None
        end = phrase.end
    if not follow.phrases or not _TAIL.match(follow.text, end):
        return None
    return list(follow.phrases)


def wants_more(text: str) -> bool:
    """Tell whether a text only asks for more: もっと詳しく, 具体的には."""
    return bool(_ELABORATE.match(text))


def completed(follow: Reading, former: Reading, limit: int) -> str | None:
    """Return an incomplete question with what it takes over, None where that is too long."""
    whole = _completed(follow, former)
    if len(whole) > limit:
        whole = f"{_topic(former)}、{follow.text}？"
    return whole if len(whole) <= limit else None


def _completed(follow: Reading, former: Reading) -> str:
    text, topic = follow.text, _topic(former)
    anaphor = _ANAPHOR.search(text)
    if anaphor:
        return _resolved(text, anaphor, topic)
    if wants_more(text):
        return former.text
    lone = _lone(follow)
    if lone:
        return _varied(follow, lone, former, topic)
    if _CONDITION.search(text) and any(p.kind != "generic" for p in follow.phrases):
        return f"{text}、{_END.sub('', former.text)}？"
    return _joined(follow, former, topic)


def _resolved(text: str, anaphor: re.Match[str], topic: str) -> str:
    rest = text[anaphor.end() :]
    if anaphor["alone"]:
        filled = topic
    elif anaphor["case"]:
        filled = f"{topic}の場合"
    else:
        # その申請 after 副業の申請 is 副業の申請.
        known = next(
            (n for n in range(min(8, len(rest)), 0, -1) if _ends_with_word(topic, rest[:n])), 0
        )
        filled, rest = (topic, rest[known:]) if known else (f"{topic}の", rest)
    return f"{text[: anaphor.start()]}{filled}{rest}？"


def _ends_with_word(topic: str, word: str) -> bool:
    return topic.endswith(word) and (len(word) > 1 or "一" <= word <= "龠")


def _varied(follow: Reading, lone: list[Phrase], former: Reading, topic: str) -> str:
    """Complete 部長は？, 英語版は？, 定員は？ by what they vary, else by what they belong to."""
    if len(lone) == 1:
        replaced = _replaced(lone[0], follow.text[lone[0].end :], former)
        if replaced and replaced != former.text:
            return f"{_END.sub('', replaced)}？"
    if "language" in _classes(lone) or all(_is_of_something(phrase) for phrase in lone):
        return _joined(follow, former, topic)
    case = follow.text if _TAILED.search(follow.text) else f"{follow.text}は"
    return _inserted(case, former)


def _inserted(case: str, former: Reading) -> str:
    """Return ビルは土日は何時に閉まる for 土日は after ビルは何時に閉まる."""
    topic = _marked_topic(former)
    if not topic:
        return f"{case}、{_END.sub('', former.text)}？"
    mark = _TOPIC_MARK.match(former.text, topic[-1].end)
    at = mark.end() if mark else topic[-1].end
    return f"{former.text[:at]}{case}{_END.sub('', former.text[at:])}？"


def _marked_topic(former: Reading) -> list[Phrase]:
    """Return the phrases before the first は or って, as far as の joins them."""
    for group in _groups(former, former.phrases):
        named = any(phrase.kind != "generic" for phrase in group)
        if named and _TOPIC_MARK.match(former.text, group[-1].end):
            return group
    return []


def _is_of_something(phrase: Phrase) -> bool:
    """Tell whether words name a part of a topic rather than one: 上限, 暗証番号."""
    return phrase.kind == "generic" or (phrase.kind == "specific" and phrase.terms[-1] in GENERIC)


def _classes(phrases: Sequence[Phrase]) -> set[str]:
    return {value.kind for phrase in phrases for value in phrase.values}


def _replaced(phrase: Phrase, tail: str, former: Reading) -> str | None:
    """Return the former question with a word of one class in another's place."""
    if phrase.kind == "specific":
        return _replaced_topic(phrase, former) if tail in _PLAIN else None
    if phrase.kind != "value" or len(phrase.values) != 1:
        return None
    new = phrase.values[0]
    for other in former.phrases:
        for old in other.values:
            if old.kind == new.kind and old.text != new.text:
                return former.text[: old.begin] + new.text + former.text[old.end :]
    return None


def _replaced_topic(phrase: Phrase, former: Reading) -> str | None:
    """Return 源泉徴収票はいつ届きますか for 源泉徴収票は after 離職票はいつ届きますか."""
    alike = [p for p in former.specific if _is_alike(p.terms, phrase.terms)]
    marked = [p for p in _marked_topic(former) if p.kind == "specific"]
    if phrase.terms[-1] in GENERIC and not alike:
        return None  # 暗証番号は asks for something of the topic
    old = next((found[0] for found in (alike, marked) if len(found) == 1), None)
    if old is None or old.terms == phrase.terms:
        return None
    return former.text[: old.begin] + phrase.text + former.text[old.end :]


def _is_alike(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Tell whether two names are of one kind: 離職票 and 源泉徴収票, SEV1 and SEV2."""
    return old[-1:] == new[-1:] or (len(old) > 1 and old[:-1] == new[:-1] and new[-1].isdecimal())


def _joined(follow: Reading, former: Reading, topic: str) -> str:
    """Return the follow-up behind the topic: 在宅勤務手当の上限は, 育休は何回まで."""
    text = follow.text
    first = follow.phrases[0] if follow.phrases else None
    if first and first.begin == 0 and topic.endswith(first.text):
        return f"{topic}{text[first.end :]}？"
    if topic == _END.sub("", former.text):
        return f"{topic}？{text}？"
    owned = first and first.begin == 0 and (_is_of_something(first) or first.text.endswith("版"))
    link = "の" if first and owned and _OWNED.match(text, first.end) else "は、"
    return f"{_case(former)}{topic}{link}{text}？"


def _topic(former: Reading) -> str:
    """Return what the former question is about, in its own words; all of it where none is."""
    text = former.text
    begin = _last_sentence(former)
    groups = _groups(former, [p for p in former.phrases if p.begin >= begin] or former.phrases)
    for kind in ("specific", "value"):
        named = [g for g in groups if any(p.kind == kind for p in g)]
        if named:
            return "、".join(text[g[0].begin : g[-1].end] for g in named[:3])
    return _END.sub("", text)


def _groups(former: Reading, phrases: Sequence[Phrase]) -> list[list[Phrase]]:
    """Return phrases that の joins, together: 副業の申請."""
    groups: list[list[Phrase]] = []
    for phrase in phrases:
        if groups and former.text[groups[-1][-1].end : phrase.begin] in _LINK:
            groups[-1].append(phrase)
        else:
            groups.append([phrase])
    return groups


def _last_sentence(former: Reading) -> int:
    """Return where the last sentence with a topic begins."""
    spans = sentences(former.text)
    starts = [b for b, e in spans if any(b <= p.begin < e for p in former.specific)]
    return starts[-1] if starts else 0


def _case(former: Reading) -> str:
    """Return the sentences before the one that asks: 社員証をなくしました。."""
    return former.text[: _last_sentence(former)]
