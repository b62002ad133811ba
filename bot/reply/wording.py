"""Every line a person may read, in Japanese and its English twin.

Knows nothing of when it is said, nor of any platform's markup: a platform fills in its own way to
name somebody. Lines that take part in the contract of `UX.md` stand here word for word.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.exchange import Language


@dataclass(frozen=True, slots=True)
class Wording:
    """The lines of one language."""

    # An answer
    sources: str
    no_answer: str
    no_answer_no_documents: str
    failure: str
    long_answer: str
    simple_answer: str
    summary: str
    nothing_more: str
    model_away: str
    """Above an answer that is quoted because no model could be reached."""
    to_check: str
    """Behind a sentence that its sources do not bear word for word."""
    old_source: str
    updated: str
    page: str
    slide: str
    sheet: str

    # While working
    searching: str
    writing: str
    queued: str
    """Takes `count`: how many questions are before this one."""
    database_away: str
    """Shown where a question can not even be stored yet; the answer takes its place."""

    # Buttons, menus and commands
    more: str
    helpful: str
    not_helpful: str
    ask_person: str
    share: str
    rephrase: str
    resolve: str
    ask_about_message: str
    """The message command of Discord: 「Kurageに聞く」."""

    # Feedback
    feedback_thanks: str
    feedback_title: str
    feedback_reason: str
    feedback_hint: str
    send: str
    cancel: str

    # Hand-over and sharing
    handover: str
    """Takes `people` (as the platform names them) and `asker`."""
    handover_question: str
    handover_found: str
    handover_nothing_found: str
    handed_over: str
    """Said to who presses the button again, or privately; the hand-over itself is public."""
    nobody_to_ask: str
    resolved: str
    """Takes `who`."""
    shared: str
    """Above an answer that somebody shares; takes `who`."""
    shared_already: str
    private_note: str
    """Under an answer that only its asker sees."""
    rephrase_hint: str

    # Questions that are not answered
    empty: str
    too_long: str
    text_only: str
    external: str
    guest: str
    bot: str
    disabled: str
    too_many: str
    late: str
    purged: str
    expired: str
    """A button or form that the platform no longer lets us answer."""
    not_here: str
    """Before an answer that goes to the asker alone, as the channel can not be written to."""
    long_already: str

    # Courtesies and 使い方
    welcome: str
    invited: str
    """Takes `bot`, its name as the platform mentions it."""
    usage_title: str
    usage: str
    """Takes `bot`."""
    usage_examples_title: str
    usage_examples: tuple[str, ...]
    """Questions to begin with, also suggested as prompts."""
    indexed: str
    indexed_source: str
    """Takes `name`, `documents` and `when`."""
    never_synced: str
    nothing_indexed: str


JAPANESE = Wording(
    sources="📄 出典",
    no_answer="社内の資料からは答えが見つかりませんでした。近い資料はこちらです:",
    no_answer_no_documents="社内の資料からは答えが見つかりませんでした。",
    failure=(
        "申し訳ありません。回答を作れませんでした（番号 {turn}）。"
        "もう一度お試しいただくか、番号を管理者にお知らせください。"
    ),
    long_answer="詳しい回答",
    simple_answer="やさしい日本語",
    summary="要約",
    nothing_more="資料にはこれ以上の記載がありません。",
    model_away="※ 回答モデルに接続できないため、資料の該当箇所をそのまま引用します。",
    to_check="〔要確認〕",
    old_source="※ {title}は3年以上更新されていません。",
    updated="{date:%Y}年{date.month}月{date.day}日更新",
    page="{page}ページ",
    slide="スライド {slide}",
    sheet="シート「{sheet}」{range}",
    searching="資料を探しています…",
    writing="回答を書いています…",
    queued="順番にお答えしています（前に {count} 件）",
    database_away="ただいま記録先に接続できません。つながりしだい、このままお答えします。",
    more="詳しく",
    helpful="👍",
    not_helpful="👎",
    ask_person="担当者に聞く",
    share="共有する",
    rephrase="質問を言い換える",
    resolve="解決済みにする",
    ask_about_message="Kurageに聞く",
    feedback_thanks="ご意見をありがとうございます。",
    feedback_title="回答へのご意見",
    feedback_reason="どこがよくありませんでしたか（任意）",
    feedback_hint="例: 古い資料が使われている",
    send="送信",
    cancel="キャンセル",
    handover="{people} さん、{asker} さんからの質問です。",
    handover_question="質問",
    handover_found="見つかった資料",
    handover_nothing_found="関連する資料は見つかっていません。",
    handed_over="担当者に引き継いでいます。返事をお待ちください。",
    nobody_to_ask="担当者が設定されていません。管理者にお問い合わせください。",
    resolved="✅ {who} さんが解決済みにしました。",
    shared="{who} さんが共有しました。",
    shared_already="この回答はすでに共有されています。",
    private_note="この回答はあなただけに表示されています。",
    rephrase_hint="言葉を変えるか、部署名や制度名を足して、もう一度質問してください。",
    empty="質問を入力してください。",
    too_long="質問は2,000文字までにしてください。",
    text_only="文章で質問してください。画像やファイル、絵文字だけの質問にはお答えできません。",
    external="社外の方がいるチャンネルでは、社内の資料からお答えできません。",
    guest="ゲストの方には、社内の資料からお答えできません。社員の方にお尋ねください。",
    bot="ほかのボットからの質問にはお答えしていません。",
    disabled="このチャンネルではお答えしない設定になっています。ダイレクトメッセージでどうぞ。",
    too_many="1分ほどおいて、もう一度お試しください。",
    late=(
        "お返事できないまま時間がたってしまいました。申し訳ありません。"
        "まだお困りでしたら、もう一度質問してください。"
    ),
    purged="この回答の記録はもう残っていません。お手数ですが、もう一度質問してください。",
    expired="操作の有効期限が切れました。もう一度お試しください。",
    not_here="チャンネルに投稿できなかったため、こちらでお答えします。",
    long_already="詳しい回答はすでに依頼されています。この下に表示されます。",
    welcome="どういたしまして。ほかにも気になることがあれば、いつでもどうぞ。",
    invited=(
        "{bot} です。社内の資料から、出典のリンクつきでお答えします。"
        "質問を書いてメンションしてください。「使い方」と送ると、できることをご案内します。"
    ),
    usage_title="使い方",
    usage=(
        "質問を書いて {bot} にメンションするか、ダイレクトメッセージを送ってください。"
        "社内の資料から、出典のリンクつきでお答えします。\n"
        "続けて聞くときは、同じスレッドに「英語版は？」のように書くだけで伝わります。\n"
        "「詳しく」で長めの回答、「担当者に聞く」で担当者への引き継ぎ、"
        "👍👎で評価ができます。"
    ),
    usage_examples_title="質問の例",
    usage_examples=(
        "有給休暇はいつまでに申請すればいいですか？",
        "経費精算の締め日はいつですか？",
        "VPNにつながらないときは？",
    ),
    indexed="いま入っている資料",
    indexed_source="{name}: 文書 {documents:,} 件、最後の同期 {when}",
    never_synced="まだありません",
    nothing_indexed="まだ資料が入っていません。管理者にお問い合わせください。",
)

ENGLISH = Wording(
    sources="📄 Sources",
    no_answer="I found no answer in the company's documents. The nearest ones are:",
    no_answer_no_documents="I found no answer in the company's documents.",
    failure=(
        "Sorry, I could not make an answer (number {turn}). "
        "Please try again, or give the number to your administrator."
    ),
    long_answer="In detail",
    simple_answer="In simple words",
    summary="Summary",
    nothing_more="The documents say no more than this.",
    model_away="Note: no answering model can be reached. The documents are quoted as they are.",
    to_check="[to be checked]",
    old_source="Note: {title} has not been updated for more than three years.",
    updated="updated {date.day} {date:%b %Y}",
    page="page {page}",
    slide="slide {slide}",
    sheet="sheet {sheet} {range}",
    searching="Looking through the documents…",
    writing="Writing the answer…",
    queued="Answering in turn ({count} before you)",
    database_away="My log can not be reached just now. I will answer here as soon as it can.",
    more="More",
    helpful="👍",
    not_helpful="👎",
    ask_person="Ask a person",
    share="Share",
    rephrase="Rephrase",
    resolve="Mark as resolved",
    ask_about_message="Ask Kurage",
    feedback_thanks="Thank you for telling me.",
    feedback_title="About this answer",
    feedback_reason="What was wrong with it? (optional)",
    feedback_hint="For example: it uses an outdated document",
    send="Send",
    cancel="Cancel",
    handover="{people}, a question from {asker}.",
    handover_question="Question",
    handover_found="What was found",
    handover_nothing_found="No related document was found.",
    handed_over="This has been passed on. Please wait for a reply.",
    nobody_to_ask="Nobody is set to take questions here. Please ask your administrator.",
    resolved="✅ Resolved by {who}.",
    shared="Shared by {who}.",
    shared_already="This answer has been shared already.",
    private_note="Only you can see this answer.",
    rephrase_hint="Try other words, or add the name of a department or a scheme.",
    empty="Please type a question.",
    too_long="Please keep the question within 2,000 characters.",
    text_only="Please ask in words. I can not answer pictures, files or emoji alone.",
    external="I do not answer from the company's documents where people from outside can read.",
    guest="I do not answer guests from the company's documents. Please ask an employee.",
    bot="I do not answer other bots.",
    disabled="I am set not to answer in this channel. Please send me a direct message.",
    too_many="Please wait about a minute and try again.",
    late="I am sorry that your question stayed unanswered. If you still need it, please ask again.",
    purged="The record of this answer is no longer kept. Please ask again.",
    expired="This has expired. Please try again.",
    not_here="I could not post in the channel, so here is your answer.",
    long_already="The longer answer has been asked for already: it appears below.",
    welcome="You are welcome. Ask me whenever you like.",
    invited=(
        "I am {bot}. I answer from the company's documents, with links to the sources. "
        "Mention me with a question; send “help” to see what I can do."
    ),
    usage_title="How to use",
    usage=(
        "Mention {bot} with a question, or send a direct message. "
        "I answer from the company's documents, with links to the sources.\n"
        "To go on, just write in the same thread: “And in English?”\n"
        "“More” gives a longer answer, “Ask a person” passes your question on, "
        "👍👎 rate an answer."
    ),
    usage_examples_title="For example",
    usage_examples=(
        "How many days in advance do I have to request paid leave?",
        "When do I have to hand in expenses?",
        "What can I do when the VPN does not connect?",
    ),
    indexed="Indexed now",
    indexed_source="{name}: {documents:,} documents, last synced {when}",
    never_synced="never",
    nothing_indexed="Nothing is indexed yet. Please ask your administrator.",
)

WORDINGS: dict[Language, Wording] = {"ja": JAPANESE, "en": ENGLISH}
