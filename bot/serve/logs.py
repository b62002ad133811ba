"""The log of the process: one line an event on standard error, without texts and without secrets.

`structlog` and the standard library's `logging` end in one pipeline, so that the libraries' lines
look like ours and pass the same filters. Knows nothing of what is logged, but for one rule: what
people wrote is dropped, whoever logs it, unless the settings ask for it.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import IO, Any

import structlog
from structlog.stdlib import ProcessorFormatter

from bot.serve.redact import Redactor
from bot.settings import Serve

OURS = ("bot", "ingest", "connectors")
_TEXTS = frozenset(
    {"answer", "body", "comment", "content", "email", "message", "payload", "text", "title"}
)
"""Keys that may hold what people wrote, or who they are: never logged."""
_QUESTION = "question"
"""The key that is logged where the settings ask for it."""
_LONGEST = 2_000
_LONGEST_TRACE = 8_000
_FRAMES = 12
# Errors of these say what went wrong in words of their own; others may quote what somebody wrote.
_PLAIN = (*OURS, "aiohttp", "discord", "slack_bolt", "slack_sdk", "ssl")
_HIDDEN = "(its words are not logged)"

Event = MutableMapping[str, Any]


def configure(
    serve: Serve, redact: Redactor | None = None, stream: IO[str] | None = None
) -> logging.Handler:
    """Send every log line of this process to `stream` (default: standard error); idempotent."""
    stream = stream or sys.stderr
    redact = redact or Redactor()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    handler = _Handler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                _Sealed(keep_question=serve.log_text),
                _text(colours=stream.isatty()) if is_text(serve, stream) else _json,
                lambda _, __, line: redact(str(line)),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _install(handler)
    return handler


def is_text(serve: Serve, stream: IO[str]) -> bool:
    """Tell whether lines are for people: on a terminal, or where the settings say so."""
    return serve.log_format == "text" or (serve.log_format == "auto" and stream.isatty())


def _install(handler: logging.Handler) -> None:
    root = logging.getLogger()
    for other in list(root.handlers):
        if isinstance(other, _Handler):
            root.removeHandler(other)
    root.addHandler(handler)
    # Libraries tell at INFO what passes through them, and at DEBUG what people write.
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)  # noqa: FBT003 - the library's only parameter


class _Handler(logging.StreamHandler[IO[str]]):
    """Says of a line that can not be made only whose it was: the arguments may be anything."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        try:
            event = {"event": "unloggable", "logger": record.name, "level": "error"}
            self.stream.write(json.dumps(event) + self.terminator)
        except (OSError, ValueError):
            pass  # there is no standard error any more


class _Sealed:
    """Drops what nobody may read in a log, and words exceptions."""

    def __init__(self, *, keep_question: bool) -> None:
        self._dropped = _TEXTS if keep_question else _TEXTS | {_QUESTION}

    def __call__(self, _: Any, __: str, event: Event) -> Event:
        error = _error(event.pop("exc_info", None))
        sealed = {
            key: _short(value)
            for key, value in event.items()
            if key not in self._dropped and not key.startswith("_")
        }
        if error:
            sealed["event"] = _without(error, str(sealed.get("event", "")))
            sealed["exception"] = "\n".join(_worded(error))[:_LONGEST_TRACE]
        return sealed


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_short(one) for one in list(value)[:50]]
    if isinstance(value, BaseException):
        return _line(value)
    return str(value)[:_LONGEST]


def _error(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exception() if exc_info else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what led to it."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            for one in current.exceptions:
                yield from _chain(one)
        suppressed = current.__suppress_context__
        current = current.__cause__ or (None if suppressed else current.__context__)


def _worded(error: BaseException) -> Iterator[str]:
    """Yield lines: where each exception of the chain came up, and what it says if it may."""
    for one in _chain(error):
        yield _line(one)
        for frame in traceback.extract_tb(one.__traceback__)[-_FRAMES:]:
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"


def _line(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else _name(kind)
    return f"{name}: {str(error)[:_LONGEST] if _may_speak(error) else _HIDDEN}"


def _name(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _may_speak(error: BaseException) -> bool:
    if isinstance(error, OSError) and type(error).__module__ == "builtins":
        return True
    return type(error).__module__.partition(".")[0] in _PLAIN


def _without(error: BaseException, event: str) -> str:
    """Return an event without the words of exceptions, which libraries like to repeat in it."""
    for one in _chain(error):
        if not _may_speak(one) and str(one):
            event = event.replace(str(one), _HIDDEN)
    return event[:_LONGEST]


def _ordered(event: Event) -> dict[str, Any]:
    """Return what says most first; the exception, which is long, last."""
    first = ("time", "level", "event", "logger")
    rest = {key: value for key, value in event.items() if key not in {*first, "exception"}}
    last = {"exception": event["exception"]} if "exception" in event else {}
    return {key: event[key] for key in first if key in event} | rest | last


def _json(_: Any, __: str, event: Event) -> str:
    return json.dumps(_ordered(event), ensure_ascii=False, default=str)


_MARKS = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}


def _text(*, colours: bool) -> Any:
    """Return a renderer of `time level event key=value …`, in colours by level."""

    def render(_: Any, __: str, event: Event) -> str:
        fields = _ordered(event)
        exception = str(fields.pop("exception", ""))
        head = [str(fields.pop(key, "")) for key in ("time", "level", "event")]
        pairs = [f"{key}={_quoted(value)}" for key, value in fields.items()]
        line = " ".join([head[0][:19], head[1].ljust(7), _printable(head[2]), *pairs])
        mark = _MARKS.get(head[1], "") if colours else ""
        more = "".join(f"\n    {_printable(text)}" for text in exception.splitlines())
        return f"{mark}{line}\x1b[0m{more}" if mark else line + more

    return render


def _quoted(value: Any) -> str:
    text = _printable(str(value))
    return json.dumps(text, ensure_ascii=False) if " " in text or '"' in text else text


def _printable(text: str) -> str:
    """Return a text that can neither begin a line of its own nor steer a terminal."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
