"""The rules for components: rows, buttons, selects, modals, and Components V2.

Numbers are those of Discord's component reference. Mistakes go into a `Form`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rigs.discord_server.errors import Form

Json = dict[str, Any]

ROW, BUTTON, SELECT, TEXT_INPUT = 1, 2, 3, 4
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
_SELECTS = {3, 5, 6, 7, 8}
_TOP_V2 = {ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER}
_IN_CONTAINER = _TOP_V2 - {CONTAINER}
_LINK, _PREMIUM = 5, 6


_CHOSEN = {"min_values": 1, "max_values": 1}
_DEFAULTS: dict[int, Json] = {
    **dict.fromkeys(_SELECTS, _CHOSEN),
    THUMBNAIL: {"description": None, "spoiler": False},
    SEPARATOR: {"spacing": 1, "divider": True},
    CONTAINER: {"accent_color": None, "spoiler": False},
}
"""What Discord fills in."""


def walk(components: list[Json]) -> Iterator[Json]:
    """Yield components, outer ones first."""
    for one in components:
        if not isinstance(one, dict):
            continue
        yield one
        yield from walk(one.get("components") or [])
        for name in ("accessory", "component"):
            if isinstance(one.get(name), dict):
                yield from walk([one[name]])


def completed(components: list[Json]) -> list[Json]:
    """Return components as Discord gives them out: with an `id` each, and what was left open."""
    copied = [_copy(one) for one in components]
    taken = {one["id"] for one in walk(copied) if one.get("id")}
    free = (number for number in range(1, 1 << 16) if number not in taken)
    for one in walk(copied):
        if not one.get("id"):
            one["id"] = next(free)
    return copied


def _copy(one: Json) -> Json:
    given = {name: value for name, value in one.items() if value is not None}
    copied = {**_DEFAULTS.get(one.get("type", 0), {}), **given}
    if one.get("components"):
        copied["components"] = [_copy(child) for child in one["components"]]
    for name in ("accessory", "component"):
        if isinstance(one.get(name), dict):
            copied[name] = _copy(one[name])
    return copied


def check(form: Form, components: Any, *, v2: bool) -> None:
    """Note what is wrong with the components of a message."""
    given = form.most("components", components, 40 if v2 else 5)
    kinds = _TOP_V2 if v2 else {ROW}
    for place, one in enumerate(given):
        path = f"components.{place}"
        if not isinstance(one, dict) or one.get("type") not in kinds:
            _wrong_kind(form, path, kinds)
        else:
            _check_one(form, path, one)
    nested = list(walk(given))
    if v2 and len(nested) > 40:
        form.wrong("components", "BASE_TYPE_MAX_LENGTH", "Must be 40 or fewer in length.")
    shown = sum(len(one.get("content") or "") for one in nested if one.get("type") == TEXT)
    if shown > 4000:
        form.wrong(
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            "Displayable text size exceeds maximum size of 4000",
        )
    _check_unique(form, given)


def check_modal(form: Form, data: Json) -> None:
    """Note what is wrong with a modal."""
    form.longest("data.title", data.get("title") or "", 45, least=1)
    form.longest("data.custom_id", data.get("custom_id") or "", 100, least=1)
    given = form.most("data.components", data.get("components"), 5)
    if not given:
        form.required("data.components")
    for place, one in enumerate(given):
        path = f"data.components.{place}"
        kind = one.get("type")
        if kind == TEXT:
            form.longest(f"{path}.content", one.get("content") or "", 4000, least=1)
        elif kind == LABEL:
            form.longest(f"{path}.label", one.get("label") or "", 45, least=1)
            form.longest(f"{path}.description", one.get("description"), 100)
            _check_field(form, f"{path}.component", one.get("component") or {})
        elif kind == ROW and len(one.get("components") or []) == 1:
            field = one["components"][0]
            form.longest(f"{path}.components.0.label", field.get("label") or "", 45, least=1)
            _check_field(form, f"{path}.components.0", field)
        else:
            _wrong_kind(form, path, {ROW, TEXT, LABEL})
    _check_unique(form, given)


def _check_field(form: Form, path: str, one: Json) -> None:
    if one.get("type") in _SELECTS:
        _check_select(form, path, one)
        return
    if one.get("type") != TEXT_INPUT:
        _wrong_kind(form, path, {TEXT_INPUT, *_SELECTS})
        return
    form.longest(f"{path}.custom_id", one.get("custom_id") or "", 100, least=1)
    form.longest(f"{path}.placeholder", one.get("placeholder"), 100)
    form.longest(f"{path}.value", one.get("value"), 4000)
    if one.get("style") not in {1, 2}:
        form.required(f"{path}.style")


def _check_one(form: Form, path: str, one: Json) -> None:
    kind = one["type"]
    if kind == ROW:
        _check_row(form, path, one)
    elif kind == TEXT:
        form.longest(f"{path}.content", one.get("content") or "", 4000, least=1)
    elif kind == SECTION:
        _check_section(form, path, one)
    elif kind == CONTAINER:
        children = one.get("components") or []
        if not children:
            form.required(f"{path}.components")
        for place, child in enumerate(children):
            below = f"{path}.components.{place}"
            if child.get("type") in _IN_CONTAINER:
                _check_one(form, below, child)
            else:
                _wrong_kind(form, below, _IN_CONTAINER)
    elif kind == GALLERY and not 1 <= len(one.get("items") or []) <= 10:
        between = "Must be between 1 and 10 in length."
        form.wrong(f"{path}.items", "BASE_TYPE_BAD_LENGTH", between)


def _check_section(form: Form, path: str, one: Json) -> None:
    children = one.get("components") or []
    if not 1 <= len(children) <= 3:
        between = "Must be between 1 and 3 in length."
        form.wrong(f"{path}.components", "BASE_TYPE_BAD_LENGTH", between)
    for place, child in enumerate(children):
        below = f"{path}.components.{place}"
        if child.get("type") == TEXT:
            _check_one(form, below, child)
        else:
            _wrong_kind(form, below, {TEXT})
    accessory = one.get("accessory") or {}
    if accessory.get("type") == BUTTON:
        _check_button(form, f"{path}.accessory", accessory)
    elif accessory.get("type") != THUMBNAIL:
        form.required(f"{path}.accessory")


def _check_row(form: Form, path: str, row: Json) -> None:
    children = row.get("components") or []
    width = sum(5 if child.get("type") in _SELECTS else 1 for child in children)
    if not 1 <= width <= 5:
        between = "Must be between 1 and 5 in length."
        form.wrong(f"{path}.components", "BASE_TYPE_BAD_LENGTH", between)
    for place, child in enumerate(children):
        below = f"{path}.components.{place}"
        if child.get("type") == BUTTON:
            _check_button(form, below, child)
        elif child.get("type") in _SELECTS:
            _check_select(form, below, child)
        else:
            _wrong_kind(form, below, {BUTTON, *_SELECTS})


def _check_button(form: Form, path: str, one: Json) -> None:
    form.longest(f"{path}.label", one.get("label"), 80)
    style = one.get("style")
    if style not in range(1, 7):
        allowed = "Value must be one of {1, 2, 3, 4, 5, 6}."
        form.wrong(f"{path}.style", "BASE_TYPE_CHOICES", allowed)
    elif style == _LINK:
        _check_link(form, path, one)
    elif style != _PREMIUM:
        form.longest(f"{path}.custom_id", one.get("custom_id") or "", 100, least=1)
        if one.get("url"):
            both = "A custom id and url cannot both be specified"
            form.wrong(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", both)
    if style != _PREMIUM and not one.get("label") and not one.get("emoji"):
        form.wrong(path, "BUTTON_COMPONENT_REQUIRES_LABEL", "A button must have a label or emoji")


def _check_link(form: Form, path: str, one: Json) -> None:
    url = one.get("url") or ""
    form.longest(f"{path}.url", url, 512, least=1)
    if not url.startswith(("http://", "https://", "discord://")):
        scheme = "Scheme must be one of ('http', 'https', 'discord')."
        form.wrong(f"{path}.url", "URL_TYPE_INVALID_SCHEME", scheme)
    if one.get("custom_id"):
        both = "A custom id and url cannot both be specified"
        form.wrong(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", both)


def _check_select(form: Form, path: str, one: Json) -> None:
    form.longest(f"{path}.custom_id", one.get("custom_id") or "", 100, least=1)
    form.longest(f"{path}.placeholder", one.get("placeholder"), 150)
    if one["type"] != SELECT:
        return
    options = form.most(f"{path}.options", one.get("options"), 25)
    if not options:
        form.required(f"{path}.options")
    values: set[str] = set()
    for place, option in enumerate(options):
        below = f"{path}.options.{place}"
        form.longest(f"{below}.label", option.get("label") or "", 100, least=1)
        form.longest(f"{below}.value", option.get("value") or "", 100, least=1)
        form.longest(f"{below}.description", option.get("description"), 100)
        if option.get("value") in values:
            twice = "The specified option value is already used"
            form.wrong(f"{below}.value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", twice)
        values.add(option.get("value"))


def _check_unique(form: Form, components: list[Json]) -> None:
    seen: set[str] = set()
    for one in walk(components):
        custom_id = one.get("custom_id")
        if custom_id and custom_id in seen:
            twice = "Component custom id cannot be duplicated"
            form.wrong("components", "COMPONENT_CUSTOM_ID_DUPLICATED", twice)
        if custom_id:
            seen.add(custom_id)


def _wrong_kind(form: Form, path: str, kinds: set[int]) -> None:
    allowed = ", ".join(map(str, sorted(kinds)))
    form.wrong(f"{path}.type", "UNION_TYPE_CHOICES", f"Value of field must be one of ({allowed}).")
