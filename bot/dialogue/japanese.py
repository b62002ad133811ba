"""Which Japanese sentences ask, and which go on from what was said, by how they are built.

Sentences come as `bot.dialogue.prose` leaves them. Knows nothing of what they are about.
"""

from __future__ import annotations

import re

_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠々]")
_TRAILING = re.compile(r"[\s。.!,、…・~〜～ー\-)\]）」』】>*_^;:]+\Z")
_MARK = re.compile(r"\?[\s!?。.)」』】*_~〜…、,]*\Z")

# Something said back, whether it ends with か or with a mark.
# Atomic: each piece is read in one way, or a long row of え would be parted in all of them.
_ECHO = re.compile(
    r"(?>(?:あ+|え+っ?と?|お+|へ[ぇえー]*|ふ[ー]*ん|は[ぁあ]*|ん|う[うー]*ん|まじ|マジ"
    r"|ほんと(?:う)?|本当|うそ|嘘|"
    r"なるほど|そう|さよう|左様|まさか|確か|たしか|なに|何|やばい|すごい|いい)(?:に)?"
    r"(?:なん|だったん|でした|だった|なの)?(?:です|だ|っす)?(?:か|の|よね"
    r"|かな)?[ねぇえー]*[、,\s!]*)+"
)
_NO_QUESTION = re.compile(
    r"(?:(?<!こ)とか|なか|ほか|しか|わずか|静か|確か|たしか|まさか|さすが|せっか|豊か|どうか"
    r"|何か|なにか|誰か|だれか"
    r"|どこか|いつか|いくつか|いくらか|なぜか|どれか|どちらか|いずれか|何とか|なんとか"
    r"|(?:いい|良い)じゃない(?:です)?か|(?:いい|よさそう)かな)\Z"
)
_INTERROGATIVE = re.compile(
    r"(?<![こそあどやーっ])いつ(?!も|の間|か(?!ら)|でも)"
    r"|(?:どこ|誰|だれ|どなた|どれ|どちら|どっち|いくら|いくつ|幾つ)(?!か(?!ら|か)|も|でも|にも"
    r"|とも|の[^\s、はがを]{1,8}も)"
    r"|なん(?=[台人個回枚名本冊円年])|なん(?:にん|にち|ばん|かい|じ|さい)|なんだった(?=の|っけ)"
    r"|なに(?:これ|それ|あれ)\Z"
    r"|何(?!か(?![月所国年条件])|も|でも|とか|となく|卒|とぞ|だか|なら|より|気な|しろ|て(?!い)"
    r"|事も)"
    r"(?!はともあれ|[一-龠]{1,2}(?:も|か(?![らかるっりん]|\Z)))"
    r"|(?<![一-龠ぁ-ん])なに(?!か|も|げ|しろ|より|とぞ|ぶん|が何)|なん(?:時|日|人|回|個|枚|台"
    r"|年|月|分|階|歳|番|問|文字|の|[てと](?:言|い|呼)|ですか|でしょう)"
    r"|なに\Z|なん\Z|なんなの|なぜ(?!か)|何故(?!か)|なんで(?!も|す(?!か))"
    r"|(?:(?<=[はがをにでてもらとど、])|(?<![ぁ-ん]))(?:どう(?!か(?!な)|も|ぞ|せ|やら|にか|いたし|しても|見ても|みても|考えても|あれ|りょう"
    r"|いう(?:わけ|訳)か|ぶつ|じ|さつ|で)"
    r"|どの(?!み|[^\s、はがを]{1,6}も)|どんな(?!に))|いかが|如何|どれくらい|どのくらい|どのよう"
    r"|什么|怎么|多少|几[天个点号次]|哪[里儿个]|为什么|谁"
)
# いつか is some day, but 締め切りはいつか asks.
_ASKED_LAST = re.compile(
    r"(?:は|とは|って|が|と|の|を|別名)、?(?:何|なに|なん|いつ|どこ|誰|だれ|どなた|いくら"
    r"|いくつ|どれ|どちら|なぜ)か\Z"
)
_POLITE_KA = re.compile(
    r"(?:です|でした|ます|ました|ません|ませんでした|でしょう|だろう|でしょ|っすか?|ない"
    r"|なかった)(?:よね|の)?か"
    r"(?:ね|な|ー|ねぇ)?\Z"
)
_OFFER = re.compile(r"(?:ましょう|よう|こう|そう|もう|ろう|ない)か[なね]?\Z")
_PLAIN_KA = re.compile(r"(?:か|かね|かい|かしら|のか|んか)\Z")
_WONDERS = re.compile(
    r"(?:かな|かなあ|かなぁ|かしら|かも?しら|だっけ|たっけ|んだっけ|っけ|よね\?)\Z"
)
_ENDS_ASKING = re.compile(
    r"(?:って何|とは何|とは|というのは|っていうのは|の意味|はどう|はいかが|吗|呢|べきか"
    r"|であるか|(?<![よみ])るの"
    r")\Z"
)
_TELL_ME = re.compile(
    r"(?:(?:教|おし)え|聞かせ)て(?:(?:くだ|下)さい|(?:ほし|欲し)い|(?:もら|貰)[いえ]|(?:いただ"
    r"|頂)[きけ]|くれ(?!て)|ちょ|よ|ね|\Z|[、,\s。!(])"
    r"|お教え(?:(?:くだ|下)さい|いただ|頂|願)|ご(?:教示|教授)|(?:知り|伺い|うかがい|お聞きし"
    r"|お尋ねし|お伺いし|教わり|確認し)たい"
    r"|(?:教|おし)えて\Z|どなたか|(?:わか|分か|判)(?:る|ります)(?:方|人|かた)"
)
_TOLD = re.compile(
    r"(?:教|おし)え(?:て(?:くれて|(?:くだ|下)さって|(?:くだ|下)さり|いただ(?:い|き(?:あり"
    r"|まして))|頂(?:い|き(?:あり|まして))|もら(?:って|い|った)|あげ|もらいまし|くれた)|た)"
    r"|(?:知り|伺い)たいと思"
)
_WISHES = re.compile(r"たい(?:の|ん)(?:です|だ)(?:が|けど|けれど|けれども)\Z")
_TOPIC = re.compile(r"[一-龠ァ-ヶーa-z0-9々ぁ-ん)）」](?:は|には|とは|の場合は|って)\Z")
_NO_TOPIC = re.compile(
    r"(?:こんにちは|こんばんは|それでは|では|または|あるいは|実は|じつは|もしくは|今日は|本日は"
    r"|私は|僕は|俺は|自分は"
    r"|ねは|とりあえずは|まずは|当面は|(?:^|[、\s])(?:これ|それ|あれ|ここ)は|だって|なんだって"
    r"|いって|まって|待って|なって|そうなって|あって|きって|さって|とって|持って|行って|言って"
    r"|思って|使って|やって)\Z"
)
_ASKED_NOUN = re.compile(
    r"\A[^、。\s()]{1,24}(?:場所|方法|やり方|仕方|手順|住所|連絡先|電話番号|内線"
    r"|締め?切り?|期限|申請方法|窓口)\Z"
)
_STATES = re.compile(
    r"(?:です|ます|ました|でした|ません|ましょう|ください|下さい|だ|よ|ね|わ|ぞ|ので|から|けど"
    r"|けれど|が|し"
    r"|思う|思った|中|らしい|みたい|そう|ある|いる|する|なる|たい|て|で|に|を|と|も)\Z"
)
_ASKS_ABOUT = re.compile(
    r"か?(?:が|は|も|を|、)?(?:よく|全然|まったく|ちょっと|いまいち|どうも|、)*"
    r"(?:(?:わか|分か|判)(?:ら(?:ない|ん|ず)|りません|りかね)|不明|知りたい|気にな|迷って"
    r"|知ら(?:ない|ん)|存じ|知りません)"
)
_NEAR = re.compile(
    r"(?!です|ます|だ\Z|も|か)(?:[^\s]{0,3}|から?(?:いつ|何時?)まで|(?:に|が|と|を|は)?(?:なる"
    r"|する|いる|要る|ある|必要|いい|良い)(?:の)?)\Z"
)
"""What may stand behind the word that asks, at the end: いつから, 何する, どうなる."""
_EMBEDDED = re.compile(r"(?<!か)か(?![らか月所国年もけいえっんなしわりくたきせがる])[^?]+\Z")
"""何時か未定: what was asked is part of a statement; かかる and 何か月 are words."""

_OPENING = re.compile(
    r"\A(?:それ(?:と|って|は|も|を|の|だと|なら|以外|ぞれ)?|その|そこ|そっち|あれ|あの|これ"
    r"|この|ここ|上の|さっきの|先ほどの"
    r"|じゃ[あー]?|では|でしたら|だったら|なら|あと|ちなみに|(?:他|ほか)(?:に|の|は|には)"
    r"|もっと|もう少し|もうちょっと"
    r"|例えば|たとえば|逆に|具体的|詳し|くわし|同じ|次|続き|つづき|別の|反対に|一方)"
)
_STATEMENT = re.compile(
    r"(?:です|ます|ました|でした|ません|ましょう|でしょう|だ|よ|ね|わ|な|た|とく|けど|ので"
    r"|だから|ですから|ますから"
    r"|(?<!詳)(?<!くわ)し|ください|下さい|思う|[いきしちにりみ]ます|ない|らしい|みたい|そう"
    r"|います|おきます"
    r"|[一-龠ぁ-ん][るうぐすつぬぶむ]|[行聞書置続働届](?:く)|しく?ない|中|済み|済|完了|予定"
    r"|(?<!も)っす|ですわ|やん|(?:して|って|んで)(?:て|る|おく|みる|ます)?"
    r"|よう|お願い|よろしく|なあ|なぁ|かも)\Z"
)
_FRAGMENT = 16
"""Characters up to which a few words without a verb are taken for the rest of a question."""


def is_japanese(sentence: str) -> bool:
    """Tell whether a sentence has Japanese (or Chinese) characters."""
    return bool(_JAPANESE.search(sentence))


def asks(sentence: str) -> bool:
    """Tell whether a sentence asks."""
    marked = bool(_MARK.search(sentence))
    bare = _TRAILING.sub("", sentence.rstrip("?! 。")).rstrip("? ")
    if not bare or _ECHO.fullmatch(bare):
        return False
    if marked:
        return True
    if _NO_QUESTION.search(bare) and not _ASKED_LAST.search(bare):
        return bool(_TELL_ME.search(bare)) and not _TOLD.search(bare)
    if _TELL_ME.search(bare):
        return not _TOLD.search(bare)
    if sentence.rstrip().endswith(("、", ",")):
        return False  # cut short: 費用については、
    return _asks_by_end(bare) or _asks_by_word(bare)


def goes_on(sentence: str) -> bool:
    """Tell whether a sentence that does not ask may be the rest of a question."""
    bare = _TRAILING.sub("", sentence)
    if not bare or _ECHO.fullmatch(bare) or _STATEMENT.search(bare):
        return False
    return bool(_OPENING.match(bare)) or len(bare) <= _FRAGMENT


def _asks_by_end(bare: str) -> bool:
    asked = bool(_INTERROGATIVE.search(bare) or _ASKED_LAST.search(bare))
    if _OFFER.search(bare) and not bare.endswith(("でしょうか", "だろうか")):
        return asked  # 行きましょうか is an offer, どこに出しましょうか a question
    if _POLITE_KA.search(bare) or _WONDERS.search(bare) or _ENDS_ASKING.search(bare):
        return True
    if _PLAIN_KA.search(bare):
        return asked  # 帰るか is said to oneself
    if _TOPIC.search(bare) and not _NO_TOPIC.search(bare):
        return True
    return bool(_WISHES.search(bare) or _ASKED_NOUN.match(bare))


def _asks_by_word(bare: str) -> bool:
    words = list(_INTERROGATIVE.finditer(bare))
    if not words:
        return False
    behind = bare[words[-1].end() :]
    embedded = _EMBEDDED.search(behind)
    if embedded:
        return bool(_ASKS_ABOUT.search(behind))
    return bool(_NEAR.match(behind)) or not _STATES.search(bare)


def has_interrogative(text: str) -> bool:
    """Tell whether a word asks in a text: いつ, どこ, 何日, いくら."""
    return bool(_INTERROGATIVE.search(text))


def is_echo(text: str) -> bool:
    """Tell whether a text only gives back what was said: そうなんですね, え."""
    return bool(_ECHO.fullmatch(text))
