"""Before Sudachi: characters that it would take for something else, and texts that are too long.

Sudachi itself does NFKC, case and half-width kana while it reads. Knows nothing of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

PIECE = 12_000
"""Code points in a piece: Sudachi refuses 49,150 bytes, and a code point has up to four."""

# The form that people search for, of ideographs in names and old texts that NFKC leaves alone.
_COMMON_FORMS = (
    "髙高 﨑崎 嵜崎 濵浜 濱浜 邊辺 邉辺 齋斎 齊斉 澤沢 廣広 國国 櫻桜 眞真 惠恵 瀧滝 嶋島 嶌島 "
    "冨富 桒桑 栁柳 槇槙 德徳 淸清 靑青 黑黒 緖緒 郞郎 學学 會会 圓円 壽寿 實実 藏蔵 藝芸 豐豊 "
    "譽誉 鐵鉄 顯顕 龍竜 曾曽 祿禄 彌弥 萬万 與与 榮栄 繩縄 莊荘 收収 應応 檢検 驗験 證証 險険 "
    "區区 縣県 經経 濟済 發発 變変 關関 總総 圖図 舊旧 條条 參参 假仮 體体 醫医 藥薬 鹽塩 廳庁 "
    "驛駅 點点 當当 傳伝 轉転 單単 戰戦 獨独 賣売 讀読 續続 擔担 據拠 擴拡 擧挙 權権 觀観 勸勧 "
    "歡歓 歸帰 氣気 爲為 畫画 晝昼 盡尽 稱称 聲声 聽聴 臺台 覺覚 觸触 辭辞 邨村 釋釈 錢銭 鑛鉱 "
    "隱隠 靜静 餘余 驅駆 麥麦 齡齢 龜亀 溫温 狀状 乘乗 兩両 勞労 營営 團団 壓圧 屬属 帶帯 廢廃 "
    "擇択 樣様 樂楽 歷歴 殘残 燒焼 禮礼 竝並 粹粋 絲糸 繼継 肅粛 號号 蟲虫 豫予 轄轄 遲遅 鄕郷 "
    "雜雑 靈霊 顏顔 驒騨"
)
_TO_COMMON_FORM = str.maketrans({pair[0]: pair[1] for pair in _COMMON_FORMS.split()})
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_VARIATION_SELECTOR = re.compile(f"[{_SELECTORS}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# A full-width hyphen or a line of a drawing, typed for the long-vowel mark in コンピューター.
_FALSE_LONG_VOWEL = re.compile("(?<=[ァ-ヺ])[－─]")
_IRREGULAR = re.compile(
    f"[{''.join(map(chr, _TO_COMMON_FORM))}{_SELECTORS}\ud800-\udfff－─]",
)

# Where a long text may be cut, the best place first: no word goes on across any of these.
_BOUNDARIES = tuple(
    map(re.compile, ("\n", "[。！？!?]", r"[\s、，,;；：:・|｜（）()「」『』]", r"\W"))
)


def regular(text: str) -> tuple[str, list[int] | None]:
    """Return the text as Sudachi should read it, and where each of its characters stood.

    The positions are None where every character is still in its place.
    """
    if not _IRREGULAR.search(text):
        return text, None
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text).translate(_TO_COMMON_FORM)
    text = _FALSE_LONG_VOWEL.sub("ー", text)
    if not _VARIATION_SELECTOR.search(text):
        return text, None
    positions = [i for i, char in enumerate(text) if not is_variation_selector(char)]
    return "".join(text[i] for i in positions), positions


def is_variation_selector(char: str) -> bool:
    """Tell whether a character only chooses between glyphs of the one before it."""
    return bool(_VARIATION_SELECTOR.match(char))


def pieces(text: str, size: int = PIECE) -> Iterator[tuple[int, str]]:
    """Yield the text in pieces of at most `size` code points, each with its offset.

    A piece ends at a line's end, else at a sentence's, else between words. Only a run of `size`
    characters without any of these is cut where it happens to be.
    """
    start = 0
    while len(text) - start > size:
        end = _last_boundary(text, start, start + size)
        yield start, text[start:end]
        start = end
    yield start, text[start:]


def _last_boundary(text: str, start: int, limit: int) -> int:
    for boundary in _BOUNDARIES:
        for end in range(limit, start, -1):
            if boundary.match(text, end - 1):
                return end
    return limit


def original_span(positions: list[int], begin: int, end: int) -> tuple[int, int]:
    """Return where a span stood before `regular` dropped characters."""
    if begin == end:
        at = positions[begin] if begin < len(positions) else positions[-1] + 1
        return at, at
    return positions[begin], positions[end - 1] + 1


def folded(text: str) -> str:
    """Return the text without differences of width, case and ideographs' variants."""
    text = regular(text)[0]
    if not unicodedata.is_normalized("NFKC", text):  # 20 times faster to tell than to do
        text = unicodedata.normalize("NFKC", text)
    return text.casefold()
