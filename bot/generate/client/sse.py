"""Server-sent events out of bytes, however these are cut. Knows nothing of what the events say.

`openai` has a decoder of its own; this one has a limit, so that garbage without an end does not
fill the memory, and takes all events of a read at once, which under load is most of the work.
"""

from __future__ import annotations

_LONGEST = 1 << 20
"""Bytes of a line, and of an event; a piece of an answer has a few hundred."""


class TooLongError(ValueError):
    """An event does not end."""


class Decoder:
    """Finds the data of events; for one stream."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, received: bytes) -> list[bytes]:
        """Return the data of the events that are whole by now. Raises `TooLongError`."""
        lines = (self._rest + received).splitlines(keepends=True)
        # A CR at the end may be half of a line end.
        self._rest = b"" if not lines or lines[-1].endswith(b"\n") else lines.pop()
        events = []
        for whole in lines:
            line = whole.rstrip(b"\r\n")
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
                self._size += len(line)
            elif line == b"data":
                self._data.append(b"")
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data, self._size = [], 0
        if len(self._rest) > _LONGEST or self._size > _LONGEST:
            raise TooLongError
        return events
