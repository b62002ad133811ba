"""Sentences as Japanese companies write them, drawn from a seed. Knows nothing of markup."""

from __future__ import annotations

from random import Random

DEPARTMENTS = (
    "総務部",
    "人事部",
    "経理部",
    "営業部",
    "開発部",
    "法務部",
    "情報システム部",
    "品質管理部",
)
_THINGS = ("有給休暇の申請", "交通費の精算", "名刺の発注", "在宅勤務の届出", "備品の貸出",
           "出張の手配",
           "契約書の押印", "請求書の発行", "入館証の再発行", "健康診断の予約", "稟議書の回覧",
           "パソコンの交換", "慶弔見舞金の請求", "資格取得の報告", "年末調整の提出",
           "残業の事前申請",
           "社宅の更新", "研修の受講登録", "リース車両の点検", "採用面接の日程調整")  # fmt: skip
_SYSTEMS = ("勤怠システム", "経費精算システム", "社内ポータル", "ワークフロー", "共有フォルダー",
            "チケット管理ツール", "電子契約サービス", "メール", "専用の窓口",
            "所定の様式")  # fmt: skip
_LIMITS = ("前月の末日", "3営業日前", "当日の正午", "毎月25日", "翌月5日", "利用日の2週間前",
           "四半期の末日",
           "受け取ってから7日以内", "着任日の前日", "年度の初め")  # fmt: skip
_VERBS = ("申し込みます", "提出します", "登録してください", "連絡してください", "承認を受けます",
          "記入して送付します", "更新する必要があります", "確認を依頼します")  # fmt: skip
_PEOPLE = ("課長", "部門長", "所属長", "担当者", "管理者", "上長", "役員", "監査担当")
_CASES = ("やむを得ない場合", "期限を過ぎた場合", "金額が10万円を超える場合", "海外へ出張する場合",
          "書類に不備がある場合", "システムが停止している場合",
          "複数の部署にまたがる場合")  # fmt: skip
_TOPICS = ("概要", "目的", "対象者", "申請の流れ", "必要な書類", "承認ルート", "期限と締め日",
           "問い合わせ先",
           "よくある質問", "例外の扱い", "改定履歴", "費用の負担", "注意事項", "関連する規程",
           "障害時の対応",
           "Windows の設定", "VPN 接続 手順", "R&D 部門の特例")  # fmt: skip
_TITLES = (
    "規程",
    "手順書",
    "ガイド",
    "運用マニュアル",
    "議事録",
    "チェックリスト",
    "FAQ",
    "設計メモ",
)
_FAMILY = (
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡辺",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "佐々木",
    "松本",
)
_GIVEN = (
    "花子",
    "太郎",
    "健一",
    "美咲",
    "直樹",
    "陽子",
    "翔太",
    "由美",
    "大輔",
    "恵",
    "拓也",
    "さくら",
)


def sentence(random: Random) -> str:
    """Return a sentence without anything that markup would have to escape."""
    choice = random.choice
    shape = random.randrange(6)
    if shape == 0:
        return (
            f"{choice(_THINGS)}は、{choice(_LIMITS)}までに{choice(_SYSTEMS)}から{choice(_VERBS)}。"
        )
    if shape == 1:
        return (
            f"{choice(_CASES)}は、{choice(_PEOPLE)}の判断により{choice(DEPARTMENTS)}が"
            f"{random.randint(2, 90)}日以内に処理します。"
        )
    if shape == 2:
        count = random.randint(2, 400)
        return f"{choice(DEPARTMENTS)}では{choice(_THINGS)}を{count}件まで受け付けています。"
    if shape == 3:
        keeper = choice(_PEOPLE)
        return f"{choice(_THINGS)}に必要な書類は{keeper}が保管し、{choice(_LIMITS)}に見直します。"
    if shape == 4:
        much, more = random.randint(1, 99), random.randint(1, 9)
        return f"上限は1人あたり{much}万{more}千円で、{choice(_PEOPLE)}が決裁します。"
    return f"{choice(_CASES)}を除き、{choice(_SYSTEMS)}で{choice(_THINGS)}を{choice(_VERBS)}。"


def topic(random: Random) -> str:
    """Return the words of a heading."""
    return random.choice(_TOPICS)


def title(random: Random, number: int) -> str:
    """Return the title of a page; no two numbers make the same."""
    return f"{random.choice(_THINGS)} {random.choice(_TITLES)} {number:05}"


def person(number: int) -> str:
    """Return a name; no two numbers below 168 make the same."""
    return _FAMILY[number % len(_FAMILY)] + _GIVEN[number // len(_FAMILY) % len(_GIVEN)]


def term(random: Random) -> str:
    """Return a noun of the trade."""
    return random.choice(_THINGS)


def system(random: Random) -> str:
    """Return the name of a system."""
    return random.choice(_SYSTEMS)
