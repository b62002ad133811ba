"""What a worker does wrong on demand: which requests, how many of them, and how."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal[
    "status",
    "html",
    "json",
    "reset",
    "close",
    "hang",
    "hang_before_text",
    "hang_amid",
    "close_amid",
    "reset_amid",
    "end_amid",
    "error_amid",
    "garbage_amid",
    "json_amid",
    "no_choices_amid",
    "utf8_amid",
    "split",
    "no_done",
    "endless",
    "slow",
]
"""What goes wrong.

Instead of an answer: `status` (with vLLM's error body), `html` (a gateway's page, with `status`),
`json` (a whole answer where a stream was asked for), `reset` and `close` (of the connection).

It hangs: `hang` (before the headers), `hang_before_text` (behind the headers and the chunk that
names the role), `hang_amid`; `slow` waits `seconds` before the headers, and all is well then.

Behind `after` pieces of text, hence `amid`: the connection is closed (`close_amid`) or reset
(`reset_amid`), the answer ends properly but too early (`end_amid`), an error comes as an event
(`error_amid`, of `status`), or what comes is no event at all (`garbage_amid`), no JSON
(`json_amid`), has no choices (`no_choices_amid`), or is no UTF-8, in several writes (`utf8_amid`).

`split` sends every byte by itself, which is right, if odd; `no_done` leaves `[DONE]` out; `endless`
says the last piece again and again, whatever `max_tokens` says.
"""

GENERATING = "*/completions"
"""Paths of the requests that generate, of both kinds."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A rule: requests that fit fail, `times` of them after the first `skip`."""

    kind: Kind
    path: str = GENERATING
    """Shell pattern; `*` also stands for slashes."""
    times: int | None = 1
    """None: until the rig is healed."""
    skip: int = 0
    """So many requests that fit pass first."""
    after: int = 1
    """Pieces of text that are sent before, where it happens amid the answer."""
    status: int = 500
    message: str = "Internal server error"
    body: object = None
    """Instead of vLLM's error body; bytes, or anything that goes into JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Faults:
    """The rules in force; the first one that fits and is not used up applies. For all threads."""

    def __init__(self) -> None:
        self._rules: list[list[int]] = []
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Add a rule."""
        with self._lock:
            self._faults.append(fault)
            self._rules.append([0, 0])

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._faults.clear()
            self._rules.clear()

    def next(self, path: str) -> Fault | None:
        """Return what happens to this request, and count it."""
        with self._lock:
            for fault, counted in zip(self._faults, self._rules, strict=True):
                if not fnmatchcase(path, fault.path):
                    continue
                if counted[0] < fault.skip:
                    counted[0] += 1
                elif fault.times is None or counted[1] < fault.times:
                    counted[1] += 1
                    return fault
        return None
