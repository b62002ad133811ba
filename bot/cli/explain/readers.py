"""Who may read a document, in words: layers of principals, all of which somebody must be in."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cli.console import say

_LICENSED = "@licensed"
"""What connectors call the group of everybody who may use a service."""
_LAST_PORT = 65535
_SERVICES = {"confluence": "Confluence"}


def in_words(layers: Sequence[Sequence[str]]) -> str:
    """Return a line a layer; without any, nobody may."""
    if not layers:
        return say("nobody but the administrator", "管理者だけ")
    either = say(" or ", " または ")
    lines = [
        either.join(map(principal, layer)) or say("nobody", "だれも読めない") for layer in layers
    ]
    return say("\nand ", "\nかつ ").join(lines)


def principal(name: str) -> str:
    """Return a principal as an administrator would call it; an unknown one as it is."""
    kind, _, rest = name.partition(":")
    service, _, within = rest.partition(":")
    if name == "anyone":
        return say("everybody in the organisation", "組織の全員")
    if kind == "domain":
        return say(f"everybody with @{rest}", f"@{rest} の全員")
    if service not in _SERVICES:
        return _plain(name, kind, rest)
    # The host may have a port: the name is behind the last colon but those of its own.
    host, _, called = _host_and_name(within)
    where = f"{_SERVICES[service]} {host}"
    if called == _LICENSED:
        return say(f"everybody who may use {where}", f"{where} を使える全員")
    if kind == "group":
        return say(f"group {called} ({where})", f"グループ {called}（{where}）")
    return say(
        f"account {called} ({where}, address hidden)",
        f"アカウント {called}（{where}、アドレス非公開）",
    )


def _plain(name: str, kind: str, rest: str) -> str:
    """Return a principal of no site."""
    if rest.startswith("google:"):
        called = rest.removeprefix("google:")
        return say(f"Google group {called}", f"Googleグループ {called}")
    return rest if kind == "user" else name


def _host_and_name(within: str) -> tuple[str, str, str]:
    """Split `HOST:NAME`, where the host may end in a port and the name may hold colons."""
    host, colon, rest = within.partition(":")
    port, more, name = rest.partition(":")
    # Accounts of Cloud begin with a number, too: 712020:… and 557058:… are no ports.
    if more and port.isdecimal() and int(port) <= _LAST_PORT:
        return f"{host}:{port}", more, name
    return host, colon, rest
