"""What `kurage doctor` tells of a site: credentials, what is seen, who may read, the clock.

Reads only; each question is asked apart, so that one refusal does not hide the next.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from connectors.base import ConnectorError, Remark
from connectors.confluence.session import Session
from connectors.confluence.trouble import UNAUTHORIZED, one_line, status
from connectors.confluence.values import Space, User

SCOPES = (
    "read:content-details:confluence",
    "read:page:confluence",
    "read:comment:confluence",
    "read:space:confluence",
    "read:space.permission:confluence",
    "read:group:confluence",
    "read:user:confluence",
    "read:attachment:confluence",
)
"""Granular scopes of a scoped token (Cloud), as the descriptions of the API name them for what is
asked: contents and their restrictions, spaces and their permissions, groups, people, files."""

_SKEW = 300
"""Seconds by which clocks may differ before tokens and dates are worth a look."""
_SPACES = 10
"""Spaces whose permissions are tried, beside those that are named in the scope."""

T = TypeVar("T")


def examine(session: Session, token_variable: str) -> Iterator[Remark]:
    """Yield the remarks. Never raises for what is wrong at the site.

    `token_variable` is where people set the token.
    """
    site = session.site
    told = yield from _try(
        lambda: (site.myself(), site.host),
        lambda told: f"{_product(session)} at {told[1]} is read as {told[0].name or told[0].id}.",
        "Who reads the site can not be asked",
        token_variable,
    )
    if told is None:
        return
    yield from _spaces(session)
    yield from _people(session, told[0])
    yield from _clock(session)


def _spaces(session: Session) -> Iterator[Remark]:
    seen = yield from _try(
        lambda: session.selection.seen,
        lambda seen: f"{len(seen)} spaces are seen.",
        "Spaces can not be listed",
    )
    if seen is None:
        return
    try:
        problems, spaces = session.selection.problems, list(session.selection.spaces.values())
        _ = session.selection.narrowing
    except ConnectorError as error:
        yield Remark("problem", one_line(error))
        return
    for problem in problems:
        yield Remark("problem", problem)
    if not spaces:
        yield Remark(
            "problem",
            "The scope selects no space. Let the account view some, or name them in `spaces`.",
        )
        return
    keys = ", ".join(space.key for space in spaces[:20]) + (", …" if len(spaces) > 20 else "")
    yield Remark("ok", f"{len(spaces)} spaces are in scope: {keys}.")
    yield from _permissions(session, spaces)


def _permissions(session: Session, spaces: list[Space]) -> Iterator[Remark]:
    asked = spaces if session.scope.spaces else spaces[:_SPACES]
    closed, reason = [], ""
    for space in asked:
        try:
            session.site.space_readers(space)
        except ConnectorError as error:
            closed.append(space.key)
            reason = one_line(error)
    if not closed:
        yield Remark("ok", f"Who may view a space can be read ({len(asked)} tried).")
        return
    hint = (
        "make the account an administrator of the space, or name `readers` for the source"
        if session.site.edition == "data-center"
        else "give the token the scope read:space:confluence, or name `readers` for the source"
    )
    told = "the source's `readers` count there" if session.fallback else "nobody may read it"
    yield Remark(
        "warning" if session.fallback else "problem",
        f"Who may view {', '.join(closed)} can not be read, so that {told}: {reason}. To change "
        f"it, {hint}.",
    )


def _people(session: Session, me: User) -> Iterator[Remark]:
    site = session.site
    groups = yield from _try(
        site.group_names,
        lambda groups: f"Groups can be read ({len(groups)}).",
        "Groups can not be read, so that nobody counts as a member (scope read:group:confluence)",
    )
    if groups is None:
        return
    licensed = yield from _try(
        lambda: session.access.licensed_groups(),  # noqa: PLW0108 - making it asks, too
        lambda found: (
            f"Who may use Confluence: the members of {', '.join(found)}." if found else ""
        ),
        "Who may use Confluence can not be read",
    )
    if licensed == []:
        yield Remark(
            "warning",
            "No group begins with confluence-users, so that nobody counts as having a licence. "
            "Name the groups in `licensed_groups`.",
        )
    yield from _mail(session, (licensed or groups)[:1], me)


def _mail(session: Session, groups: list[str], me: User) -> Iterator[Remark]:
    """Tell whether people can be recognised by their e-mail addresses."""
    people = {me.id: me}
    for group in groups:
        try:
            for user in session.site.members(group):
                people[user.id] = user
                if len(people) > 50:
                    break
        except ConnectorError as error:
            yield Remark("problem", f"The members of {group} can not be read: {one_line(error)}")
            return
    hidden = sum(user.email is None for user in people.values())
    if not hidden:
        yield Remark("ok", "E-mail addresses can be read.")
        return
    yield Remark(
        "warning",
        f"{hidden} of {len(people)} people hide their e-mail addresses from the account: what is "
        "restricted to them by name, or to their groups, is found by nobody else, nor by them. Let "
        "their profiles show the address, or read the site as an administrator.",
    )


def _clock(session: Session) -> Iterator[Remark]:
    there = yield from _try(
        session.site.clock, lambda _: "", "The site does not tell what time it is"
    )
    if there is None:
        return
    apart = abs((datetime.now(UTC) - there).total_seconds())
    if apart > _SKEW:
        yield Remark(
            "warning",
            f"The clocks are {apart / 60:.0f} minutes apart. Changes are found all the same; "
            "certificates and dates may mislead. Set the clock of this machine by NTP.",
        )
    else:
        yield Remark("ok", f"The clocks agree ({apart:.0f} s apart).")


def _try(
    ask: Callable[[], T], well: Callable[[T], str], ill: str, token_variable: str = ""
) -> Generator[Remark, None, T | None]:
    """Yield a remark on what was asked; the generator returns the answer, or None."""
    try:
        answer = ask()
    except ConnectorError as error:
        yield Remark("problem", f"{ill}: {one_line(error)}{_credentials(error, token_variable)}")
        return None
    if said := well(answer):
        yield Remark("ok", said)
    return answer


def _credentials(error: ConnectorError, token_variable: str) -> str:
    if status(error) == UNAUTHORIZED:
        where = f" and put it into {token_variable}" if token_variable else ""
        return f". Make a new token{where}."
    if status(error) == 403:
        return f". A scoped token needs {', '.join(SCOPES)}."
    return ""


def _product(session: Session) -> str:
    return "Confluence Cloud" if session.site.edition == "cloud" else "Confluence Data Center"
