"""What goes wrong at the Drive rig on purpose: quotas, outages, odd answers, broken connections."""

from __future__ import annotations

import json

import httplib2
import pytest
from drive_asking import Asking, refused
from drive_fixtures import Account, account, asking, google
from googleapiclient.errors import HttpError
from rigs.drive import DriveRig, Fault
from rigs.drive.errors import REASONS

__all__ = ["account", "asking", "google"]


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"authError", "accessNotConfigured"}))
def test_a_refusal_has_its_reason_and_its_status(
    google: DriveRig, asking: Asking, reason: str
) -> None:
    google.fail(reason)
    assert refused(lambda: asking.drive.files().list().execute()) == (REASONS[reason][0], reason)
    assert asking.names() == []


def test_too_many_requests_may_say_how_long_to_wait(google: DriveRig, asking: Asking) -> None:
    google.fail(429, "/drive/v3/*", retry_after=7)
    with pytest.raises(HttpError) as raised:
        asking.names()
    assert raised.value.resp.status == 429
    assert raised.value.resp["retry-after"] == "7"
    assert json.loads(raised.value.content)["error"]["errors"][0]["reason"] == "rateLimitExceeded"


def test_the_editors_speak_of_a_status(google: DriveRig, asking: Asking) -> None:
    made = google.site.add_sheet("経費")
    google.fail(429, "/v4/*")
    asked = asking.sheets.spreadsheets().get(spreadsheetId=made)
    assert refused(asked.execute) == (429, "RESOURCE_EXHAUSTED")


def test_a_gateway_answers_in_html(google: DriveRig, asking: Asking) -> None:
    google.fail(502)
    with pytest.raises(HttpError) as raised:
        asking.names()
    assert raised.value.content.startswith(b"<!DOCTYPE html>")


def test_the_library_gets_over_what_passes(google: DriveRig, asking: Asking) -> None:
    """With its own retries, whose waits are drawn: here they take no time."""
    google.fail("userRateLimitExceeded", times=2)
    google.fail(503)
    asked = asking.drive.files().list()
    asked._sleep = lambda _: None
    assert asked.execute(num_retries=5)["files"] == []
    assert [one.status for one in google.journal if one.route == "files.list"] == [
        403,
        403,
        503,
        200,
    ]


def test_a_fault_strikes_where_it_should_and_so_often(google: DriveRig, asking: Asking) -> None:
    made = google.site.add_doc("休暇", "本文")
    google.fail("backendError", "/drive/v3/files/*/export", times=2, skip=1)
    assert asking.export(made)
    assert refused(lambda: asking.export(made)) == (500, "backendError")
    assert refused(lambda: asking.export(made)) == (500, "backendError")
    assert asking.export(made)
    google.fail("backendError", times=None)
    google.recover()
    assert asking.names() == ["休暇"]


def test_tokens_can_be_refused_too(google: DriveRig, asking: Asking) -> None:
    from google.auth.exceptions import RefreshError  # noqa: PLC0415 - `google` is the fixture

    google.fail(400, "/token")
    with pytest.raises(RefreshError):
        asking.names()
    assert asking.names() == []


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("cut", ["before", "after", "body"])
def test_a_connection_can_break(google: DriveRig, asking: Asking, cut: str, reset: bool) -> None:
    google.site.add_doc("休暇", "本文")
    asking.names()
    google.fault(Fault(path="/drive/v3/files", cut=cut, reset=reset, times=None))  # type: ignore[arg-type]
    with pytest.raises((OSError, httplib2.HttpLib2Error, EOFError, ValueError, Exception)):
        asking.names()
    assert google.journal[-1].status == (200 if cut == "body" else None)
    google.recover()
    assert asking.names() == ["休暇"]


def test_a_list_can_be_incomplete(google: DriveRig, asking: Asking) -> None:
    google.odd("incomplete")
    asked = asking.drive.files().list(fields="incompleteSearch,files(id)")
    assert asked.execute() == {"incompleteSearch": True, "files": []}
    assert asked.execute() == {"incompleteSearch": False, "files": []}


def test_a_page_can_be_short_or_empty_and_go_on(google: DriveRig, asking: Asking) -> None:
    names = [f"{n}" for n in range(6)]
    for name in names:
        google.site.add_doc(name, "本文")
    google.odd("short")
    google.odd("empty", skip=1)
    assert asking.names(pageSize=6) == names
    assert google.routes["files.list"] > 2


def test_a_token_can_lead_to_itself(google: DriveRig, asking: Asking) -> None:
    for n in range(6):
        google.site.add_doc(f"{n}", "本文")
    google.odd("repeat", times=None)
    first = asking.drive.files().list(pageSize=2).execute()
    again = asking.drive.files().list(pageSize=2, pageToken=first["nextPageToken"]).execute()
    assert again == first


def test_an_answer_can_be_cut_or_another_page(google: DriveRig, asking: Asking) -> None:
    google.odd("garbled", "/drive/v3/files")
    cut = asking.drive.files().list().execute()  # the library hands over what it can not read
    assert cut.startswith('{"kind":')
    google.odd("login", "/drive/v3/files")
    assert "ログイン" in asking.drive.files().list().execute()
    assert asking.names() == []
    violations, google.core.violations[:] = google.violations, []
    assert violations == []


def test_more_requests_than_allowed_are_refused(google: DriveRig, asking: Asking) -> None:
    google.configure(per_second=0.001, burst_s=2000.0)
    asking.names()
    asking.names()
    assert refused(asking.names) == (429, "rateLimitExceeded")


def test_the_journal_knows_who_asked_for_what(
    google: DriveRig, asking: Asking, account: Account
) -> None:
    google.forget()
    asking.names("trashed = true")
    account("delegated", google.site.owner).names()
    first, second = (one for one in google.journal if one.route == "files.list")
    assert (first.account, first.value("q"), first.status) == (google.email, "trashed = true", 200)
    assert second.account == google.site.owner
    assert google.requests == 4
    assert google.routes == {"token": 2, "files.list": 2}
