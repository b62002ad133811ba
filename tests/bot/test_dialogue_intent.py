"""What a message wants is told by rule: everyday lines of Japanese offices, and of English ones."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import has_words, is_follow_up, is_greeting, is_question, is_thanks, is_usage
from ingest.sentences import sentences

EXAMPLES = Path(__file__).parents[2] / "examples"
SHARED = Path(__file__).parents[3] / "shared" / "data"

QUESTIONS = """
有給っていつまでに申請すればいいの？
VPNにつながらないときは?
AEDどこ
会議室の予約ってどうやるんでしたっけ
経費の締め日を教えてください。
経費の締め日を教えていただけますか🙏
名刺の頼み方おしえて
在宅勤務の手当について知りたいです
大阪営業所の住所を教えてほしいです！
申請は必要でしょうか。
申請が必要かどうか教えてください
これって経費で落とせますか笑
これって経費で落とせますか？笑
明日って出社日でしたっけ？w
パスワード忘れたんだけどどうすればいい
どうしたらいいですか…
どなたかVPNの設定わかる方いますか
VPNの設定がわかる方いらっしゃいますか？
副業していいのかな
給料日いつだっけ
給料日はいつ
ボーナスって何月に出るんですかね
社用車の鍵はどこに返せばいいですか。よろしくお願いします。
お疲れさまです。営業の西野です。名刺が切れました。何日で届きますか。急いでいます。
ありがとうございます！ちなみに英語版はありますか？
ありがとう。ちなみに英語版は？
なるほど、では時間単位では？
すみません、土曜日に入館したいのですが
保険会社の番号は
有給とは
年末調整って何
インボイスとは何ですか
何時から並べばいい？
何か月前から申し込めますか
何営業日前までですか？？
誰に聞けばいいか分かりません
どこに提出するのかわからない
申請書はどこに提出しましょうか
いくらまで使っていい
どのくらいかかる？
(社員証をなくしました。どうすればいいですか)
【質問】休日に出社するには？
- 交通費はいつ振り込まれますか
「くじら」の予約方法は？
会議室「くじら」は何人まで入れますか
休憩は何分取れますか:pray:
休憩は何分取れますか？:pray::pray:
明日は会社やってる？ :thinking_face:
明日は会社やってる❓
AUTH_FAILEDって出るんですが、なぜですか
`make setup` が止まるんだけど、何で？
https://wiki.example.co.jp/a?b=1 の手順は最新ですか
<@U123ABC> 経費の上限っていくらですか
<https://wiki.example.co.jp|就業規則> はどこにありますか
ﾃﾚﾜｰｸは週何日まで?
稟議って誰が決裁するんですか〜？
健康診断、いつまでに予約するんでしょう
産業医の先生、次いつ来る
AGPLのライブラリ使っても大丈夫でしょうか
福岡営業所の住所
有給の申請方法
この書類はいるのでしょうか、それとも不要でしょうか。
なぜ差し戻されたのか知りたい
教えて！忘年会の補助
育休は何歳まで延ばせますか⁉
餐券多少钱一张？
探亲假可以休几天
How many days of paid leave do I get?
how long do i have to fix my claim
what's FEFO
when does the nightly batch start
Who approves expenses over 100,000 yen
Where can I find the English work rules
where is the AED
Is there a prayer room in the office
Can I claim a parking ticket
Could someone tell me how to reset my password
Does anyone know the Wi-Fi password for guests
anyone know where the stamps are
I wonder if I can work from abroad
I'd like to know the deadline for expenses.
Hi, what is the deadline for expenses
Thanks! And what about part-timers?
My claim was sent back, what do I do
Do part-timers get paid leave
Are parking tickets covered
Which form do I need
how to use the VPN
jlpt n2 bonus?
What if I lose my badge
why is my account locked
Not sure where to send invoices
Is it ok to use ChatGPT :thinking:
勤怠の打刻忘れたらどこから直すんですか
すいません、領収書の宛名って会社名フルで書かないとダメですか
来週の全社会議、オンライン参加もできます？
インフルの補助って家族も出る感じ？
モニター欲しいんだけど申請どこから？
これ誰に聞けばいいんだろう
出張の仮払いっていくらからできるんだっけ
プリンター動かない。どこに連絡すればいい？
休日出勤の届け、いつまで
社用車借りたい時の手順教えて下さい
育休の延長は可能でしょうか？
名刺の英語面は有料？
年末調整の書類ってもう出した方がいい？
経理の及川さんの内線何番
VPN繋がらないの私だけ？
在宅手当の条件を確認したいです
忘年会の補助、今年もありますか〜？😆
テレワークの日に中抜けしてもOK？
定期券の払い戻しのやり方
リリース凍結期間はいつからいつまででしょうか
誰か会議室くじらの予約方法知ってる人いますか
健康診断の胃カメラ、差額いくらかかりますか
Could you tell me where to submit the form
Do I need approval for a 40,000 yen monitor
what is the guest wifi ssid
Which days can I work from home
How do i request leave
is there parking for visitors
Who should I contact about visas
Any idea when the office closes
"""

STATEMENTS = """
おはようございます
お疲れさまです。本日は在宅勤務です。
了解です！
承知しました。
ありがとうございます🙏
そうですか。
そうなんですか
そうなんですね
なるほどか
なるほど、そうか
え？
えっ？？
マジですか
本当ですか？
へえ、そうなんですか！
はい、大丈夫です
資料とか。
会議とかあるので
何かあれば連絡ください
誰かが対応するはずです
いつかやります
どこかで見ました
いつもありがとうございます
いつでも声をかけてください
どうもありがとうございます
どうぞよろしくお願いします
どうやら直ったようです
なんとか終わりました
何度も試しました
何でも聞いてくださいね
なんでもないです
どうしても間に合いません
いくつか修正しました
何卒よろしくお願いいたします
VPNにつながりませんが
明日休みますが、急ぎの件は田中さんへ
確認しますが、少し時間をください
まあいいか
じゃあ帰るか
ランチ行こうか
そろそろ始めましょうか
会議は15時からです
締め日は25日だそうです
資料を共有します https://wiki.example.co.jp/a?b=1&c=d
https://example.co.jp/search?q=VPN
`SELECT * FROM a WHERE b = ?`
```
if (a ? b : c) { }
どうすればいいですか？
```
> 有給はいつまでに申請しますか？
これは上の質問への返事です
「いつですか？」と聞かれたので答えました
教えてくれてありがとう！
教えていただきありがとうございました。
知りたいと思っていたので助かりました
いつ来るか未定です
何時になるか決まったら連絡します
どこにあるか確認しておきます
誰が来ても大丈夫です
まさか
それしか
静か
今日は
それでは
会議室に傘が何本かあります
どちらでもいいです
どれも同じです
リリースしました🎉
:tada: :tada:
＼(^o^)／
1
？
…
少しお待ちください
あとで見ます
今、対応中
直りました
どういたしまして
何はともあれ完了
田中さん、資料お願いします
今日は何もありません
何時間もかかった
いいじゃないですか
Thanks!
Thank you so much for your help
ok
Good morning everyone
When you are done, tell me
What a day!
Have a nice weekend
I will do it tomorrow
Let me know when it's done
Will do
We can talk about that later
Is fixed now
the server is down
see https://example.com/?q=what
whatever
That is what we decided
How nice
I know who did it
No wonder it failed
Really?
Do not restart it
May the force be with you
お先に失礼します
本日18時からメンテナンスを行います
資料ここに置いておきますね
さっきの件、対応しました
いえいえ、とんでもないです
確認ありがとうございます！助かります
今から会議なので後ほど返信します
なんかVPN重いですね
何人かに声をかけてみます
どこでも大丈夫ですよ
いつも通りで問題ありません
どうにかなりました
誰でも参加できます
そういうことだったのか
これでいいかなと思っています
やってみますね、ありがとうございます
検討します。
月曜の10時に集合でお願いします
ちょっと待ってください
昨日の議事録を共有します
それは知らなかった
うまくいきました👍
今日のランチ最高だった
どなたでもどうぞ
FYI the build is green again
I am out of office until Monday
Please review my PR
That was quick, thanks
Let's do it tomorrow
Sounds good to me
"""


def lines(table: str) -> list[str]:
    """The messages of a table: one a line, or what stands between two marks of code or a quote."""
    messages: list[str] = []
    open_code = False
    for line in table.strip().split("\n"):
        goes_on = open_code or (
            messages and messages[-1].startswith(">") and "\n" not in messages[-1]
        )
        if goes_on:
            messages[-1] += f"\n{line}"
        else:
            messages.append(line)
        open_code ^= line.startswith("```")
    return messages


@pytest.mark.parametrize("message", lines(QUESTIONS))
def test_a_question_is_told(message: str) -> None:
    assert is_question(message)


@pytest.mark.parametrize("message", lines(STATEMENTS))
def test_what_asks_nothing_is_no_question(message: str) -> None:
    """In a channel where questions are answered, the bot does not break into talk."""
    assert not is_question(message)


def test_the_tables_are_large_enough() -> None:
    assert len(lines(QUESTIONS)) >= 90
    assert len(lines(STATEMENTS)) >= 90


def recall(questions: list[str]) -> float:
    return sum(map(is_question, questions)) / len(questions)


def test_questions_of_the_sample_handbook_are_told() -> None:
    """Written as employees write; what is missed only states a trouble (…で止まる)."""
    written = (EXAMPLES / "questions.jsonl").read_text("utf-8").splitlines()
    assert recall([json.loads(line)["question"] for line in written]) >= 0.98


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")
def test_sentences_of_an_encyclopedia_ask_nothing() -> None:
    """Measured: 0.4 % of those without a question mark are told to ask, few of them wrongly."""
    with gzip.open(SHARED / "jsquad" / "passages.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in islice(file, 1_000)]
    stated = [text[begin:end] for text in texts for begin, end in sentences(text)]
    stated = [sentence for sentence in stated if not {"?", "？"} & set(sentence)]
    assert len(stated) > 2_000
    assert recall(stated) <= 0.006


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")
@pytest.mark.parametrize(("name", "floor"), [("faq_kosodate", 0.92), ("jsquad", 0.94)])
def test_questions_of_real_data_sets_are_told(name: str, floor: float) -> None:
    """What is missed states a trouble (健診の券を失くしました) or is no whole question (jsquad)."""
    with gzip.open(SHARED / name / "questions.jsonl.gz", "rt", encoding="utf-8") as file:
        assert recall([json.loads(line)["question"] for line in file]) >= floor


@pytest.mark.parametrize(
    "message",
    [
        *(
            "使い方",
            "使い方は？",
            "使い方を教えて",
            "使い方を教えてください。",
            "使い方がわかりません",
        ),
        *("つかいかた", "ヘルプ", "ヘルプお願いします", "help", "Help!", "/help", "HELP me please"),
        *(
            "ｈｅｌｐ",
            "使い方 :bulb:",
            "このボットの使い方は？",
            "あなたは何ができますか？",
            "何ができるの？",
        ),
        *(
            "How do I use this?",
            "how to use",
            "What can you do?",
            "できることは？",
            "どうやって使うんですか",
        ),
        *("<@U123> 使い方", "usage", "how does this work?", "Kurageの使い方を教えてください"),
    ],
)
def test_a_call_for_help_is_told(message: str) -> None:
    assert is_usage(message)


@pytest.mark.parametrize(
    "message",
    [
        *(
            "VPNの使い方は？",
            "勤怠システムの使い方を教えてください",
            "help desk",
            "ヘルプデスクの内線は？",
        ),
        *(
            "使い方ガイドはどこ？",
            "help me with the VPN",
            "how to use the VPN",
            "",
            "?",
            "ありがとう",
        ),
        *(
            "Macの使い方",
            "what can I claim?",
            "会議室の使い方",
            "プリンターはどうやって使うんですか",
        ),
    ],
)
def test_how_something_else_is_used_is_a_question_for_the_documents(message: str) -> None:
    assert not is_usage(message)


@pytest.mark.parametrize(
    "message",
    [
        *(
            "ありがとう",
            "ありがとうございます！",
            "ありがとうございました🙇",
            "どうもありがとう〜",
            "ありがとー",
        ),
        *(
            "了解です",
            "了解！",
            "承知しました。ありがとうございます。",
            "かしこまりました",
            "わかりました！",
        ),
        *(
            "助かりました",
            "OK",
            "おｋ",
            "OKです👌",
            "おはようございます",
            "お疲れさまです",
            "お疲れ様です！",
        ),
        *(
            "thanks",
            "Thanks a lot!",
            "thx :pray:",
            "Thank you so much",
            "thanks for your help",
            "Got it, thanks",
        ),
        *(
            "なるほど、ありがとうございます！",
            "なるほどです",
            "解決しました。助かりました！",
            "できました！",
        ),
        *(
            "教えていただきありがとうございます",
            "ご回答ありがとうございます。承知しました。",
            "よろしくお願いします",
        ),
        *(
            "すごい！",
            "こんにちは",
            "good morning",
            "hi",
            "はい",
            "はい、了解です",
            "おつかれさまでした",
            "あざす",
        ),
        *(
            "田中さん、ありがとうございます",
            "ありがとうございます笑",
            "ありがとｗ",
            "そうなんですね",
            "そうですか。",
        ),
        *("早速のご回答ありがとうございます！", "よかったです", "perfect!", "ok thanks", "谢谢"),
        *("<@U123> ありがとう", "ありがとう!!!!", "*了解です*", "勉強になります"),
    ],
)
def test_thanks_greetings_and_confirmations_are_told(message: str) -> None:
    assert is_thanks(message)
    assert not is_usage(message)


@pytest.mark.parametrize(
    "message",
    [
        *(
            "ありがとう。ちなみに英語版は？",
            "ありがとうございます。ではパートの場合は",
            "了解です。あと経費の締め日も教えて",
        ),
        *(
            "お疲れさまです。経費の締め日はいつですか",
            "OK?",
            "thanks, and for part-timers?",
            "Thanks. What about tips",
        ),
        *(
            "おはようございます。VPNがつながりません",
            "こんにちは、名刺を頼みたいです",
            "",
            "🙏",
            "？",
            "なるほど、で、上限は",
        ),
        *(
            "ありがとうカード制度",
            "お礼状の書き方",
            "了解が必要な書類",
            "わかりましたが上限は",
            "はい、でも金額が違います",
        ),
        *(
            "thanks for nothing, it is wrong",
            "ok but when",
            "hi there is a problem",
            "すみません、質問です",
            "承認されました",
        ),
    ],
)
def test_who_says_more_than_thanks_is_not_only_thanked_back(message: str) -> None:
    assert not is_thanks(message)


@pytest.mark.parametrize(
    "message",
    [
        *(
            "",
            " ",
            "！",
            "？？",
            "…",
            "1",
            "１２３",
            "12:30",
            ":smile:",
            ":+1::skin-tone-2:",
            "👍",
            "👨\u200d👩\u200d👧",
            "1️⃣",
        ),
        *(
            "<:kurage:123456789012345678>",
            "<a:wave:123456789012345678>",
            "<@U123ABC>",
            "<#C123|general>",
            "<!here>",
        ),
        *(
            "https://example.co.jp/a?b=c",
            "<https://example.co.jp/a>",
            "ｗｗｗ",
            "(笑)",
            "🈁",
            "㊗️",
            "™",
            "ℹ️",
            "ー",
            "〜",
        ),
        *(
            "<@!123456789012345678> <#123456789012345678>",
            "\u200b",
            "--",
            "^_^",
            "🇯🇵",
            "❓",
            "\ud800",
        ),
    ],
)
def test_emoji_marks_links_and_names_are_no_words(message: str) -> None:
    assert not has_words(message)
    assert not is_question(message)
    assert not is_thanks(message)


@pytest.mark.parametrize(
    "message",
    [
        "有給",
        "VPN",
        "E-210",
        "`AUTH_FAILED`",
        "はい",
        "👍 いいね",
        "?VPN",
        "<https://a.example|規程>",
        "谢谢",
        "あ",
        "ﾃ",
        "> 引用",
    ],
)
def test_a_word_is_a_word(message: str) -> None:
    assert has_words(message)


@pytest.mark.parametrize(
    "message",
    [
        *(
            "それはいつから？",
            "英語版は",
            "英語版は？",
            "じゃあ時間単位では",
            "あと、パートの場合",
            "ちなみに上限は",
            "他には",
            "もっと詳しく",
        ),
        *(
            "大阪は",
            "パートでも",
            "それを詳しく",
            "その申請方法",
            "アルバイトの場合",
            "具体的に",
            "例えば",
            "さっきの英語版",
        ),
        *(
            "and for part-timers",
            "what about tips",
            "And in English",
            "how about contractors",
            "tell me more",
            "since when",
        ),
        *("for contractors", "もう少し詳しく", "課長だと", "英語版", "同じく契約社員"),
    ],
)
def test_what_goes_on_from_an_answer_is_told(message: str) -> None:
    assert is_follow_up(message)


@pytest.mark.parametrize(
    "message",
    [
        *(
            "ありがとうございます",
            "それで大丈夫です",
            "じゃあ帰ります",
            "あとでやります",
            "では失礼します",
            "その件は田中さんに聞きます",
        ),
        *(
            "解決しました",
            "試してみます",
            "了解",
            "👍",
            "",
            "そうですか",
            "なるほど",
            "それは違うと思う",
            "やっぱり自分で調べた",
            "見てみるね",
        ),
        *(
            "and i will do it",
            "that's wrong",
            "ok",
            "and thanks",
            "I asked HR",
            "then we are done",
            "lunch",
            "あとで見る",
        ),
    ],
)
def test_what_ends_a_conversation_does_not_go_on(message: str) -> None:
    assert not is_follow_up(message)


@pytest.mark.parametrize(
    "message",
    [
        "おはようございます",
        "お疲れさまです！",
        "こんにちは😊",
        "hi",
        "Hello!",
        "はじめまして",
        "good morning everyone",
    ],
)
def test_a_greeting_is_told_from_thanks(message: str) -> None:
    assert is_thanks(message)
    assert is_greeting(message)


@pytest.mark.parametrize(
    "message",
    [
        *(
            "ありがとうございます",
            "了解です",
            "thanks",
            "お疲れさまです。ありがとうございました",
            "",
            "this",
        ),
        *("おはようございます。経費の締め日はいつですか", "hi, what is the deadline", "chip", "👍"),
    ],
)
def test_thanks_and_questions_are_no_greeting(message: str) -> None:
    assert not is_greeting(message)


@pytest.mark.parametrize(
    "message", ["情報確認", "案内", "確認", "連絡", "解決", "the answer", "all"]
)
def test_a_bare_keyword_is_no_thanks(message: str) -> None:
    """It is searched for."""
    assert not is_thanks(message)


PIECES = st.one_of(
    st.sampled_from(
        [
            *(
                "ありがとう",
                "です",
                "か",
                "？",
                "?",
                "。",
                "```",
                "`",
                ">",
                "\n",
                "<@U1>",
                "<",
                "|",
                ":a:",
                "w",
                "笑",
                "それは",
                "いつ",
            ),
            *(
                "https://a.example/?",
                "what",
                " ",
                "help",
                "使い方",
                "\ud83d",
                "\u200d",
                "👍",
                "、",
                "は",
                "何",
                "(",
                ")",
            ),
        ]
    ),
    st.text(max_size=6),
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_is_judged(text: str) -> None:
    """No text is an error, and none is thanks and a marked question at once."""
    judged = [rule(text) for rule in (has_words, is_usage, is_thanks, is_question, is_follow_up)]
    assert all(isinstance(result, bool) for result in judged)
    if is_thanks(text):
        assert has_words(text)
        assert not is_question(text)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "ありがとう",
            "教えて",
            "何",
            "and ",
            "<",
            "[",
            "ok",
            "本当に",
            "か",
            "`",
            "どうして",
            "ok ",
            "え",
            "はあ",
        ),
        *(
            "thanks for the ",
            "使い方",
            "それは",
            "あ",
            "a b ",
            "何か",
            "「",
            "。",
            "w",
            "確認です",
            "hi ",
            "so ",
            "すごい",
        ),
        *(
            "the ",
            "教えてくれて",
            "さん",
            "お願いします",
            "はい",
            "そうなんですか",
            ":",
            "<a:",
            "> ",
            "- ",
            "?",
            "いつか",
        ),
    ],
)
def test_a_long_message_takes_no_long_time(piece: str) -> None:
    """No rule backtracks without end: a text of 100,000 characters ends the test."""
    text = piece * (100_000 // len(piece)) + "x"
    for rule in (has_words, is_usage, is_thanks, is_question, is_follow_up):
        rule(text)
        rule(text[:1_900])
