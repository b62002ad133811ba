"""What a test asks of the journal: replies, times, pings, doubles, calls that were refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rigs.slack.api import Api
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json, Message


class Records:
    """Every public method can be called by a test, by its name."""

    def __init__(self, slack: Slack, api: Api) -> None:
        self._slack = slack
        self._api = api

    def answers(self, ts: str) -> list[Json]:
        """Return the app's messages that answer one: in its thread, or after it in a direct one.

        In direct messages without threads an answer to a later question counts for both.
        """
        return [
            {"ts": message.ts, "channel": message.channel, "thread": message.thread_ts,
             "streaming": self._slack.streams(message),
             "ephemeral": message.shown_to is not None, "text": self._slack.read(message).text}
            for message in self._answers(ts)
        ]  # fmt: skip

    def _answers(self, ts: str) -> list[Message]:
        space = self._slack.workspace
        # Only the last question before an unthreaded answer can be what it answers.
        found = []
        for channel in space.channels.values():
            asked = channel.messages.get(ts)
            everything = [*channel.messages.values(), *channel.ephemerals.values()]
            for message in everything:
                if message.user != space.app.user or message.ts <= ts:
                    continue
                threaded = message.thread_ts == ts
                beside = channel.kind == "im" and asked is not None and not message.thread_ts
                if threaded or beside:
                    found.append(message)
        return found

    async def wait_for_reply(self, ts: str, timeout: float) -> list[Json]:  # noqa: ASYNC109
        """Return the answers to a message as soon as one is complete; raises TimeoutError."""

        def found() -> list[Json]:
            answers = self.answers(ts)
            return answers if any(not each["streaming"] for each in answers) else []

        return list(await self._slack.journal.until(found, timeout))

    async def wait_for_replies(self, many: list[str], timeout: float) -> None:  # noqa: ASYNC109
        """Wait until each of these messages has a complete answer; raises TimeoutError."""
        left = set(many)
        entries = self._slack.journal.entries
        seen = 0

        def found() -> bool:
            # Each entry is looked at once: this runs whenever one is written.
            nonlocal seen
            for entry in entries[seen:]:
                if entry.get("own") and entry.get("streaming") != "in_progress":
                    left.discard(entry["thread_ts"] or "")
            seen = len(entries)
            return not left

        await self._slack.journal.until(found, timeout)

    async def wait_for(self, kind: str, timeout: float, facts: Json, since: float = 0.0) -> Json:  # noqa: ASYNC109
        """Return the first entry of a kind that has these facts; raises TimeoutError."""

        def found() -> Any:
            return self._slack.journal.of(kind, since=since, **facts)

        return dict((await self._slack.journal.until(found, timeout))[0])

    async def quiet(self, seconds: float, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until nothing has happened for so long; tell whether that came to be in time."""
        return await self._slack.journal.quiet(seconds, timeout)

    def timings(self, many: list[str]) -> list[Json]:
        """Return seconds from each message to the first sign of the app and to its answer.

        `first_sign` is a status, a reaction or a message; `complete` the moment at which the last
        of its messages in the thread was whole. None where it has not come.
        """
        began: dict[str, float] = {}
        found: dict[str, Json] = {ts: {"first_sign": None, "complete": None} for ts in many}
        last: dict[str, str] = {}
        for entry in self._slack.journal.entries:
            kind = entry["kind"]
            if kind == "posted" and not entry["own"]:
                began[entry["ts"]] = entry["at"]
                last[entry["channel"]] = entry["ts"]
            about = self._about(entry, last)
            if about not in began or about not in found:
                continue
            passed = entry["at"] - began[about]
            if found[about]["first_sign"] is None:
                found[about]["first_sign"] = passed
            if kind in {"posted", "updated"} and entry["streaming"] != "in_progress":
                found[about]["complete"] = passed
        return [found[ts] for ts in many]

    def _about(self, entry: Json, last: dict[str, str]) -> str | None:
        """Return the message that a sign of the app belongs to, None where it is no sign."""
        kind = entry["kind"]
        if kind == "reaction":
            return entry["ts"] if entry["added"] else None
        if kind == "status":
            return entry["thread_ts"] if entry["text"] else None
        if kind not in {"posted", "updated"} or not entry["own"]:
            return None
        if entry["thread_ts"] or self._slack.workspace.channels[entry["channel"]].kind != "im":
            return str(entry["thread_ts"]) if entry["thread_ts"] else None
        # Beside its question, in direct messages.
        return last.get(entry["channel"])

    def pinged(self) -> list[Json]:
        """Return whom the app's messages pinged, with the message."""
        return [
            {**ping, "channel": entry["channel"], "ts": entry["ts"]}
            for entry in self._slack.journal.of("posted", "updated", own=True)
            for ping in entry["pings"]
        ]

    def forged(self) -> list[Json]:
        """Return the links of the app's messages whose label names another site."""
        return [
            {**link, "channel": entry["channel"], "ts": entry["ts"]}
            for entry in self._slack.journal.of("posted", "updated", own=True)
            for link in entry["links"]
            if link["forged"]
        ]

    def doubled(self) -> list[Json]:
        """Return the app's messages that stand more than once in a thread, word for word."""
        found = []
        for channel in self._slack.workspace.channels.values():
            counted = Counter(
                (message.thread_ts or message.ts, message.shown_to, self._slack.read(message).text)
                for message in [*channel.messages.values(), *channel.ephemerals.values()]
                if message.user == self._slack.workspace.app.user
            )
            found += [
                {"channel": channel.id, "thread": thread, "text": text, "count": count}
                for (thread, _, text), count in counted.items()
                if count > 1
            ]
        return found

    def violations(self) -> list[str]:
        """Return what the app or the rig did that Slack's rules or its description do not know."""
        self._api.settle()
        return [f"{each['about']}: {each['what']}" for each in self._slack.journal.of("violation")]

    def refused(self) -> list[Json]:
        """Return the calls that were answered with an error, rate limits among them."""
        return [
            {"method": each["method"], "error": each["error"], "status": each["status"]}
            for each in self._slack.journal.of("call")
            if each["error"]
        ]

    def counts(self) -> Json:
        """Return the calls by method, and how many of them were over the limit."""
        return {
            "calls": dict(self._slack.limits.calls),
            "limited": dict(self._slack.limits.limited),
        }

    def journal(self, kinds: list[str], facts: Json, since: float = 0.0) -> list[Json]:
        """Return entries of these kinds (none: of all) that have these facts."""
        self._api.settle()
        return self._slack.journal.of(*kinds, since=since, **facts)
