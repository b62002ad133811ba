"""What every command of `kurage` shares: language, console, and how errors end a command.

Knows nothing of what the commands do.
"""

from __future__ import annotations

import gc
import locale
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from rich.console import Console

    from bot.exchange import Language
    from bot.serve.redact import Redactor
    from bot.settings import Settings

_PIPED_WIDTH = 200
EXPECTED_EXIT = 1
UNEXPECTED_EXIT = 3


def configured_table() -> Mapping[str, Any]:
    """Return the top of `kurage.toml` as it stands, empty where it can not be read.

    For what has to be known before settings are: the language, and names to complete. Settings
    would cost as much as the rest of a start, and say what is wrong with the file.
    """
    path = os.environ.get("KURAGE_CONFIG") or "kurage.toml"
    try:
        with Path(path).open("rb") as file:
            import tomllib

            return tomllib.load(file)
    except (OSError, ValueError):
        return {}


def language(arguments: Sequence[str], environ: dict[str, str] | None = None) -> Language:
    """Return the language to speak: `--lang`, else that of `kurage.toml`, else the locale's.

    Help texts are made before the arguments are parsed, so `--lang` is looked up by hand.
    """
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            return "en" if arguments[position + 1] == "en" else "ja"
        if argument.startswith("--lang="):
            return "en" if argument == "--lang=en" else "ja"
    named = configured_table().get("language")
    if named in {"ja", "en"}:
        return "ja" if named == "ja" else "en"
    env = os.environ if environ is None else environ
    # The order of POSIX: LC_ALL wins over LC_MESSAGES over LANG.
    named = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "ja" if (named or locale.getlocale()[0] or "").startswith("ja") else "en"


LANGUAGE: Language = language(sys.argv[1:])


def settle() -> None:
    """Collect garbage from now on, and never look again at what was imported so far.

    For commands that run long enough to make garbage; the others start faster without.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


def hush(settings: Settings | None = None) -> None:
    """Keep the log lines of workers out of a command's output: the answer says what is wrong.

    Without it they would go to standard output, where programs read JSON.
    """
    if settings is None or settings.generator != "extractive":
        import logging

        import structlog

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def say(en: str, ja: str) -> str:
    """Return the text in the language of this process."""
    return ja if LANGUAGE == "ja" else en


def out() -> Console:
    """Return the console for results: colours and links only on a terminal."""
    return _console(stderr=False)


def err() -> Console:
    """Return the console for progress, notes and errors, so that results can be piped."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    # Piped, a line is as long as it is: programs and people who grep want it whole.
    width = None if terminal or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(stderr=stderr, highlight=False, soft_wrap=not terminal, width=width)


def problem(message: str) -> None:
    """Say in one line what went wrong; the command goes on."""
    sys.stderr.write(say("error: ", "エラー: ") + " ".join(message.split()) + "\n")


def fail(message: str) -> NoReturn:
    """End the command with one line and exit code 1."""
    problem(message)
    raise SystemExit(EXPECTED_EXIT)


def expected_errors() -> tuple[type[Exception], ...]:
    """Return the errors whose message tells the user what to change; imported when one came up."""
    from bot.backup import BackupError
    from bot.conversations import ConversationsError
    from bot.evaluate import EvaluationError
    from bot.generate import GeneratorError
    from bot.plot import PlotError
    from bot.settings import SettingsError
    from connectors.base import ConnectorError
    from ingest.encode import EncodeError
    from ingest.extract.blocks import ExtractError
    from ingest.index import SearchIndexError
    from ingest.state import StateError
    from ingest.sync import SyncError

    return (
        BackupError,
        ConnectorError,
        ConversationsError,
        EncodeError,
        EvaluationError,
        ExtractError,
        GeneratorError,
        PlotError,
        SearchIndexError,
        SettingsError,
        StateError,
        SyncError,
    )


def crash(error: BaseException) -> NoReturn:
    """End the command after a fault of ours: the traceback goes to a file, exit code 3.

    People send that file to whoever helps them: no secret is in it, nor in what is printed.
    """
    home, redact = _aftermath()
    text = redact("".join(traceback.format_exception(error)))
    name = f"crash-{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    try:
        path = home / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{redact(' '.join(sys.argv))}\n{text}", "utf-8")
        where = say(f"details in {path}", f"詳細: {path}")
    except OSError:
        where = text
    sys.stderr.write(
        say("unexpected error: ", "予期しないエラー: ")
        + f"{type(error).__name__}: {redact(str(error))}; {where}\n"
    )
    raise SystemExit(UNEXPECTED_EXIT)


def _aftermath() -> tuple[Path, Redactor]:
    """Return where the file goes, and what takes the secrets out of it."""
    from bot import settings
    from bot.serve.redact import Redactor

    try:
        loaded = settings.load()
    except settings.SettingsError:
        return Path(".kurage"), Redactor()
    return loaded.home, Redactor(loaded.secrets)
