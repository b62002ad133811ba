"""How Google is asked: tried again where that helps, told clearly where not, and never too much."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from api_accounts import BOT, CLIENT_ID, authorized_user, google, refusal, said, token, written
from http_server import Answer, Server

from connectors.base import ConnectorError
from connectors.drive.api import FileTooLargeError, Google, GoogleError
from connectors.drive.api.errors import DAILY, TOO_MANY
from connectors.drive.values import File
from connectors.http import TooLargeError

ME = said(user={"emailAddress": "Kurage@Example.co.jp"})
ABOUT, FILES, TOKEN = "/drive/v3/about", "/drive/v3/files", "/token"
DOC = File("doc1", "議事録", "application/vnd.google-apps.document")
PDF = File("pdf1", "規程.pdf", "application/pdf", resource_key="0-key")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.on(TOKEN, token())
        server.on(ABOUT, ME)
        yield server


@pytest.fixture
def account(server: Server, tmp_path: Path) -> Iterator[Google]:
    found = google(server, tmp_path)
    yield found
    found.close()


def asked(server: Server, path: str) -> list[Any]:
    """Return the requests for a path."""
    return [seen for seen in server.seen if urlsplit(seen.target).path == path]


def refused(account: Google) -> GoogleError:
    """Return what the simplest of requests is refused with, in one line."""
    with pytest.raises(GoogleError) as caught:
        account.me.about()
    told = str(caught.value)
    assert "\n" not in told
    assert "ya29" not in told
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_requests_are_counted_and_tokens_are_kept(server: Server, account: Google) -> None:
    """One token for many requests; both count, as both count for quotas."""
    assert account.requests == 0
    assert account.me.about() == "kurage@example.co.jp"
    account.me.about()
    assert account.requests == len(server.seen) == 3
    assert len(asked(server, TOKEN)) == 1


def test_who_asks_is_told_and_compression_is_taken(server: Server, account: Google) -> None:
    """Google compresses only for agents whose name holds `gzip`."""
    body = gzip.compress(ME.body)
    server.on(ABOUT, Answer(body, headers={"Content-Encoding": "gzip"}))
    assert account.me.about() == "kurage@example.co.jp"
    headers = asked(server, ABOUT)[0].headers
    assert headers["user-agent"].startswith("kurage-bot")
    assert "gzip" in headers["user-agent"]
    assert headers["authorization"] == "Bearer ya29.first"


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
        (Answer(status=403), None, "lacks a right"),
        (Answer(b"<html>", status=404), None, "shared with"),
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


def test_a_token_that_was_taken_back_is_replaced_once(server: Server, account: Google) -> None:
    """Then the credentials themselves are not accepted, and the run ends."""
    server.on(TOKEN, token("ya29.first"), token("ya29.second"), token("ya29.third"))
    server.on(ABOUT, refusal(401, "authError"), ME)
    assert account.me.about() == "kurage@example.co.jp"
    assert asked(server, ABOUT)[-1].headers["authorization"] == "Bearer ya29.second"
    server.on(ABOUT, refusal(401, "authError"))
    error = refused(account)
    assert error.ends_run
    assert error.status == 401
    assert len(asked(server, TOKEN)) == 3


def test_a_token_is_renewed_before_it_runs_out(server: Server, account: Google) -> None:
    """A long run outlives it."""
    server.on(TOKEN, token("ya29.short", lasts=1), token("ya29.long"))
    account.me.about()
    account.me.about()
    proofs = [seen.headers["authorization"] for seen in asked(server, ABOUT)]
    assert proofs == ["Bearer ya29.short", "Bearer ya29.long"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=503),
        Answer(b"{"),
        Answer(b"[]"),
        said(access_token=7),
        said(access_token="ya29.x\r\nX-Evil: 1"),
        said(access_token="鍵"),
        said(access_token="ya29.x", expires_in="soon"),
        said(access_token="ya29.x", expires_in=[1]),
        said(access_token="ya29.x", expires_in=10**30),
        Answer(reset=True),
    ],
)
def test_a_token_is_asked_for_again_where_that_helps(
    answer: Answer, server: Server, account: Google
) -> None:
    """By our waits: the library's own would sleep for seconds, with all threads behind it."""
    server.on(TOKEN, answer, answer, token())
    assert account.me.about() == "kurage@example.co.jp"
    assert len(asked(server, TOKEN)) == 3


def _no_token(error: str, description: str = "Whatever.", **headers: str) -> Answer:
    return said(400, headers, error=error, error_description=description)


def test_delegation_that_was_not_granted_says_what_to_enter_where(
    server: Server, account: Google
) -> None:
    """The client id and the scope, as the admin console asks for them."""
    server.on(TOKEN, _no_token("unauthorized_client"))
    with pytest.raises(GoogleError) as caught:
        account.acting_as("Sato@example.co.jp").about()
    told = str(caught.value)
    assert "sato@example.co.jp" in told
    assert CLIENT_ID in told
    assert "https://www.googleapis.com/auth/drive.readonly" in told
    assert "Domain-wide delegation" in told
    assert caught.value.ends_run
    assert len(asked(server, TOKEN)) == 1


def test_somebody_who_is_nobody_is_told(server: Server, account: Google) -> None:
    """A typing error in `users` or `admin`, or somebody who left."""
    server.on(TOKEN, _no_token("invalid_grant", "Invalid email or User ID"))
    with pytest.raises(GoogleError, match=r"sato@example\.co\.jp is no user"):
        account.acting_as("sato@example.co.jp").about()


@pytest.mark.parametrize(("minutes", "way"), [(-90, "90 minutes ahead"), (90, "90 minutes behind")])
def test_a_clock_that_is_wrong_is_told(
    minutes: int, way: str, server: Server, account: Google
) -> None:
    """Signatures hold the time of this machine; Google's answer holds the right one."""
    right = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    server.on(TOKEN, _no_token("invalid_grant", "Invalid JWT: check iat and exp.", Date=right))
    error = refused(account)
    assert f"clock is {way}" in str(error)
    assert error.ends_run
    date = account.date()
    assert date is not None
    assert abs((date - datetime.now(UTC)).total_seconds() - minutes * 60) < 60


def test_a_key_that_was_deleted_is_told(server: Server, account: Google) -> None:
    """With a clock that is right it is the key."""
    server.on(TOKEN, _no_token("invalid_grant", "Invalid JWT Signature."))
    assert "the key was deleted" in str(refused(account))


def test_a_login_that_ended_says_why_it_may_have(server: Server, tmp_path: Path) -> None:
    """An app in test mode loses its logins after 7 days, which nobody would guess."""
    path = written(tmp_path / "login.json", authorized_user(f"{server.url}{TOKEN}"))
    account = Google(path, api_url=server.url, backoff=0.001)
    server.on(TOKEN, _no_token("invalid_grant", "Token has been expired or revoked."))
    error = refused(account)
    assert "7 days" in str(error)
    assert "kurage drive login" in str(error)
    assert error.ends_run
    account.close()


def test_nothing_secret_of_a_login_is_in_a_message(server: Server, tmp_path: Path) -> None:
    """Also where the server repeats what it was sent."""
    info = authorized_user(f"{server.url}{TOKEN}")
    account = Google(written(tmp_path / "login.json", info), api_url=server.url)
    repeated = f"{info['refresh_token']} {info['client_secret']} ya29.first"
    server.on(ABOUT, refusal(400, "invalid", repeated))
    told = str(refused(account))
    assert info["refresh_token"] not in told
    assert info["client_secret"] not in told
    server.on(TOKEN, said(400, error=repeated, error_description=repeated))
    other = Google(tmp_path / "login.json", api_url=server.url)
    told = str(refused(other))
    assert info["refresh_token"] not in told
    account.close()
    other.close()


def test_a_wait_is_kept_while_other_threads_ask(server: Server, account: Google) -> None:
    """Never shorter than told, and all of them are answered at last."""
    account.me.about()
    # Drive says so with a 403, which is no matter of permissions.
    server.on(FILES, refusal(403, "userRateLimitExceeded", Retry_After="1"), said(files=[]))
    first = threading.Event()

    def listing() -> None:
        list(account.me.files("trashed = false"))

    threads = [threading.Thread(target=listing) for _ in range(4)]
    threads[0].start()
    while not asked(server, FILES):
        first.wait(0.001)
    for one in threads[1:]:
        one.start()
    for one in threads:
        one.join()
    times = sorted(seen.at for seen in asked(server, FILES))
    assert len(times) == 5
    assert times[-1] - times[0] >= 1


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


def test_a_long_search_travels_in_the_body(server: Server, account: Google) -> None:
    """The library turns addresses above 2,048 characters around; many parents make such."""
    server.on(FILES, said(files=[]))
    query = " or ".join(f"'{'x' * 33}{number:02}' in parents" for number in range(60))
    assert not list(account.me.files(query))
    seen = asked(server, FILES)[0]
    assert seen.headers["x-http-method-override"] == "GET"
    assert parse_qs(seen.body.decode())["q"] == [query]


def test_a_file_above_the_limit_is_not_read_whole(server: Server, account: Google) -> None:
    """Nor is one that grows when it is unpacked."""
    server.on(f"{FILES}/pdf1", Answer(b"x" * 1001))
    bomb = Answer(gzip.compress(bytes(5_000_000)), headers={"Content-Encoding": "gzip"})
    for answer in (Answer(b"x" * 1001), bomb):
        server.on(f"{FILES}/pdf1", answer)
        with pytest.raises(FileTooLargeError, match="larger than 1,000 bytes") as caught:
            account.me.download(PDF, max_bytes=1000)
        assert isinstance(caught.value, TooLargeError)
        assert not caught.value.ends_run
    server.on(f"{FILES}/pdf1", Answer(b"x" * 1000))
    assert account.me.download(PDF, max_bytes=1000) == b"x" * 1000
    assert asked(server, f"{FILES}/pdf1")[0].headers["x-goog-drive-resource-keys"] == "pdf1/0-key"


def test_bytes_that_were_cut_are_fetched_again(server: Server, account: Google) -> None:
    """Half a file is none."""
    server.on(f"{FILES}/pdf1", Answer(b"ha", length=4), Answer(b"half"))
    assert account.me.download(PDF, max_bytes=1000) == b"half"


TOO_LARGE = refusal(403, "exportSizeLimitExceeded")


def _exported_by(server: Server, link: str) -> None:
    server.on(f"{FILES}/doc1/export", TOO_LARGE)
    server.on(
        f"{FILES}/doc1", said(id="doc1", mimeType=DOC.media_type, exportLinks={"text/html": link})
    )


def test_what_is_too_large_to_export_is_read_by_its_link(server: Server, account: Google) -> None:
    """The link is asked for only then: in listings it would be half of the bytes."""
    _exported_by(server, f"{server.url}/feeds/download/x?id=doc1")
    server.on("/feeds/download/x", Answer(b"<html>"))
    assert account.me.export(DOC, "text/html", max_bytes=100) == b"<html>"
    assert asked(server, "/feeds/download/x")[0].headers["authorization"] == "Bearer ya29.first"
    with pytest.raises(GoogleError) as caught:
        account.me.export(DOC, "application/pdf", max_bytes=100)
    assert caught.value.reason == "exportSizeLimitExceeded"


def test_the_token_does_not_go_to_another_host(server: Server, account: Google) -> None:
    """Whoever names the link: to a stranger's host goes a request at most, and no proof."""
    with Server(host="127.0.0.2") as stranger:
        stranger.on("/x", Answer(b"fine"))
        _exported_by(server, f"{stranger.url}/x")
        assert account.me.export(DOC, "text/html", max_bytes=100) == b"fine"
        assert "authorization" not in stranger.seen[0].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_no_token_along(status: int, server: Server, account: Google) -> None:
    """Bytes lie with hosts that need none: there the address is the ticket."""
    with Server(host="127.0.0.2") as stranger:
        stranger.on("/x", Answer(b"fine"))
        moved = Answer(status=status, headers={"Location": f"{stranger.url}/x"})
        server.on(f"{FILES}/pdf1", moved)
        assert account.me.download(PDF, max_bytes=100) == b"fine"
        assert "authorization" not in stranger.seen[0].headers
        assert "authorization" in server.seen[-1].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_signature_is_not_sent_elsewhere(status: int, server: Server, account: Google) -> None:
    """Whoever has it has a token."""
    with Server(host="127.0.0.2") as stranger:
        server.on(TOKEN, Answer(status=status, headers={"Location": f"{stranger.url}/x"}))
        refused(account)
        assert not stranger.seen


def test_a_page_for_people_is_no_answer(server: Server, account: Google) -> None:
    """What stands before the service answers 200 and asks for a login; a PDF that is HTML is it."""
    page = Answer(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"})
    server.on(ABOUT, page)
    server.on(f"{FILES}/pdf1", page)
    assert "a web page in place" in str(refused(account))
    with pytest.raises(GoogleError, match="a web page in place"):
        account.me.download(PDF, max_bytes=100)
    hypertext = File("pdf1", "index.html", "text/html")
    assert account.me.download(hypertext, max_bytes=100) == b"<html>"


def test_a_redirect_to_the_login_page_is_no_content(server: Server, account: Google) -> None:
    """Its text would be indexed in place of the document's."""
    to_login = {"Location": "https://accounts.google.com/ServiceLogin?continue=x"}
    server.on(f"{FILES}/pdf1", Answer(status=302, headers=to_login))
    with pytest.raises(GoogleError, match="asks for a login"):
        account.me.download(PDF, max_bytes=100)


def test_redirects_end(server: Server, account: Google) -> None:
    """A loop of them is an error."""
    server.on(f"{FILES}/pdf1", Answer(status=302, headers={"Location": f"{FILES}/pdf1"}))
    with pytest.raises(GoogleError, match="redirected more than 5 times"):
        account.me.download(PDF, max_bytes=100)


def test_the_proxy_of_the_environment_is_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every other program of the machine does; loopback is asked directly."""
    with Server() as proxy:
        proxy.on("http://drive.invalid/drive/v3/about", ME)
        proxy.on("http://drive.invalid/token", token())
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        info = authorized_user("http://drive.invalid/token")
        path = written(tmp_path / "login.json", info)
        account = Google(path, api_url="http://drive.invalid")
        assert account.me.about() == "kurage@example.co.jp"
        account.close()
        direct = google(server, tmp_path)
        assert direct.me.about() == "kurage@example.co.jp"
        direct.close()
        assert len(proxy.seen) == 2


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


def test_only_a_service_account_speaks_for_others(server: Server, tmp_path: Path) -> None:
    """A person's login is that person's."""
    path = written(tmp_path / "login.json", authorized_user(f"{server.url}{TOKEN}"))
    account = Google(path, api_url=server.url)
    with pytest.raises(ConnectorError, match="domain-wide delegation"):
        account.acting_as("sato@example.co.jp")
    account.close()


def test_accounts_are_told_apart_without_asking(server: Server, tmp_path: Path) -> None:
    """What is remembered of one is not taken for another's; a login's name shows no secret."""
    info = authorized_user(f"{server.url}{TOKEN}")
    names = []
    for refresh_token in ("1//0gone-1", "1//0gone-2"):
        path = written(tmp_path / "login.json", info | {"refresh_token": refresh_token})
        account = Google(path, api_url=server.url)
        names.append(account.account)
        account.close()
    assert names[0] != names[1]
    assert "gone" not in "".join(names)
    assert google(server, tmp_path).account == BOT
    assert not server.seen


def test_making_an_account_asks_nothing(server: Server, account: Google) -> None:
    """Also of those that it speaks for."""
    assert account.email == BOT
    assert account.acting_as("sato@example.co.jp") is account.acting_as("SATO@example.co.jp")
    account.directory("admin@example.co.jp")
    assert not server.seen
    assert json.dumps(account.requests) == "0"
