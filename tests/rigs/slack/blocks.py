"""Block Kit as Slack checks it: what is missing, too long, too many or unknown, and where.

Knows the documented limits. Where Slack does not publish the words of an error they are modelled on
those it does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from rigs.slack import reading_blocks

Json = dict[str, Any]
Report = Callable[[str, str], None]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_TOTAL = 12_000
VIEW_BYTES = 250_000
_URL = re.compile(r"https?://|mailto:|slack:|tel:")

_INTERACTIVE = {
    "button", "checkboxes", "radio_buttons", "overflow", "datepicker", "timepicker",
    "datetimepicker", "workflow_button", "static_select", "external_select", "users_select",
    "conversations_select", "channels_select", "multi_static_select", "multi_external_select",
    "multi_users_select", "multi_conversations_select", "multi_channels_select",
}  # fmt: skip
_INPUTS = (_INTERACTIVE - {"button", "overflow", "workflow_button"}) | {
    "plain_text_input", "rich_text_input", "email_text_input", "number_input", "url_text_input",
    "file_input",
}  # fmt: skip
_EVERYWHERE = {
    "section", "divider", "image", "actions", "context", "input", "header", "rich_text", "video",
}  # fmt: skip
_MESSAGES = _EVERYWHERE | {
    "markdown", "table", "data_table", "context_actions", "file", "task_card", "plan", "alert",
    "card", "carousel", "container",
}  # fmt: skip
SURFACES = {"message": _MESSAGES, "modal": _EVERYWHERE, "home": _EVERYWHERE}


def check(blocks: Any, surface: str = "message", pointer: str = "/blocks") -> list[str]:
    """Return what is wrong with blocks, in Slack's words; nothing where all is well."""
    found: list[str] = []

    def report(problem: str, place: str) -> None:
        found.append(f"{problem} [json-pointer:{place}]")

    if not isinstance(blocks, list):
        report("must provide an array", pointer)
        return found
    allowed = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    if len(blocks) > allowed:
        report(f"no more than {allowed} items allowed", pointer)
    _Checker(report, surface).blocks(blocks, pointer)
    return found


class _Checker:
    def __init__(self, report: Report, surface: str) -> None:
        self.report = report
        self._surface = surface
        self._ids: set[str] = set()
        self._characters = 0

    def blocks(self, blocks: list[Any], pointer: str) -> None:
        for number, block in enumerate(blocks):
            place = f"{pointer}/{number}"
            kind = block.get("type") if isinstance(block, dict) else None
            if kind is None:
                self.report("missing required field: type", place)
            elif kind not in SURFACES[self._surface]:
                self.report(f"unsupported type: {kind}", f"{place}/type")
            else:
                self._block(block, kind, place)

    def _block(self, block: Json, kind: str, place: str) -> None:
        block_id = block.get("block_id")
        if block_id is not None:
            self.length(block_id, 1, 255, f"{place}/block_id")
            if block_id in self._ids:
                self.report(f"`block_id` {block_id!r} already exists", f"{place}/block_id")
            self._ids.add(block_id)
        rule = getattr(self, f"_{kind}", None)
        try:
            if rule:
                rule(block, place)
            # What the rules leave open has to be readable at least.
            reading_blocks.read("", [block], None, {})
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            self.report("must be a valid block", place)

    # Kinds of blocks

    def _section(self, block: Json, place: str) -> None:
        if not block.get("text") and not block.get("fields"):
            self.report("missing required field: text or fields", place)
        if "text" in block:
            self.text(block["text"], f"{place}/text", 3000)
        if "fields" in block:
            self._each_text(block["fields"], f"{place}/fields", 10, 2000)
        if "accessory" in block:
            self.element(block["accessory"], f"{place}/accessory", _INTERACTIVE | {"image"})

    def _each_text(self, items: Any, place: str, most: int, length: int) -> None:
        for number, item in self.items(items, place, most):
            self.text(item, f"{place}/{number}", length)

    def _header(self, block: Json, place: str) -> None:
        self.text(block.get("text"), f"{place}/text", 150, plain=True)

    def _markdown(self, block: Json, place: str) -> None:
        """Hold the sum over the payload to the limit, not each block alone."""
        text = block.get("text")
        self.length(text, 1, MARKDOWN_TOTAL, f"{place}/text")
        before, self._characters = self._characters, self._characters + len(str(text))
        if before <= MARKDOWN_TOTAL < self._characters and len(str(text)) <= MARKDOWN_TOTAL:
            self.report(f"all markdown must be less than {MARKDOWN_TOTAL + 1} characters", place)

    def _context(self, block: Json, place: str) -> None:
        for number, element in self.items(block.get("elements"), f"{place}/elements", 10):
            inner = f"{place}/elements/{number}"
            if isinstance(element, dict) and element.get("type") == "image":
                self._image(element, inner)
            else:
                self.text(element, inner, 2000)

    def _actions(self, block: Json, place: str) -> None:
        self._elements(block, place, 25, _INTERACTIVE)

    def _context_actions(self, block: Json, place: str) -> None:
        self._elements(block, place, 5, {"feedback_buttons", "icon_button"})

    def _elements(self, block: Json, place: str, most: int, kinds: set[str]) -> None:
        ids: set[str] = set()
        for number, element in self.items(block.get("elements"), f"{place}/elements", most):
            inner = f"{place}/elements/{number}"
            self.element(element, inner, kinds)
            action = element.get("action_id") if isinstance(element, dict) else None
            if action is not None and action in ids:
                self.report(f"`action_id` {action!r} already exists", f"{inner}/action_id")
            ids.add(action or "")

    def _input(self, block: Json, place: str) -> None:
        self.text(block.get("label"), f"{place}/label", 2000, plain=True)
        if "hint" in block:
            self.text(block["hint"], f"{place}/hint", 2000, plain=True)
        self.element(block.get("element"), f"{place}/element", _INPUTS)

    def _image(self, block: Json, place: str) -> None:
        if not block.get("image_url") and not block.get("slack_file"):
            self.report("missing required field: image_url", place)
        if block.get("image_url"):
            self.url(block["image_url"], f"{place}/image_url")
        self.required(block, "alt_text", place)
        self.length(block.get("alt_text", "-"), 0, 2000, f"{place}/alt_text")

    def _rich_text(self, block: Json, place: str) -> None:
        kinds = {f"rich_text_{kind}" for kind in ("section", "list", "quote", "preformatted")}
        for number, element in self.items(block.get("elements"), f"{place}/elements", None, 0):
            if not isinstance(element, dict) or element.get("type") not in kinds:
                self.report("unsupported rich text element", f"{place}/elements/{number}/type")

    def _table(self, block: Json, place: str) -> None:
        for number, row in self.items(block.get("rows"), f"{place}/rows", 100):
            for column, cell in self.items(row, f"{place}/rows/{number}", 20):
                if not isinstance(cell, dict) or cell.get("type") not in {
                    "raw_text",
                    "raw_number",
                    "rich_text",
                }:
                    self.report("unsupported cell", f"{place}/rows/{number}/{column}")

    def _task_card(self, block: Json, place: str) -> None:
        self.required(block, "task_id", place)
        self.required(block, "title", place)
        statuses = {None, "pending", "in_progress", "complete", "error"}
        if block.get("status") not in statuses:
            self.report("unsupported status", f"{place}/status")

    def _plan(self, block: Json, place: str) -> None:
        self.required(block, "title", place)

    def _alert(self, block: Json, place: str) -> None:
        self.text(block.get("text"), f"{place}/text", 3000)

    def _card(self, block: Json, place: str) -> None:
        if not any(block.get(name) for name in ("hero_image", "title", "actions", "body")):
            self.report("missing required field: title", place)
        for name, most in [("title", 150), ("subtitle", 150), ("body", 200)]:
            if name in block:
                self.text(block[name], f"{place}/{name}", most)

    def _carousel(self, block: Json, place: str) -> None:
        for number, card in self.items(block.get("elements"), f"{place}/elements", 10):
            self._card(card, f"{place}/elements/{number}")

    def _container(self, block: Json, place: str) -> None:
        children = [child for _, child in self.items(block.get("child_blocks"), place, 10)]
        self.blocks(children, f"{place}/child_blocks")

    # Parts of blocks

    def element(self, element: Any, place: str, kinds: set[str]) -> None:
        if not isinstance(element, dict):
            self.report("missing required field: element", place)
            return
        kind = element.get("type")
        if kind not in kinds:
            self.report(f"unsupported type: {kind}", f"{place}/type")
            return
        if kind == "image":
            self._image(element, place)
            return
        if "action_id" in element:
            self.length(element["action_id"], 1, 255, f"{place}/action_id")
        if "confirm" in element:
            self._confirm(element["confirm"], f"{place}/confirm")
        if kind == "button":
            self._button(element, place)
        elif kind == "feedback_buttons":
            for side in ("positive_button", "negative_button"):
                self._button(element.get(side) or {}, f"{place}/{side}", value=True)
        elif kind == "icon_button":
            self.text(element.get("text"), f"{place}/text", 75, plain=True)
            self.length(element.get("value", ""), 0, 2000, f"{place}/value")
        else:
            self._choice(element, kind, place)

    def _button(self, button: Json, place: str, *, value: bool = False) -> None:
        self.text(button.get("text"), f"{place}/text", 75, plain=True)
        if value:
            self.required(button, "value", place)
        self.length(button.get("value", ""), 0, 2000, f"{place}/value")
        self.length(button.get("accessibility_label", ""), 0, 75, f"{place}/accessibility_label")
        if "url" in button:
            self.url(button["url"], f"{place}/url")
        if button.get("style") not in {None, "primary", "danger"}:
            self.report("unsupported style", f"{place}/style")

    def _choice(self, element: Json, kind: str, place: str) -> None:
        if "placeholder" in element:
            self.text(element["placeholder"], f"{place}/placeholder", 150, plain=True)
        if kind.endswith("static_select") or kind in {"overflow", "checkboxes", "radio_buttons"}:
            most = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}.get(kind, 100)
            groups = element.get("option_groups")
            options = element.get("options")
            if groups:
                options = [option for group in groups for option in group.get("options", [])]
            for number, option in self.items(options, f"{place}/options", most):
                inner = f"{place}/options/{number}"
                self.text(option.get("text"), f"{inner}/text", 75)
                self.required(option, "value", inner)
                self.length(option.get("value", ""), 0, 150, f"{inner}/value")
        elif kind == "plain_text_input":
            most = element.get("max_length", 3000)
            if not 1 <= most <= 3000:
                self.report("must be between 1 and 3000", f"{place}/max_length")

    def _confirm(self, confirm: Any, place: str) -> None:
        for name, most in [("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)]:
            self.text((confirm or {}).get(name), f"{place}/{name}", most)

    def text(self, item: Any, place: str, most: int, *, plain: bool = False) -> None:
        if not isinstance(item, dict):
            self.report(f"missing required field: {place.rsplit('/', 1)[-1]}", place)
            return
        kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
        if item.get("type") not in kinds:
            self.report(f"unsupported type: {item.get('type')}", f"{place}/type")
        if not isinstance(item.get("text"), str):
            self.report("missing required field: text", place)
        else:
            self.length(item["text"], 1, most, f"{place}/text")

    def length(self, text: Any, least: int, most: int, place: str) -> None:
        if not isinstance(text, str):
            self.report("must be a string", place)
        elif len(text) < least:
            self.report(f"must be more than {least - 1} characters", place)
        elif len(text) > most:
            self.report(f"must be less than {most + 1} characters", place)

    def url(self, url: Any, place: str) -> None:
        self.length(url, 1, 3000, place)
        if isinstance(url, str) and not _URL.match(url):
            self.report("must be a valid URL", place)

    def required(self, item: Json, name: str, place: str) -> None:
        if not item.get(name):
            self.report(f"missing required field: {name}", place)

    def items(
        self, items: Any, place: str, most: int | None, least: int = 1
    ) -> Iterable[tuple[int, Any]]:
        if not isinstance(items, list):
            self.report(f"missing required field: {place.rsplit('/', 1)[-1]}", place)
            return []
        if len(items) < least:
            self.report(f"no fewer than {least} items allowed", place)
        if most is not None and len(items) > most:
            self.report(f"no more than {most} items allowed", place)
        return list(enumerate(items))


def check_view(view: Any) -> list[str]:
    """Return what is wrong with a view, in Slack's words."""
    found: list[str] = []

    def report(problem: str, place: str) -> None:
        found.append(f"{problem} [json-pointer:{place}]")

    if not isinstance(view, dict) or view.get("type") not in {"modal", "home"}:
        return ["unsupported type [json-pointer:/view/type]"]
    checker = _Checker(report, view["type"])
    if view["type"] == "modal":
        checker.text(view.get("title"), "/view/title", 24, plain=True)
        for name in ("submit", "close"):
            if name in view:
                checker.text(view[name], f"/view/{name}", 24, plain=True)
        blocks = view.get("blocks") or []
        if any(block.get("type") == "input" for block in blocks) and "submit" not in view:
            report("`submit` is required when an input block is within blocks", "/view")
    checker.length(view.get("callback_id", ""), 0, 255, "/view/callback_id")
    checker.length(view.get("private_metadata", ""), 0, 3000, "/view/private_metadata")
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES:
        report("view is too large", "/view")
    return found + check(view.get("blocks"), view["type"], "/view/blocks")
