"""Blocks as they meet the eye: every kind in lines of text, buttons apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rigs.slack.reading import Reader, Reading

Json = dict[str, Any]


def read(
    text: str,
    blocks: list[Json] | None,
    attachments: list[Json] | None,
    names: Mapping[str, str],
    *,
    named: bool = False,
) -> Reading:
    """Return a message as a person reads it.

    Where there are blocks, `text` shows in notifications only; whom it names counts as pinged all
    the same. `named`: names after an `@` are looked for, as `link_names` asks.
    """
    reader = Reader(names)
    shown = reader.mrkdwn(text, "text")
    if named:
        reader.names_in(text, "text")
    if blocks:
        reader.reading.links.clear()
        before = list(reader.reading.pings)
        reader.reading.pings.clear()
        shown = "\n".join(
            line for number, block in enumerate(blocks) if (line := _block(reader, block, number))
        )
        # Named in the text and in the blocks, as is usual, somebody is pinged once.
        found = {(ping.kind, ping.target) for ping in reader.reading.pings}
        reader.reading.pings += [one for one in before if (one.kind, one.target) not in found]
    for number, attachment in enumerate(attachments or []):
        where = f"attachments[{number}]"
        for part in ("pretext", "title", "text", "footer"):
            if attachment.get(part):
                shown += "\n" + reader.mrkdwn(str(attachment[part]), where)
        for inner, block in enumerate(attachment.get("blocks") or []):
            shown += "\n" + _block(reader, block, inner)
    reader.reading.text = shown.strip("\n")
    return reader.reading


def _block(reader: Reader, block: Json, number: int) -> str:
    where = f"blocks[{number}]"
    lines: list[str] = []
    match block.get("type"):
        case "markdown":
            lines.append(reader.markdown(block["text"], where))
        case "rich_text":
            lines += [reader.rich(element, where).rstrip("\n") for element in block["elements"]]
        case "divider":
            lines.append("───")
        case "table" | "data_table":
            lines += [
                "\t".join(_cell(reader, cell, where) for cell in row) for row in block["rows"]
            ]
        case "context":
            lines.append(
                " ".join(
                    element.get("alt_text", "")
                    if element["type"] == "image"
                    else reader.text(element, where)
                    for element in block["elements"]
                )
            )
        case "actions" | "context_actions":
            for element in block["elements"]:
                _element(reader, element, block, where)
        case "input":
            lines.append(reader.text(block["label"], where))
            _element(reader, block["element"], block, where)
        case _:
            lines += _fields(reader, block, where)
    return "\n".join(line for line in lines if line)


def _fields(reader: Reader, block: Json, where: str) -> list[str]:
    """Return the lines of blocks that are made of texts, elements and further blocks."""
    lines = [
        reader.text(block[name], where)
        for name in ("title", "subtitle", "text", "body", "description", "subtext", "alt_text")
        if block.get(name)
    ]
    lines += [reader.text(item, where) for item in block.get("fields", [])]
    for name in ("details", "output", "rich_text_title"):
        if isinstance(block.get(name), dict):
            lines.append(_block(reader, block[name], 0))
    for name in ("tasks", "child_blocks", "elements"):
        lines += [_block(reader, inner, 0) for inner in block.get(name, [])]
    if accessory := block.get("accessory"):
        _element(reader, accessory, block, where)
    for source in block.get("sources", []):
        lines.append(reader.text(source.get("text"), where))
        reader.link(source["url"], source.get("text", ""), where)
    for element in block.get("actions", []):
        _element(reader, element, block, where)
    return lines


def _cell(reader: Reader, cell: Json, where: str) -> str:
    if cell.get("type") == "rich_text":
        return "".join(reader.rich(element, where) for element in cell["elements"])
    return str(cell.get("text", cell.get("value", "")))


def _element(reader: Reader, element: Json, block: Json, where: str) -> None:
    """Note what can be pressed or filled in."""
    kind = element.get("type", "")
    shared = {
        "type": kind,
        "action_id": element.get("action_id"),
        "block_id": block.get("block_id"),
    }
    if kind == "feedback_buttons":
        reader.reading.buttons += [
            {**shared, "label": reader.text(button["text"], where), "value": button["value"]}
            for side in ("positive_button", "negative_button")
            if (button := element.get(side))
        ]
        return
    label = reader.text(element.get("text") or element.get("placeholder"), where)
    found = {**shared, "label": label, "value": element.get("value"), "url": element.get("url")}
    if kind == "button" and element.get("url"):
        reader.link(element["url"], label, where)
    if options := element.get("options"):
        found["options"] = [
            {"label": reader.text(option["text"], where), "value": option.get("value")}
            for option in options
        ]
    if kind != "image":
        reader.reading.buttons.append(found)
