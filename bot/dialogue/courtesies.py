"""Messages that want no answer from documents: thanks, greetings, and the call for help.

They come as `bot.dialogue.prose` leaves them.
"""

from __future__ import annotations

import re

_POLITE = r"(?:です|でした|ます|ました|っす|だ|だよ)?(?:よ|ね|わ|なー?)*"
_GREETING = (
    r"(?:(?:おはよ(?:う|ー)*|お早う|お疲れ(?:様|さま)?|おつかれ(?:様|さま)?|おつ|乙"
    r"|お世話(?:になって(?:おり|い)ます|になりました|様|さま)?|こんにち[はわ]|こんばん[はわ]"
    r"|お休み(?:なさい)?|おやすみ(?:なさい)?|初め?まして|はじめまして|ただいま|お帰り|おかえり)"
    r"(?:ございます|です|でした|なさい)?"
    r"|\b(?:hi|hello|hey|good (?:morning|afternoon|evening|night)|morning)\b|你好|您好)"
)
_COURTESY = (
    r"(?:"
    r"(?:ありがと(?:う|ー)*|有難う|有り難う|あり(?:がとん|)|感謝|サンキュー?|さんきゅー?"
    r"|あざ(?:っ)?す?|あざーす|ありです)"
    r"(?:ございま(?:す|した)|ござい(?:ます)?|御座います|です|でした|いたします|致します|します"
    r"|しています|しております)?"
    r"|(?:了解|りょうかい|りょ|承知|承り|かしこまり|畏まり|把握)"
    rf"(?:いた|致)?(?:し)?(?:です|ました|ます|した|っす)?{_POLITE}"
    r"|(?:理解|納得|確認|解決|完了|失礼|感動|安心)(?:いた|致)?(?:し|でき)?(?:です|ました|ます|した|っす)"
    rf"{_POLITE}"
    rf"|(?:分か|わか|解)(?:り|っ)(?:ました|た)|助か(?:り|っ)(?:ま(?:す|した)|た)|(?:でき|出来"
    rf"|直り|なおり|治り|つながり|見つかり|行け|いけ)(?:まし)?た"
    rf"|(?:なるほど|そう(?:なん|だったん|いうこと|でし)?|さすが|すごい|最高|完璧|いいね"
    rf"|素晴らしい|すばらしい|ナイス|ok|okay|おk|おけ|オッケー|オーケー|おっけー?|大丈夫"
    rf"|問題ない|問題ありません|結構){_POLITE}(?:か)?"
    rf"|{_GREETING}"
    rf"|(?:宜しく|よろしく)(?:お願い)?(?:(?:いた|致)?します|申し上げます|です|ね|どうぞ)?"
    rf"|お願い(?:いた|致)?します"
    rf"|お先に(?:失礼(?:いた|致)?します)?|(?:す[みい]ません|ごめん(?:なさい|ね)?|失礼しました"
    rf"|申し訳(?:ない|ありません|ございません)(?:です)?)(?:でした)?"
    r"|(?:はい|うん|ええ|おお+|おー+|わーい?|やった(?:ー|あ)*|へえ+|へー|ほう)"
    r"|(?:良|よ)かった(?:です)?|(?:うれ|嬉)しい(?:です)?|勉強になりま(?:す|した)"
    r"|参考(?:に(?:なりま(?:す|した)|します))?|お手数(?:を)?(?:おかけしました|おかけします)?"
    r"|thanks?(?: you)?(?: (?:so|very) much| a lot| again| a million| a ton)?|thank u|thx|tks"
    r"|tnx|ty(?:sm)?|cheers|much appreciated|appreciate (?:it|that)|merci"
    r"|got it|understood|noted|will do|perfect|great|nice|cool|awesome|excellent"
    r"|good(?: to know| job| bot)?|well done|sure|fine|right|i see|makes sense|that (?:helps"
    r"|helped|works|worked)(?: a lot| me)?|very helpful|helpful|roger|yes|yep|yeah|yup"
    r"|no problem|np|never mind|nvm|all good|sounds good|lgtm|done|solved|it works?(?:ed)?"
    r"|bye|see you(?: (?:later|tomorrow))?|have a (?:nice|good|great) (?:day|one|weekend|evening)"
    r"|sorry|welcome|you're welcome"
    r"|谢谢(?:你|您)?|感谢|好的|明白了"
    r")"
)
# Beside a courtesy, and none by itself.
_BESIDE = (
    r"(?:本当に|ほんとに|ほんと|どうも|とても|すごく|大変|たいへん|いつも|早速(?:の)?|さっそく"
    r"|ご丁寧に|わざわざ|まことに|誠|(?:ご|お)?(?:回答|返信|返事|対応|連絡|説明|教示|協力|確認"
    r"|案内|情報|丁寧な(?:回答|説明|対応)|迅速な(?:回答|対応))(?:を|に|も|いただき|頂き)?"
    r"|(?:教え|調べ|答え|手伝っ|探し)て(?:くれて|(?:いただ|頂)(?:き|いて)|(?:くだ|下)さ(?:り"
    r"|って)|もらって|もらえて)|(?:おかげ|お陰)(?:様|さま)?で"
    r"|皆(?:さん|様|さま)|みなさ(?:ん|ま)|[一-龠ァ-ヶーa-z]{1,6}(?:さん|様|さま|くん|ちゃん"
    r"|先生)|くらげ(?:さん|ちゃん)?|kurage|ボット|bot"
    r"|無事(?:に)?|とりあえず|一旦|すぐ|早くて|速くて|めっちゃ|超|これで|それで|自己|今日も"
    r"|本日も|一日|引き続き|まで|から|では|じゃ|は|で|も|の|、"
    r"|so|very|really|much|all|everyone|team|guys|again|for (?:your|the|all) [a-z ]{1,30}"
    r"|for (?:that|this|helping|answering|letting me know)|that|this|it|was|is|you|and|!|ok|oh"
    r"|ah|the|answer|help|quick|a|lot)"
)
_GREETS = re.compile(_GREETING)
_THANKS = re.compile(_COURTESY)
_ASIDE = re.compile(_BESIDE)
_GAP = re.compile(r"[\s\W_ー]*")
_SHORT = 200
"""Characters of a courtesy, at most."""

_BOT = (
    r"(?:(?:この|あなたの|きみの)?(?:bot|ボット|kurage(?: ?bot)?|くらげ(?:ボット)?|クラゲ"
    r"|アプリ|ツール|あなた|これ)(?:さん|くん)?)"
)
_HELP = re.compile(
    rf"(?:(?:すみません|ねえ|hi|hello|hey|please)[、,\s]*)?(?:"
    rf"/?(?:help|usage|commands?|manual)(?: (?:me|please)){{0,2}}"
    rf"|(?:{_BOT}の|{_BOT}|)(?:使い方|つかいかた|使いかた|使用方法|利用方法|ヘルプ|へるぷ|機能"
    rf"|操作方法|説明書|マニュアル)"
    r"(?:を|は|が|って|について|とは)?(?:何|なに|どう|どうやる|どうすれば(?:いい)?|(?:教"
    r"|おし)えて|知りたい|見せて|見たい|出して|表示(?:して)?|分からない|わからない|分かりません"
    r"|わかりません|お願い(?:し|いたし|致し)?)?"
    r"(?:の|ん)?(?:(?:くだ|下)さい|です|ます|ほしい|欲しい|もらえますか|いただけますか"
    r"|くれますか|くれる)?(?:か|が|けど)?"
    rf"|(?:{_BOT}(?:って|は|の|を|で|に|、)?)?(?:(?:何|なに)(?:が|を)(?:でき|出来|聞け|質問でき"
    rf"|答えられ|して(?:くれ)?)(?:る|ます)(?:の|んです)?か?|できることは?|出来ることは?"
    rf"|どう(?:やって)?(?:使う|使え(?:ば|る))(?:いい)?(?:の|ん)?(?:です)?か?)"
    r"|how (?:do i|to|can i|do we|does one) use (?:this|you|it|kurage|the bot|this bot|this app"
    r"|kurage bot)|how (?:does|do) (?:this|it|you|the bot|this bot|kurage) work"
    r"|what can (?:you|this bot|kurage|the bot) do|what can i ask(?: you)?|what (?:are"
    r"|do) you(?: do)?|how to use"
    r")[\s\W_]*"
)


def is_courtesy(words: str) -> bool:
    """Tell whether a message consists of thanks, greetings and confirmations alone."""
    return _is_all(words, _THANKS)


def is_greeting(words: str) -> bool:
    """Tell whether a message consists of greetings alone."""
    return _is_all(words, _GREETS)


def _is_all(words: str, wanted: re.Pattern[str]) -> bool:
    """Tell whether a text is made of what is wanted, and of words that may stand beside it.

    Goes through the text once, keeping where a piece may begin: one expression for the whole
    would try each way to part it.
    """
    if len(words) > _SHORT:
        return False
    reached = {_behind_gap(words, 0): False}  # where a piece may begin: what is wanted was met
    while reached:
        at = min(reached)
        met = reached.pop(at)
        if at == len(words):
            return met
        for pattern in (wanted, _ASIDE):
            found = pattern.match(words, at)
            if found and found.end() > at:
                end = _behind_gap(words, found.end())
                reached[end] = reached.get(end, False) or met or pattern is wanted
    return False


def _behind_gap(words: str, at: int) -> int:
    gap = _GAP.match(words, at)
    return gap.end() if gap else at


def asks_for_help(words: str) -> bool:
    """Tell whether a message only wants to know how the bot is used."""
    return bool(_HELP.fullmatch(words))
