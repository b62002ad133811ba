"""Who may read the files of a folder, as side files beside them tell.

A file `.kurage-readers.toml` speaks for the folder that it lies in and everything below:

    [readers]
    "給与/" = ["group:hr"]
    "役員会/*.docx" = ["group:board", "user:sato@example.co.jp"]

Every glob (gitignore's meaning, relative to the side file) that matches a document adds one layer,
and a reader must be in every layer: another line, or another side file further down, can only
narrow. A document that none matches has the readers of its source: anyone, or whom the source
names. Knows nothing of the documents.
"""

# looked for in every folder of every listing: pathlib is several times slower.
# ruff: noqa: PTH118, PTH123

from __future__ import annotations

import hashlib
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from typing import Any

from pathspec import GitIgnoreSpec

from connectors.base import READABLE_BY_ANYONE, ConnectorError, Readers
from connectors.folder.globs import compile_globs

SIDE_FILE = ".kurage-readers.toml"

_PRINCIPAL = re.compile(r"anyone|(?:user|group|domain):[^\s:][^\s]*")

_Rule = tuple[GitIgnoreSpec, frozenset[str]]


class SideFiles:
    """The side files of one folder tree, each read once: make a new one to see what changed."""

    def __init__(self, root: str, otherwise: Readers = READABLE_BY_ANYONE) -> None:
        """Read nothing yet; `otherwise` are the readers of what no rule matches."""
        self._root = root
        self._otherwise = otherwise
        self._rules: dict[str, list[_Rule] | str] = {}

    def readers(self, *paths: str) -> Readers:
        """Return who may read a document that all of `paths` lead to, relative to the root.

        Raises `ConnectorError` if a side file on the way can not be read: then nobody may.
        """
        layers = {one for path in set(paths) for one in self._layers(path)}
        return tuple(sorted(layers, key=sorted)) or self._otherwise

    def version(self, *paths: str) -> str:
        """Return what changes exactly when the readers change."""
        try:
            layers = self.readers(*paths)
        except ConnectorError as error:
            return f"unreadable: {error}"
        text = "\n".join(" ".join(sorted(one)) for one in layers)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _layers(self, path: str) -> Iterable[frozenset[str]]:
        parts = path.split("/")
        for depth in range(len(parts)):
            rules = self._rules_of("/".join(parts[:depth]))
            below = unicodedata.normalize("NFC", "/".join(parts[depth:]))
            yield from (one for spec, one in rules if spec.match_file(below))

    def _rules_of(self, folder: str) -> list[_Rule]:
        if folder not in self._rules:
            try:
                self._rules[folder] = _read(os.path.join(self._root, folder, SIDE_FILE))
            except ConnectorError as error:
                self._rules[folder] = str(error)
        rules = self._rules[folder]
        if isinstance(rules, str):
            place = f"{folder}/{SIDE_FILE}" if folder else SIDE_FILE
            raise ConnectorError(f"nobody may read it until {place} is repaired: {rules}")
        return rules


def _read(path: str) -> list[_Rule]:
    """Return the rules of a side file, none if there is no such file."""
    try:
        with open(path, "rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        if os.path.lexists(path):
            raise ConnectorError("it is a symbolic link to nothing") from None
        return []
    except OSError as error:
        raise ConnectorError(f"it can not be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConnectorError(f"it is no valid TOML ({error})") from error
    return _rules(content)


def _rules(content: dict[str, Any]) -> list[_Rule]:
    table = content.get("readers")
    if not isinstance(table, dict) or len(content) != 1:
        raise ConnectorError("it must hold one table [readers] and nothing else")
    return [_rule(glob, principals) for glob, principals in table.items()]


def _rule(glob: str, principals: object) -> _Rule:
    if not isinstance(principals, list) or not all(_is_principal(name) for name in principals):
        raise ConnectorError(
            f'"{glob}" must be a list of "anyone", "user:…", "group:…" or "domain:…"'
        )
    if glob.startswith(("!", "#")) or not glob.strip():
        raise ConnectorError(f'"{glob}" matches nothing; name the files that are restricted')
    try:
        spec = compile_globs([glob])
    except ValueError as error:
        raise ConnectorError(f'"{glob}" is no valid glob ({error})') from error
    return spec, layer(principals)


def layer(principals: Iterable[str]) -> frozenset[str]:
    """Return a layer of these principals, written as they are compared.

    Addresses are compared without case; names of groups as their source writes them.
    """
    return frozenset(name if name.startswith("group:") else name.lower() for name in principals)


def _is_principal(name: object) -> bool:
    return isinstance(name, str) and _PRINCIPAL.fullmatch(name) is not None
