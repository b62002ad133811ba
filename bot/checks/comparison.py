"""Whether what an answer says stands in a text, by value. Knows nothing of how doubts are shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.checks.reading import Reading
from bot.checks.scan import Date, Found

_COUNTERS = frozenset(["個", "件", "点", "枚", "部", "通", "台", "本", "冊"])
"""Japanese words for pieces: 3件 is 3個 to everybody."""
_HALF_DAY = 12 * 60


def is_borne(found: Found, sources: Sequence[Reading]) -> bool:
    """Tell whether one of the texts, or several together, say it."""
    if found.kind == "address":
        return any(_is_address_borne(str(found.value), source) for source in sources)
    if found.kind == "date":
        return _is_date_borne(found.date, sources)
    if found.kind == "time":
        return any(_is_time_borne(found, source) for source in sources)
    if found.kind == "number" and not isinstance(found.value, str):
        return _is_number_borne(found, sources)
    return any(_is_named(found, source) for source in sources)


def _is_named(found: Found, source: Reading) -> bool:
    """Look for a weekday, a fraction, or the digits of a code."""
    if found.kind == "weekday":
        return found.value in source.weekdays
    if found.kind == "fraction":
        return found.value in source.fractions
    return found.value in source.codes or found.value in source.numbers


def _is_number_borne(found: Found, sources: Sequence[Reading]) -> bool:
    """Look for the number; a unit counts against it only where the texts always have another.

    A table has its units in the heading, and a question in other words: there a number alone has
    to do. But 3日 is doubtful where all that the texts say is 3営業日.
    """
    units: set[str] = set()
    for source in sources:
        units |= source.numbers.get(found.value, set())
    if not units:
        return False
    return not found.unit or "" in units or any(_same(found.unit, unit) for unit in units)


def _same(one: str, other: str) -> bool:
    return one == other or (one in _COUNTERS and other in _COUNTERS)


def _is_date_borne(date: Date, sources: Sequence[Reading]) -> bool:
    """Look for a date that says as much, else for parts that agree with it and make it up."""
    said = {place for place, part in enumerate(date) if part is not None}
    covered: set[int] = set()
    for source in sources:
        for other in source.dates:
            parts = {place for place in said if other[place] is not None}
            if all(date[place] == other[place] for place in parts):
                covered |= parts
        # 4〜6月 and 25、26日 have their sign once, and a table has it in its heading.
        covered |= {place for place in said if "" in source.numbers.get(_number(date[place]), ())}
        if date[0] is not None and _number(date[0]) in source.numbers:
            covered.add(0)
    return covered >= said


def _number(part: int | None) -> Decimal:
    return Decimal(part or 0)


def _is_time_borne(found: Found, source: Reading) -> bool:
    """Compare the hour of the day; 3時 may be 15:00 unless one of the two says which half."""
    minutes, marked = found.time
    for other, other_marked in source.times:
        if minutes == other:
            return True
        if not (marked and other_marked) and (minutes - other) % _HALF_DAY == 0:
            return True
    hour, minute = divmod(minutes, 60)
    # 9〜17時 has no 時 behind its first hour.
    return not minute and "" in source.numbers.get(Decimal(hour), ())


def _is_address_borne(address: str, source: Reading) -> bool:
    """Look for the address itself, or as the beginning of a longer one: its site or folder."""
    return address in source.addresses or any(
        held.startswith((f"{address}/", f"{address}?", f"{address}#", f"{address}:"))
        or held.endswith(f"@{address}")
        for held in source.addresses
    )
