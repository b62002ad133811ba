"""The two files that `kurage init` writes: made from answers, compared, and put in place.

What somebody wrote by hand stays: existing files are edited, not replaced by others. Knows nothing
of how answers came about.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.init.answers import Answers
from bot.exchange import Language

CONFIG = "kurage.toml"
ENVIRONMENT = ".env"

_PRIVATE = 0o600
_PASSWORD_IN_URL = re.compile(r"(://[^\s:/@]*:)[^\s@]*(?=@)")
_ASSIGNMENT = re.compile(r"^(?P<left>[-+ ]?(?:export )?(?P<name>\w+)\s*=).*$")
_SECRET_NAME = re.compile(r"TOKEN|KEY|SECRET|PASSWORD|CREDENTIAL")

_CONFIG_HEAD: Mapping[Language, str] = {
    "ja": """\
# Kurage Bot の設定。`kurage init` が作りました。手で書き足してかまいません。
# 使えるキーは kurage.example.toml にあります。つづりの誤りは起動時に知らせます。
# パスワードなどはここに書かず、.env に書いてください。

""",
    "en": """\
# Configuration of Kurage Bot, made by `kurage init`; add to it by hand as you like.
# kurage.example.toml shows every key; a misspelt one is refused.
# Passwords do not belong here: see .env.

""",
}
_ENVIRONMENT_HEAD: Mapping[Language, str] = {
    "ja": """\
# Kurage Bot の秘密の値と置き場所。git に入れず、人に渡さないでください。
# 使える変数は .env.example にあります。同じ名前の環境変数があれば、そちらが優先されます。

""",
    "en": """\
# Secrets and places of Kurage Bot. Keep it out of git and to yourself.
# .env.example explains every variable; the environment wins over this file.

""",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """One file as it is and as it shall be."""

    path: Path
    before: str | None
    """None: there is no such file."""
    after: str
    private: bool = False

    @property
    def changes(self) -> bool:
        """Tell whether there is anything to write."""
        return self.before != self.after

    def diff(self) -> list[str]:
        """Return a unified diff; values that are secret do not show."""
        shown = [
            _masked(text) if self.private else text for text in (self.before or "", self.after)
        ]
        before, after = (text.splitlines() for text in shown)
        name = self.path.name
        lines = difflib.unified_diff(before, after, name, f"{name} (init)", lineterm="")
        return list(lines)

    def shown(self) -> str:
        """Return what will be written, without secrets."""
        return _masked(self.after) if self.private else self.after


def drafts(answers: Answers, directory: Path) -> list[Draft]:
    """Return both files for a working directory.

    Raises `SettingsError` where the program could not run on them, and OSError.
    """
    config, environment = directory / CONFIG, directory / ENVIRONMENT
    old_config, old_environment = _read(config), _read(environment)
    made = [
        Draft(config, old_config, _config(answers, directory, old_config)),
        Draft(environment, old_environment, _environment(answers, old_environment), private=True),
    ]
    _try_out(made)
    return made


def write(made: Sequence[Draft]) -> list[Path]:
    """Put the files in place and return the copies that were kept of former ones.

    Everything is on the disk before the first file is replaced, so that an interruption leaves
    either all as it was or whole files. Raises OSError.
    """
    with _beside(made) as temporary:
        kept = [copy for draft in made if (copy := _keep(draft))]
        for draft, name in zip(made, temporary, strict=True):
            Path(name).replace(draft.path.resolve())
    return kept


def tracked_by_git(path: Path) -> bool:
    """Tell whether git would take a file in: it is in a work tree, and no rule ignores it."""
    command = ("git", "-C", str(path.parent), "check-ignore", "--quiet", path.name)
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our words
    except OSError:  # no git, no danger
        return False
    return done.returncode == 1


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _config(answers: Answers, directory: Path, before: str | None) -> str:
    """Return kurage.toml; tables and comments that are there stay as they are."""
    import tomlkit
    from tomlkit import TOMLDocument

    document: TOMLDocument = tomlkit.parse(before or _CONFIG_HEAD[answers.language])
    _set(document, "language", answers.language)
    if answers.folders:
        if "sources" not in document:
            document.append("sources", tomlkit.table(is_super_table=True))
        sources: Any = document["sources"]
        for folder in answers.folders:
            if folder.name not in sources:
                sources.append(folder.name, tomlkit.table())
            table = sources[folder.name]
            _set(table, "kind", "folder")
            _set(table, "path", _as_written(folder.path, directory))
            _set(table, "url_prefix", folder.url_prefix)
            _set(table, "every", answers.every)
    return tomlkit.dumps(document)


def _set(table: Any, key: str, value: str | None) -> None:
    if value is not None:
        table[key] = value
    elif key in table:
        del table[key]


def _as_written(path: Path, directory: Path) -> str:
    """Return a path relative to the file where it lies below, so that both can be moved."""
    with suppress(ValueError):
        return path.relative_to(directory).as_posix()
    return str(path)


def _environment(answers: Answers, before: str | None) -> str:
    """Return .env; lines that are there stay as they are."""
    from dotenv import dotenv_values, set_key, unset_key

    wanted = {
        "KURAGE_GENERATOR": answers.generator,
        "KURAGE_DATABASE_URL": answers.database_url,
        "QDRANT_URL": answers.qdrant_url,
        "QDRANT_API_KEY": answers.qdrant_api_key,
    }
    with tempfile.TemporaryDirectory() as folder:  # readable for its owner only
        path = Path(folder, ENVIRONMENT)
        path.write_text(_ENVIRONMENT_HEAD[answers.language] if before is None else before, "utf-8")
        held = dotenv_values(path, interpolate=False)
        for name, value in wanted.items():
            if value is None and name in held:
                unset_key(path, name)
            elif value is not None and value != held.get(name):
                set_key(path, name, value)
        return path.read_text("utf-8")


def _try_out(made: Sequence[Draft]) -> None:
    """Read the files as every command will. Raises `SettingsError`."""
    from bot import settings

    with tempfile.TemporaryDirectory() as folder:
        for draft in made:
            Path(folder, draft.path.name).write_text(draft.after, "utf-8")
        settings.load(environ={}, directory=Path(folder))


@contextmanager
def _beside(made: Sequence[Draft]) -> Iterator[list[str]]:
    """Yield the names of temporary files with the new texts; what is left of them is removed."""
    names: list[str] = []
    try:
        for draft in made:
            target = draft.path.resolve()
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            names.append(name)
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(draft.after)
                file.flush()
                os.fsync(file.fileno())
            if not draft.private:
                Path(name).chmod(_mode(target))
        yield names
    finally:
        for name in names:
            Path(name).unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """Return the permissions that a file has, or that a new one gets here."""
    with suppress(FileNotFoundError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _keep(draft: Draft) -> Path | None:
    """Copy a file that will be replaced beside it; an earlier copy is never overwritten."""
    if draft.before is None:
        return None
    target = draft.path.resolve()
    names = (f"{target.name}.bak{n or ''}" for n in (0, *range(2, 1000)))
    copy = next(path for name in names if not (path := target.with_name(name)).exists())
    handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(target.read_bytes())
    if not draft.private:
        shutil.copymode(target, copy)
    return copy


def _masked(text: str) -> str:
    return "\n".join(_masked_line(line) for line in text.splitlines())


def _masked_line(line: str) -> str:
    match = _ASSIGNMENT.match(line)
    if match and _SECRET_NAME.search(match["name"]):
        return f"{match['left']}***"
    return _PASSWORD_IN_URL.sub(r"\1***", line)
