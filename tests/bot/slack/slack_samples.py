"""Turns and answers for the tests of Slack's messages, and a way to see them in a real channel."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rigs.slack_rig import SlackRig
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block

from bot.conversations import Thread, Turn
from bot.exchange import Answer, Language, Source, Statement, Style
from bot.inbox.platform import Content
from bot.slack.view import Part, render
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

Json = dict[str, Any]

BOT = "U0KURAGE01"
SATO = "U0SATO0001"
SUZUKI = "U0SUZUKI01"
HELPDESK = "S0HELPDESK"
SOUMU = "C0SOUMU001"
WIKI = "https://wiki.example.co.jp/d"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def hit(title: str = "就業規則", url: str = WIKI, **more: Any) -> Hit:
    """Return a hit; `headings`, `anchor`, `updated` and `owner` as a document has them."""
    document = IndexedDocument(
        "wiki", "d", "1", "1", 1, title, url, more.get("updated"), more.get("owner")
    )
    headings, anchor = more.get("headings", ()), more.get("anchor", "")
    return Hit(1.0, document, Chunk(0, title, headings, "本文", "paragraph", anchor))


def source(number: int, found: Hit | None = None) -> Source:
    return Source(number, found or hit(), None)


def answered(*statements: Statement, sources: Sequence[Source] = ()) -> Answer:
    return Answer("answered", statements, tuple(sources) or (source(1),), ())


def abstained(*nearest: Hit) -> Answer:
    return Answer("abstained", (), (), nearest)


FAILED = Answer("failed", (), (), ())


def turn(
    language: Language = "ja",
    *,
    question: str = "有給休暇はいつまでに申請しますか？",
    style: Style = "short",
    asker: str = SATO,
    id: str = "K7F3Q2",  # noqa: A002 - as the field is called
) -> Turn:
    return Turn(
        id, Thread("slack", SOUMU, "1.1"), "1.1", asker, question, None, "answered", style,
        language, NOW, NOW,
    )  # fmt: skip


def shown(content: Content, about: Turn | None = None, **how: Any) -> list[Part]:
    return render(content, about or turn(), **{"bot_user": BOT, "now": NOW, **how})


def valid(parts: Sequence[Part]) -> list[Part]:
    """Hold parts against Slack's limits, by the models of Slack's own library."""
    assert parts
    for part in parts:
        assert 0 < len(part.text) < 4000
        assert 0 < len(part.blocks) <= 50
        valid_blocks(part.blocks)
    return list(parts)


def valid_blocks(blocks: Sequence[Json]) -> None:
    for block in blocks:
        with warnings.catch_warnings():
            # Of fields that the models do not know.
            warnings.simplefilter("error")
            parsed = Block.parse(block)
        assert parsed is not None, block["type"]
        parsed.validate_json()
        assert parsed.to_dict()["type"] == block["type"]


@dataclass(frozen=True)
class Seen:
    """What a person sees of some messages, all together."""

    text: str
    buttons: list[Json]
    links: list[Json]
    pings: list[Json]
    parts: list[Json]

    @property
    def labels(self) -> list[str]:
        return [each["label"] for each in self.buttons]


def seen(rig: SlackRig, slack: WebClient, parts: Sequence[Part]) -> Seen:
    """Post parts by the real client, and return what a person reads."""
    posted = {
        slack.chat_postMessage(channel=SOUMU, text=part.text, blocks=part.blocks)["ts"]
        for part in valid(parts)
    }
    screen = [each for each in rig.screen("soumu", "sato") if each["ts"] in posted]
    assert rig.violations() == []
    return Seen(
        "\n".join(each["text"] for each in screen),
        [one for each in screen for one in each["buttons"]],
        [one for each in screen for one in each["links"]],
        [one for each in screen for one in each["pings"]],
        screen,
    )
