"""Numbers as a spreadsheet shows them: percentages, thousands, dates, Japanese eras.

Knows number format codes (ECMA-376 part 1, 18.8.30 and .31) as Japanese offices use them; knows
nothing of sheets. What it does not know (fractions, conditions) it shows as a plain number.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

_JA_DATE, _JA_ERA, _ERA = 'yyyy"年"m"月"d"日"', 'ggge"年"m"月"d"日"', "ge.m.d"
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    27: _ERA, 28: _JA_ERA, 29: _JA_ERA, 30: "m/d/yy", 31: _JA_DATE, 32: 'h"時"mm"分"',
    33: 'h"時"mm"分"ss"秒"', 34: 'yyyy"年"m"月"', 35: 'm"月"d"日"', 36: _ERA,
    37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 48: "0.0E+0",
    50: _ERA, 51: _JA_ERA, 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: _JA_ERA, 55: 'yyyy"年"m"月"',
    56: 'm"月"d"日"', 57: _ERA, 58: _JA_ERA,
}  # fmt: skip
"""The codes that a file names by number only, in their Japanese reading; 0 is General."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<noon>AM/PM|A/P|上午/下午|午前/午後)|(?P<general>General|G/標準|@)"
    r"|(?P<date>[yYmMdDhHsSgGeEaAbB]+(?<![eE](?=[+-])))|(?P<exponent>[eE][+-]0+)"
    r"|(?P<digits>[#0?,.]+)|(?P<plain>.)",
    re.DOTALL,
)
# ruff: noqa: DTZ001 - a serial number has no zone
_ERAS = (
    (datetime(2019, 5, 1), "令和", "R", 2018),
    (datetime(1989, 1, 8), "平成", "H", 1988),
    (datetime(1926, 12, 25), "昭和", "S", 1925),
    (datetime(1912, 7, 30), "大正", "T", 1911),
    (datetime(1868, 1, 25), "明治", "M", 1867),
)
_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_EPOCH = datetime(1899, 12, 30)
_EPOCH_1904 = datetime(1904, 1, 1)

Tokens = tuple[tuple[str, str], ...]


def plain(value: float) -> str:
    """A number as General shows it: 15 significant digits, integers without a point."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}"


def show(value: float, code: str, *, since_1904: bool = False) -> str:
    """The number under a format code; empty where the code hides it (`;;;`)."""
    sections = _sections(code)
    if len(sections) > 1 and value < 0:
        tokens, value = sections[1], -value
    elif len(sections) > 2 and value == 0:
        tokens = sections[2]
    else:
        tokens = sections[0]
    kinds = {kind for kind, _ in tokens}
    if kinds & {"date", "elapsed"}:
        return _date(value, tokens, since_1904=since_1904)
    if "general" in kinds:
        return "".join(plain(value) if k == "general" else t for k, t in tokens)
    if "digits" not in kinds:
        return "".join(text for _, text in tokens)
    return _number(value, tokens)


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[Tokens, ...]:
    if re.search(r"\[\$-F800\]", code, re.IGNORECASE):
        code = _JA_DATE  # the system's long date
    elif re.search(r"\[\$-F400\]", code, re.IGNORECASE):
        code = "h:mm:ss"
    parts = re.findall(r'((?:"[^"]*"?|\\.|\[[^\]]*\]|[^;])*)(?:;|$)', code)
    return tuple(_tokens(part) for part in (parts[:-1] or parts)[:4])


def _tokens(section: str) -> Tokens:
    tokens: list[tuple[str, str]] = []
    for found in _TOKEN.finditer(section):
        kind, text = found.lastgroup, found.group(found.lastgroup) if found.lastgroup else ""
        if kind == "bracket":
            if re.fullmatch(r"h+|m+|s+", text, re.IGNORECASE):
                tokens.append(("elapsed", text.lower()))
            elif text.startswith("$"):
                tokens.append(("literal", text[1:].partition("-")[0]))
        elif kind == "date":
            tokens += [("date", run) for run in _date_runs(text.lower())]
        elif kind in ("quoted", "escaped", "plain"):
            tokens.append(("literal", text))
        elif kind:
            tokens.append((kind, text))
    return tuple(tokens)


def _date_runs(text: str) -> list[str]:
    return [found.group() for found in re.finditer(r"(.)\1*", text)]


def _number(value: float, tokens: Tokens) -> str:
    pattern = "".join(text for kind, text in tokens if kind == "digits")
    exponent = any(kind == "exponent" for kind, _ in tokens)
    percents = sum(kind == "literal" and text == "%" for kind, text in tokens)
    if any(kind == "literal" and text == "/" for kind, text in tokens) and "?" in pattern:
        return plain(value)  # a fraction
    whole, _, decimals = pattern.partition(".")
    scaled = value * 100**percents / 1000 ** (len(whole) - len(whole.rstrip(",")))
    places = min(len(decimals.rstrip(",")), 15)
    if exponent:
        return f"{scaled:.{places}E}"
    body = f"{abs(scaled):,.{places}f}" if "," in whole.rstrip(",") else f"{abs(scaled):.{places}f}"
    if places and decimals.rstrip(",").endswith(("#", "?")):
        kept = places - len(decimals.rstrip(",")) + len(decimals.rstrip(",#?"))
        body = _without_zeros(body, kept)
    body = _padded(body, whole)
    sign = "-" if scaled < 0 and body.strip("0.,") else ""
    return sign + _spread(body, tokens)


def _without_zeros(body: str, kept: int) -> str:
    whole, _, decimals = body.partition(".")
    decimals = decimals[:kept] + decimals[kept:].rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def _padded(body: str, whole: str) -> str:
    digits, point, decimals = body.partition(".")
    return digits.rjust(min(whole.count("0"), 30), "0") + point + decimals


def _spread(body: str, tokens: Tokens) -> str:
    """Digits between the literals of a code: in one place, or apart as in 00-0000."""
    runs = [index for index, (kind, _) in enumerate(tokens) if kind == "digits"]
    texts = [text if kind == "literal" else "" for kind, text in tokens]
    for index in reversed(runs[1:]):
        width = len(tokens[index][1])
        body, texts[index] = body[:-width], body[-width:]
    texts[runs[0]] = body
    return "".join(texts)


def _date(value: float, tokens: Tokens, *, since_1904: bool) -> str:
    try:
        when = (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(
            seconds=round(value * 86400, 3) if abs(value) < 3e6 else float("nan")
        )
    except (OverflowError, ValueError):
        return plain(value)
    if any(text.startswith("s") for _, text in tokens):
        when += timedelta(microseconds=500)
    elif any(text.startswith(("h", "m")) for _, text in tokens):
        when += timedelta(milliseconds=500)
    half_day = any(kind == "noon" for kind, _ in tokens)
    shown = []
    for index, (kind, text) in enumerate(tokens):
        if kind == "elapsed":
            shown.append(_elapsed(value, text))
        elif kind == "noon":
            morning, afternoon = ("AM", "PM") if "A" in text else ("午前", "午後")
            shown.append(morning if when.hour < 12 else afternoon)
        elif kind == "date":
            minutes = text[0] == "m" and len(text) < 3 and _beside_hours(tokens, index)
            shown.append(
                f"{when.minute:0{len(text)}d}" if minutes else _field(when, text, half_day)
            )
        elif kind == "digits":
            shown.append("" if text.endswith("0") else text)  # fractions of seconds
        else:
            shown.append(text)
    return "".join(shown).strip()


def _beside_hours(tokens: Tokens, index: int) -> bool:
    fields = [(i, text[0]) for i, (kind, text) in enumerate(tokens) if kind in ("date", "elapsed")]
    place = [i for i, _ in fields].index(index)
    before = fields[place - 1][1] if place else ""
    after = fields[place + 1][1] if place + 1 < len(fields) else ""
    return before == "h" or after == "s"


def _elapsed(value: float, text: str) -> str:
    unit = {"h": 24, "m": 24 * 60, "s": 86400}[text[0]]
    return f"{int(value * unit + 1e-6):0{len(text)}d}"


def _field(when: datetime, text: str, half_day: bool) -> str:  # noqa: FBT001
    letter, width = text[0], len(text)
    if letter == "y":
        return f"{when.year % 100:02d}" if width < 3 else f"{when.year:04d}"
    if letter in "ge":
        return _era_field(when, letter, width)
    if letter == "a":  # days of the week in Japanese
        return "月火水木金土日"[when.weekday()] + ("曜日" if width > 3 else "")
    if width > 2 and letter in "md":
        name = _MONTHS.split()[when.month - 1] if letter == "m" else _DAYS.split()[when.weekday()]
        return name[:1] if width == 5 else name if width == 4 else name[:3]
    if letter == "b":
        return str(when.year + 543)
    hour = (when.hour - 1) % 12 + 1 if half_day else when.hour
    number = {"m": when.month, "d": when.day, "h": hour, "s": when.second}[letter]
    return f"{number:0{width}d}"


def _era_field(when: datetime, letter: str, width: int) -> str:
    for start, name, initial, before in _ERAS:
        if when >= start:
            if letter == "e":
                return f"{when.year - before:0{min(width, 2)}d}"
            return {1: initial, 2: name[:1]}.get(width, name)
    return str(when.year) if letter == "e" else ""
