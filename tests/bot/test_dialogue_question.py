"""What asks something is told by rule: everyday lines of Japanese offices, and of English ones."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from bot.dialogue import is_question
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
