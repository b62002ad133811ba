"""What is counted, under one name for each spelling of it. Knows nothing of numbers.

Only units that change what a sentence says are here: 3日 is not 3営業日, while 3名 is 3人.
"""

from __future__ import annotations

import re

_UNITS = {
    "円": "円 yen jpy 엔 日元 日圆",
    "ドル": "ドル dollars dollar usd 달러 美元",
    "ユーロ": "ユーロ euros euro eur",
    "ウォン": "ウォン 원",
    "%": "% パーセント ％ percent 퍼센트",
    "割": "割",
    "営業日": (
        "営業日 稼働日 就業日 business_days business_day working_days working_day 영업일 工作日"
        " 个工作日"
    ),
    "年": "年間 年度 カ年 ケ年 年 years year 년간 년",
    "月": "カ月間 ケ月間 か月間 箇月間 カ月 ケ月 か月 箇月 ヶ月 个月 months month 개월",
    "暦月": "月 월",
    "週": "週間 週 weeks week 주일 周",
    "日": "日間 日 days day 일간 일 天",
    "時間": "時間 時限 hours hour 시간 小时",
    "時": "時 시",
    "分": "分間 分 minutes minute mins min 분 分钟",
    "秒": "秒間 秒 seconds second sec 초",
    "人": "人 名様 名 people persons employees 명",
    "歳": "歳 才 years_old years_of_age 살",
    "回": "回 times 度目 번 次",
    "件": "件 건",
    "個": "個 ケ つ 개",
    "枚": "枚",
    "部": "部",
    "通": "通",
    "台": "台",
    "本": "本",
    "冊": "冊",
    "社": "社",
    "倍": "倍 배",
    "点": "点",
    "階": "階 층",
    "条": "条",
    "章": "章",
    "項": "項",
    "号": "号",
    "ページ": "ページ 頁 pages page",
    "文字": "文字 characters character 字 자",
    "桁": "桁 digits",
    "位": "位",
    "度": "度 ℃ °c",
    "km": "キロメートル km",
    "m": "メートル m",
    "cm": "センチメートル センチ cm",
    "mm": "ミリメートル ミリ mm",
    "kg": "キログラム kg",
    "g": "グラム g",
    "t": "トン",
    "kb": "キロバイト kb",
    "mb": "メガバイト mb",
    "gb": "ギガバイト gb",
    "tb": "テラバイト tb",
}
_NAMES = {
    spelling.replace("_", " "): name
    for name, spellings in _UNITS.items()
    for spelling in spellings.split()
}
# What no unit stands before: 人事, 部長, 本社, 号線, 点検, 度合い, 社会, 名簿, 部署, 台風, 分野.
_NOT_BEGUN = "(?![曜事長社線検合会簿署室風野目])"
_SORTED = sorted(_NAMES, key=len, reverse=True)
UNIT = "|".join(
    re.escape(spelling) + (r"(?![a-z])" if spelling[-1].isascii() and spelling != "%" else "")
    for spelling in _SORTED
)
UNIT = rf"(?:{UNIT}){_NOT_BEGUN}"
CURRENCIES = {"¥": "円", "$": "ドル", "€": "ユーロ"}
MONEY = frozenset({"円", "ドル", "ユーロ", "ウォン"})


def unit(spelling: str) -> str:
    """Return the name of a unit; empty where it is none."""
    return _NAMES.get(re.sub(r"[-\s]+", " ", spelling), "")
