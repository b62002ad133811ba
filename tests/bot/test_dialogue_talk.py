"""Calls for help, thanks, greetings and what goes on from an answer are told by rule."""

from __future__ import annotations

import pytest

from bot.dialogue import is_follow_up, is_greeting, is_thanks, is_usage


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
