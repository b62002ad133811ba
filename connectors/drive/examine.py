"""What `kurage doctor` tells of a Drive: credentials, delegation, what is seen, readers, the clock.

Reads only; each question is asked apart, so that one refusal does not hide the next.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from connectors.base import ConnectorError, Remark
from connectors.drive.api import DriveUser, Google, GoogleError
from connectors.drive.api.errors import NOT_ENABLED, SCOPES_LACK
from connectors.drive.cursors import Standing
from connectors.drive.listing import Listing
from connectors.drive.scope import EVERYBODY
from connectors.drive.session import Session
from connectors.drive.speakers import ME, drive_of
from connectors.drive.values import FOLDER, File, SharedDrive

DRIVE_SCOPE = "https://www.googleapis.com/auth/drive.readonly"
"""What an administrator grants for `users`, and what a login asks for."""
GROUP_SCOPE = "https://www.googleapis.com/auth/admin.directory.group.readonly"
USER_SCOPE = "https://www.googleapis.com/auth/admin.directory.user.readonly"

_SKEW = 300
"""Seconds by which clocks may differ: a signature of a service account holds for less than that."""
_TRIED = 20
"""Users, drives and files that are looked at as samples."""
_SAY_THEMSELVES = frozenset({"unauthorized_client", NOT_ENABLED, SCOPES_LACK})
"""Reasons whose lines say what to grant or enable already."""
_NOBODY_S = "1" + "0" * 43
"""An id of a length that Google's have, of no file: an API that is enabled says so."""

T = TypeVar("T")


def examine(session: Session, google: Google, admin: str | None) -> Iterator[Remark]:
    """Yield the remarks. Never raises for what is wrong at Google."""
    kind = "a service account" if google.is_service_account else "one person's login"
    told = yield from _try(
        google.me.about,
        lambda who: f"Google Drive is read as {who} ({kind}).",
        "Drive can not be asked",
    )
    if told is None:
        return
    users = yield from _users(session, google)
    if users:
        yield from _scope(session)
    yield from _places(google.me)
    yield from _directory(google, admin)
    yield from _clock(google)


def _users(session: Session, google: Google) -> Generator[Remark, None, bool]:
    """Tell whether the users can be spoken for; the generator returns whether to go on."""
    if not session.scope.users:
        return True
    grant = (
        "let an administrator grant domain-wide delegation in the admin console (Security > API "
        f"controls) to the client ID {google.client_id or 'of the service account'} with the scope "
        f"{DRIVE_SCOPE}"
    )
    if EVERYBODY in session.scope.users:
        grant += f" and {USER_SCOPE}"
    users = yield from _try(
        lambda: session.speakers.users, lambda _: "", "The users can not be found", grant
    )
    if users is None:
        return False
    refused = []
    for log, user in islice(users.items(), _TRIED):
        try:
            user.about()
        except ConnectorError as error:
            refused.append(log.removeprefix("user:"))
            reason = _reason(error, grant)
    if refused:
        yield Remark("problem", f"The account can not speak for {', '.join(refused)}: {reason}")
        return False
    yield Remark("ok", f"The account can speak for its users ({len(users)}).")
    return True


def _scope(session: Session) -> Iterator[Remark]:
    """Tell what is seen and what of it counts."""
    drives = yield from _try(
        lambda: session.speakers.drives,
        lambda seen: f"{len(seen)} shared drives are seen{_names(seen)}.",
        "Shared drives can not be listed",
    )
    if drives is None:
        return
    listing = Listing(session, Standing())
    try:
        roots = listing.roots()
        logs = listing.logs(roots)
    except ConnectorError as error:
        yield Remark("problem", _reason(error))
        return
    for problem in dict.fromkeys(listing.problems):
        yield Remark("problem", problem)
    if roots:
        yield Remark("ok", f"{len(roots)} folders of `folders` are seen.")
    yield from _excluded(session)
    samples: list[File] = []
    for log in logs:
        drive = drive_of(log)
        if drive is None and not (
            session.scope.counts_my_drive and (log != ME or not session.speakers.users)
        ):
            continue
        if drive is not None:
            yield from _members(session, listing, drive)
        found = yield from _try(
            lambda drive=drive, log=log: list(  # type: ignore[misc]
                islice(
                    session.speakers.speaker(log).files(
                        f"mimeType != '{FOLDER}' and trashed = false", drive=drive
                    ),
                    _TRIED,
                )
            ),
            lambda _: "",
            "Files can not be listed",
        )
        samples += found or []
        if len(samples) >= 10 * _TRIED:
            break
    if not samples and not roots and not listing.problems:
        yield Remark(
            "problem",
            "The account sees no file. Share a folder with it, make it a member of a shared drive,"
            " or name `users` and grant domain-wide delegation.",
        )
    yield from _readers(session, samples)


def _members(session: Session, listing: Listing, drive: str) -> Iterator[Remark]:
    name = session.speakers.drives[drive][0].name
    members = yield from _try(
        lambda: listing.members(drive), lambda _: "", f"Who is a member of {name} can not be read"
    )
    if members == "unreadable":
        yield Remark(
            "warning",
            f"Who is a member of the shared drive {name} can not be read: whoever joins or leaves "
            "it is noticed by a full listing only. Make the account a content manager of it.",
        )


def _readers(session: Session, samples: list[File]) -> Iterator[Remark]:
    # Where it may be asked, nothing was asked yet.
    closed = sum(not file.can_share and not session.access.knows(file) for file in samples)
    if not samples:
        return
    if not closed:
        yield Remark("ok", f"Who may read can be read ({len(samples)} files tried).")
        return
    told = "the source's `readers` count there" if session.rules.fallback else "nobody may read it"
    yield Remark(
        "warning" if session.rules.fallback else "problem",
        f"Of {len(samples)} files that were tried, {closed} do not let the account see who may read"
        f" them, because it is only a viewer, so that {told}. Make it an editor of the folders, or "
        "a content manager of the shared drives, or name `readers` for the source.",
    )


def _excluded(session: Session) -> Iterator[Remark]:
    for folder in sorted(session.scope.excluded):
        for user in session.speakers.everybody.values():
            try:
                user.file(folder)
            except GoogleError:
                continue
            break
        else:
            if folder not in session.speakers.drives:
                yield Remark(
                    "warning", f"The folder {folder} of `exclude_folders` is not seen; is it right?"
                )


def _places(me: DriveUser) -> Iterator[Remark]:
    """Tell whether links can lead into spreadsheets and presentations."""
    asked = {"sheets of a spreadsheet": me.sheets, "slides of a presentation": me.slides}
    closed = False
    for into, ask in asked.items():
        try:
            ask(_NOBODY_S)
        except GoogleError as error:
            if error.reason in _SAY_THEMSELVES or error.passing or error.status is None:
                closed = True
                yield Remark(
                    "warning",
                    f"Links do not lead to the {into}, but to the whole file: {_reason(error)}",
                )
    if not closed:
        yield Remark("ok", "Links lead to the sheets and slides that answers stand on.")


def _directory(google: Google, admin: str | None) -> Iterator[Remark]:
    if admin is None:
        yield Remark(
            "warning",
            "`admin` is not set, so that nobody knows who is in a group: what is shared with a "
            "group alone is found by nobody. Name an administrator in `admin`.",
        )
        return
    grant = f"grant the client ID {google.client_id or 'of the account'} the scope {GROUP_SCOPE}"
    yield from _try(
        lambda: next(iter(google.directory(admin).groups()), None),
        lambda _: f"The directory can be read as {admin}.",
        f"The directory can not be read as {admin}, so that nobody counts as a member of a group",
        grant,
    )


def _clock(google: Google) -> Iterator[Remark]:
    there = google.date()
    if there is None:
        return
    apart = abs((datetime.now(UTC) - there).total_seconds())
    if apart > _SKEW:
        yield Remark(
            "warning",
            f"The clocks are {apart / 60:.0f} minutes apart: Google may refuse what this machine "
            "signs. Set its clock by NTP.",
        )
    else:
        yield Remark("ok", f"The clocks agree ({apart:.0f} s apart).")


def _names(drives: Mapping[str, tuple[SharedDrive, str]]) -> str:
    if not drives:
        return ""
    names = ", ".join(drive.name for drive, _ in islice(drives.values(), _TRIED))
    return f" ({names}{', …' if len(drives) > _TRIED else ''})"


def _try(
    ask: Callable[[], T], well: Callable[[T], str], ill: str, change: str = ""
) -> Generator[Remark, None, T | None]:
    """Yield a remark on what was asked; the generator returns the answer, or None."""
    try:
        answer = ask()
    except ConnectorError as error:
        yield Remark("problem", f"{ill}: {_reason(error, change)}")
        return None
    if said := well(answer):
        yield Remark("ok", said)
    return answer


def _reason(error: ConnectorError, change: str = "") -> str:
    """Return an error as sentences in one line, with what to `change` where it does not say so."""
    told = " ".join(str(error).split())
    if not told.endswith((".", "?", "!")):
        told += "."
    if change and not (isinstance(error, GoogleError) and error.reason in _SAY_THEMSELVES):
        told += f" To change it, {change}."
    return told
