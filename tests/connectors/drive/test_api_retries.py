"""What may pass is asked again and waited for; what stays so is told by Google's own reason."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from api_accounts import (
    ABOUT,
    FILES,
    ME,
    TOKEN,
    asked,
    google,
    refusal,
    refused,
    said,
    token,
)
from http_server import Answer, Server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.drive.api import Google, GoogleError
from connectors.drive.api.errors import DAILY, TOO_MANY


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.on(TOKEN, token())
        server.on(ABOUT, ME)
        yield server


@pytest.fixture
def account(server: Server, tmp_path: Path) -> Iterator[Google]:
    with closing(google(server, tmp_path)) as found:
        yield found


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(status=502, body=b"<html>"),
        refusal(503, "backendError"),
        refusal(429, "rateLimitExceeded"),
        *(refusal(403, reason) for reason in sorted(TOO_MANY)),
        said(403, error={"status": "X", "details": [{"reason": "RATE_LIMIT_EXCEEDED"}]}),
        Answer(reset=True),
        Answer(ME.body, length=len(ME.body) + 10),
        Answer(ME.body[:-3]),
        Answer(b"\xff" + ME.body),
        Answer(b"[]"),
        Answer(b"null"),
        Answer(b"[" * 100_000),
        Answer(gzip.compress(ME.body)[:-9], headers={"Content-Encoding": "gzip"}),
    ],
)
def test_what_may_pass_is_asked_again(answer: Answer, server: Server, account: Google) -> None:
    """Too many requests, a fault of the service, an answer that was cut short."""
    server.on(ABOUT, answer, answer, ME)
    assert account.me.about() == "kurage@example.co.jp"
    assert len(asked(server, ABOUT)) == 3


@pytest.mark.parametrize("answer", [Answer(status=500), Answer(b"{"), Answer(reset=True)])
def test_what_does_not_pass_is_an_error_that_says_so(
    answer: Answer, server: Server, account: Google
) -> None:
    """After as many tries as were allowed."""
    server.on(ABOUT, answer)
    error = refused(account)
    assert error.passing
    assert "after 5 tries" in str(error)
    assert len(asked(server, ABOUT)) == 5


@pytest.mark.parametrize(
    ("answer", "reason", "says"),
    [
        (refusal(403, "insufficientFilePermissions"), "insufficientFilePermissions", "share it"),
        (refusal(403, "forbidden"), "forbidden", "forbidden"),
        (refusal(403, "cannotDownloadFile"), "cannotDownloadFile", "its owner"),
        (refusal(403, "domainPolicy"), "domainPolicy", "an administrator"),
        (refusal(404, "notFound", "File not found: 1xSecretId."), "notFound", "shared with"),
        (said(403, error={"code": 403}), None, "lacks a right"),
        (said(404, error={"status": "NOT_FOUND"}), "NOT_FOUND", "shared with"),
        (refusal(400, "invalid", "Invalid Value"), "invalid", "Invalid Value"),
        (Answer(status=501), None, "a problem of its own"),
    ],
)
def test_what_stays_so_is_asked_once(
    answer: Answer, reason: str | None, says: str, server: Server, account: Google
) -> None:
    """And told apart by Google's reason, without the words that hold ids."""
    server.on(ABOUT, answer)
    error = refused(account)
    assert says in str(error)
    assert "1xSecretId" not in str(error)
    assert (error.reason, error.status) == (reason, answer.status)
    assert not error.passing
    assert not error.ends_run
    assert len(asked(server, ABOUT)) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 410, 451])
@pytest.mark.parametrize("body", [b"", b"<html>Not found", b"{}", b"[1]", b'{"error"'])
def test_what_another_refuses_says_nothing_of_a_file(
    status: int, body: bytes, server: Server, account: Google
) -> None:
    """A proxy's "not found" must not delete; it has no status that anybody could take for that."""
    server.on(ABOUT, Answer(body, status=status))
    error = refused(account)
    assert "none of Google's" in str(error)
    assert error.status is None
    assert error.passing
    server.on(ABOUT, Answer(body, status=status), ME)
    assert account.me.about() == "kurage@example.co.jp"


@pytest.mark.parametrize("reason", sorted(DAILY))
def test_a_used_up_day_ends_the_run(reason: str, server: Server, account: Google) -> None:
    """Each further request would be refused until midnight in California."""
    server.on(ABOUT, refusal(403, reason))
    error = refused(account)
    assert error.ends_run
    assert "tomorrow" in str(error)
    assert len(asked(server, ABOUT)) == 1


NOT_ENABLED = {
    "code": 403,
    "message": "Google Drive API has not been used in project 1234 before or it is disabled.",
    "errors": [{"domain": "usageLimits", "reason": "accessNotConfigured"}],
    "status": "PERMISSION_DENIED",
}


NO_SCOPE = {
    "code": 403,
    "status": "PERMISSION_DENIED",
    "details": [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo"},
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        },
    ],
}


def test_an_api_that_is_not_enabled_is_named(server: Server, account: Google) -> None:
    """Each of the four has to be enabled by itself."""
    server.on(ABOUT, said(403, error=NOT_ENABLED))
    error = refused(account)
    assert "enable drive.googleapis.com" in str(error)
    assert error.ends_run
    disabled = {"status": "PERMISSION_DENIED", "details": [{"reason": "SERVICE_DISABLED"}]}
    server.on("/v4/spreadsheets/s1", said(403, error=disabled))
    with pytest.raises(GoogleError, match=r"enable sheets\.googleapis\.com") as caught:
        account.me.sheets("s1")
    assert caught.value.reason == "accessNotConfigured"
    assert not caught.value.ends_run


def test_a_scope_that_was_not_granted_is_told(server: Server, account: Google) -> None:
    """It is no matter of the file."""
    server.on(ABOUT, said(403, error=NO_SCOPE))
    error = refused(account)
    assert error.reason == "insufficientPermissions"
    assert "scope" in str(error)
    assert error.ends_run


def test_nobody_asks_before_a_wait_is_over(server: Server, tmp_path: Path) -> None:
    """Who is told to wait tells the others, whoever of them is next."""
    # Drive says so with a 403, which is no matter of permissions.
    wait = refusal(403, "userRateLimitExceeded", Retry_After="1")
    server.on(ABOUT, wait, ME)
    with closing(google(server, tmp_path, at_once=1)) as account:
        threads = [threading.Thread(target=account.me.about) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    first, *others = (seen.at for seen in asked(server, ABOUT))
    assert len(others) == 4
    assert min(others) - first >= 1


OWN = [Answer(status=500), Answer(reset=True), Answer(b"{"), Answer(ME.body, length=999)]
EVERYONE = [refusal(429, "rateLimitExceeded"), refusal(403, "userRateLimitExceeded")]
FINAL = [refusal(403, "domainPolicy"), refusal(404, "notFound")]


@given(troubles=st.lists(st.sampled_from([*OWN, *EVERYONE, *FINAL]), max_size=12))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_row_of_troubles_ends_in_the_answer_or_an_error(
    troubles: list[Answer], server: Server, account: Google
) -> None:
    """Five tries that failed by themselves are enough, or ten waits, or one clear refusal."""
    server.on(ABOUT, *troubles, ME)
    before = len(asked(server, ABOUT))
    own = everyone = tries = 0
    answered = True
    for trouble in troubles:
        tries += 1
        own, everyone = own + (trouble in OWN), everyone + (trouble in EVERYONE)
        if trouble in FINAL or own == 5 or everyone == 10:
            answered = False
            break
    if answered:
        assert account.me.about() == "kurage@example.co.jp"
    else:
        assert refused(account).passing == (troubles[tries - 1] not in FINAL)
    assert len(asked(server, ABOUT)) - before == tries + answered


def test_a_wait_that_is_too_long_ends_the_run(server: Server, tmp_path: Path) -> None:
    """The next run comes by itself."""
    account = google(server, tmp_path, longest_wait=10)
    server.on(ABOUT, refusal(429, "rateLimitExceeded", Retry_After="3600"))
    error = refused(account)
    assert "60 minutes" in str(error)
    assert error.ends_run
    assert len(asked(server, ABOUT)) == 1
    account.close()


def test_closing_ends_every_wait(server: Server, account: Google) -> None:
    """A server that is stopped does not sit out a quarter of an hour."""
    server.on(ABOUT, refusal(429, "rateLimitExceeded", Retry_After="600"))
    found: list[GoogleError] = []
    thread = threading.Thread(target=lambda: found.append(refused(account)))
    thread.start()
    waiting = threading.Event()
    while not asked(server, ABOUT):
        waiting.wait(0.001)
    account.close()
    thread.join(60)
    assert "closed" in str(found[0])


def test_no_more_requests_run_at_once_than_allowed(server: Server, tmp_path: Path) -> None:
    """However many threads ask."""
    account = google(server, tmp_path, at_once=2)
    server.on(ABOUT, Answer(ME.body, delay=0.01))
    threads = [threading.Thread(target=account.me.about) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert server.most_at_once <= 2
    assert len(asked(server, TOKEN)) == 1
    account.close()


def test_a_search_that_was_not_complete_is_an_error(server: Server, account: Google) -> None:
    """What it lacks would be taken for deleted."""
    server.on(FILES, said(files=[{"id": "a"}], incompleteSearch=True))
    with pytest.raises(GoogleError, match="not complete"):
        list(account.me.files("trashed = false"))


@pytest.mark.parametrize("page", [{"files": {}}, {"files": [1]}, {"files": [{"name": "x"}]}])
def test_a_garbled_page_is_an_error(page: Any, server: Server, account: Google) -> None:
    """To pass over an entry would be to take it for deleted."""
    server.on(FILES, said(**page))
    with pytest.raises(GoogleError, match="garbled"):
        list(account.me.files("trashed = false"))


def test_pages_that_lead_in_a_circle_are_an_error(server: Server, account: Google) -> None:
    """Else a listing would not end."""
    server.on(FILES, said(files=[], nextPageToken="2"))
    with pytest.raises(GoogleError, match="a page that was read"):
        list(account.me.files("trashed = false"))


def test_an_empty_page_is_not_the_last(server: Server, account: Google) -> None:
    """Google filters after it counted."""
    server.on(FILES, said(files=[], nextPageToken="2"), said(files=[{"id": "a"}]))
    assert [file.id for file in account.me.files("trashed = false")] == ["a"]


def test_a_change_log_without_its_end_is_an_error(server: Server, account: Google) -> None:
    """A cursor that is made up would skip changes."""
    server.on("/drive/v3/changes", said(changes=[]))
    with pytest.raises(GoogleError, match="without a new token"):
        list(account.me.changes("7"))
    server.on("/drive/v3/changes/startPageToken", said(startPageToken=8))
    with pytest.raises(GoogleError, match="lacks the change log's token"):
        account.me.start_page_token()
