"""The command line over a site of Confluence: from three variables to an answer, in both editions.

The connector's own tests prove what is read, and how; here is what an administrator types and sees.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import Result
from rigs.confluence import ConfluenceRig, Fault
from typer.testing import CliRunner

from bot import app, doctor, settings
from bot.cli import app as command_line

Run = Callable[..., Result]

LEAVE = (
    "<p>総務部の規程です。</p><h2>有給休暇の申請</h2>"
    "<p>有給休暇は、取得日の<strong>3営業日前</strong>までに申請します。</p>"
)
CANTEEN = "<h1>食堂</h1><p>社員食堂は11時30分に開きます。</p>"
BONUS = "<h1>賞与</h1><p>冬の賞与は12月10日に支給します。</p>"
CONFIG = """\
[sources.wiki]
kind = "confluence"
spaces = ["SOUMU"]
every = "1h"
[ingest]
workers = 1
max_delete_share = 1.0
"""


in_one_edition = pytest.mark.parametrize("wiki", ["cloud"], indirect=True)
"""For what an edition has no part in."""


class Wiki:
    """A site with a space of three pages, and a second space."""

    def __init__(self, rig: ConfluenceRig) -> None:
        self.rig = rig
        site = rig.site
        self.sato = site.add_user("佐藤花子", "sato@example.co.jp")
        site.add_space("SOUMU", "総務部")
        site.add_space("DEV", "開発部")
        self.leave = site.add_page("SOUMU", "休暇規程", LEAVE)
        self.canteen = site.add_page("SOUMU", "食堂", CANTEEN)
        self.bonus = site.add_page("SOUMU", "賞与", BONUS)
        site.restrict(self.bonus, users=[self.sato])
        self.build = site.add_page("DEV", "ビルド手順", "<p>ビルドは夜間に動きます。</p>")

    @property
    def environ(self) -> dict[str, str]:
        """The variables by which the site is read."""
        email = {"CONFLUENCE_EMAIL": self.rig.email} if self.rig.site.edition == "cloud" else {}
        return {"CONFLUENCE_URL": self.rig.url, "CONFLUENCE_TOKEN": self.rig.token, **email}


@pytest.fixture(params=["cloud", "data-center"])
def wiki(request: pytest.FixtureRequest) -> Iterator[Wiki]:
    with ConfluenceRig(edition=request.param) as rig:
        yield Wiki(rig)
        assert rig.violations == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wiki: Wiki) -> Path:
    """A working directory whose kurage.toml names one of the site's spaces."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KURAGE_HOME", str(tmp_path / "home"))
    for name, value in wiki.environ.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    return tmp_path


@pytest.fixture
def run() -> Run:
    def run(*arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(command_line, arguments)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done

    return run


def told(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def test_from_three_variables_to_an_answer_that_links_to_a_heading(
    here: Path, wiki: Wiki, run: Run
) -> None:
    """Without any kurage.toml: every space that the account sees."""
    (here / "kurage.toml").unlink()
    report = told(run, "ingest", "confluence")
    assert (report["source"], report["written"], report["failed"]) == ("confluence", 4, [])
    assert report["requests"] > 0
    answer = told(run, "ask", "有給休暇は何日前までに申請しますか？")
    assert "3営業日前" in answer["answer"]
    [source] = answer["sources"]
    page, _, anchor = source["url"].partition("#")
    assert wiki.leave in page
    assert page.startswith(wiki.rig.url)
    assert unquote(anchor) == wiki.rig.anchors(wiki.leave)["有給休暇の申請"]
    assert "confluence " + wiki.rig.url in run("sources").stdout


@in_one_edition
def test_one_space_is_enough_to_begin_with(here: Path, wiki: Wiki, run: Run) -> None:
    """It has a name of its own: the whole site under it would be another source."""
    report = told(run, "ingest", "confluence", "DEV")
    assert (report["source"], report["written"]) == ("confluence-DEV", 1)
    with pytest.raises(settings.SettingsError, match=r"'confluence-DEV' is the name of .* DEV"):
        run("ingest", "confluence", "--name", "confluence-DEV")
    assert told(run, "ingest", "confluence", "DEV")["unchanged"] == 1
    found = told(run, "explain", wiki.rig.web(wiki.build))
    assert (found["source"], found["state"]) == ("confluence-DEV", "indexed")


@in_one_edition
def test_who_may_not_read_a_page_gets_no_answer_from_it(here: Path, wiki: Wiki, run: Run) -> None:
    run("ingest", "wiki")
    question = "冬の賞与はいつ支給されますか？"
    assert "12月10日" in run("ask", question).stdout
    assert "12月10日" not in run("ask", "--as", "suzuki@example.co.jp", question).stdout


def test_a_dry_run_names_pages_and_one_page_is_synced_alone(
    here: Path, wiki: Wiki, run: Run
) -> None:
    """The address is the one that a browser shows."""
    run("ingest", "wiki")
    site = wiki.rig.site
    site.edit(wiki.leave, LEAVE.replace("3営業日前", "5営業日前"))
    site.rename(wiki.canteen, "社員食堂")
    new = site.add_page("SOUMU", "駐車場", "<p>駐車場は地下です。</p>")
    wiki.rig.settle()
    wiki.rig.forget()
    rehearsed = told(run, "ingest", "wiki", "--dry-run")
    changes = {change["id"]: (change["name"], change["new"]) for change in rehearsed["changes"]}
    assert {wiki.leave, wiki.canteen, new} == set(changes)
    assert changes[new][1] is True
    assert "社員食堂" in changes[wiki.canteen][0]
    assert not wiki.rig.bodies_served
    assert "+ new: " in run("ingest", "wiki", "--dry-run").stdout
    report = told(run, "ingest", "wiki", "--only", wiki.rig.web(wiki.leave))
    assert (report["written"], report["deleted"]) == (1, 0)
    assert "5営業日前" in run("ask", "有給休暇は何日前までに申請しますか？").stdout


@in_one_edition
def test_a_page_that_was_deleted_by_mistake_comes_back(here: Path, wiki: Wiki, run: Run) -> None:
    """By its id or its address; the next syncs leave it until somebody says otherwise."""
    run("ingest", "wiki")
    wiki.rig.site.delete(wiki.canteen)
    assert told(run, "ingest", "wiki", "--full")["deleted"] == 1
    [stone] = told(run, "sources", "wiki", "--deleted")
    assert (stone["id"], stone["title"]) == (wiki.canteen, "食堂")
    explained = told(run, "explain", stone["url"])
    assert (explained["state"], explained["restorable"]) == ("deleted", True)
    assert told(run, "sources", "wiki", "--restore", stone["url"])["documents"] == [wiki.canteen]
    assert told(run, "ingest", "wiki", "--full")["deleted"] == 0
    assert "11時30分" in run("ask", "社員食堂は何時に開きますか？").stdout
    assert told(run, "explain", stone["url"])["state"] == "restored"


def test_a_page_is_explained_by_the_address_in_the_browser(
    here: Path, wiki: Wiki, run: Run
) -> None:
    """Listed, fetched, in chunks; for whom; and by which questions it was found."""
    run("ingest", "wiki")
    run("ask", "有給休暇は何日前までに申請しますか？")
    found = told(run, "explain", wiki.rig.web(wiki.leave))
    assert (found["document"], found["source"], found["state"]) == (wiki.leave, "wiki", "indexed")
    assert (found["listed"], found["title"]) == (True, "休暇規程")
    assert found["version"] == found["current_version"]
    assert found["chunks"] >= 1
    assert [row["question"] for row in found["found_by"]] == [
        "有給休暇は何日前までに申請しますか？"
    ]
    closed = told(run, "explain", wiki.rig.web(wiki.bonus), "--as", "suzuki@example.co.jp")
    assert ["user:sato@example.co.jp"] in closed["readers"]
    assert closed["readable_by"]["may"] is False
    assert "sato@example.co.jp" in run("explain", wiki.rig.web(wiki.bonus)).stdout


def test_what_has_happened_to_a_page_since_is_explained(here: Path, wiki: Wiki, run: Run) -> None:
    """Changed, restricted, gone, new, and left out by the settings."""
    run("ingest", "wiki")
    site = wiki.rig.site
    leave, canteen, bonus = map(wiki.rig.web, (wiki.leave, wiki.canteen, wiki.bonus))
    site.edit(wiki.leave, LEAVE + "<p>以上。</p>")
    site.restrict(wiki.canteen, users=[wiki.sato])
    site.delete(wiki.bonus)
    new = site.add_page("SOUMU", "駐車場", "<p>駐車場は地下です。</p>")
    wiki.rig.settle()
    states = {
        leave: "changed_since",
        canteen: "readers_changed",
        bonus: "indexed_but_gone",
        wiki.rig.web(new): "not_synced_yet",
    }
    assert {address: told(run, "explain", address)["state"] for address in states} == states
    other = told(run, "explain", wiki.rig.web(wiki.build))
    assert (other["state"], other["source"]) == ("left_out", "wiki")
    assert "DEV" in other["left_out"]
    assert "DEV" in run("explain", wiki.rig.web(wiki.build)).stdout


def test_a_site_that_is_away_is_said_and_not_raised(here: Path, wiki: Wiki, run: Run) -> None:
    """What is known here is shown all the same."""
    run("ingest", "wiki")
    address = wiki.rig.web(wiki.leave)
    wiki.rig.expire_token()
    found = told(run, "explain", address)
    assert (found["state"], found["document"]) == ("indexed_unchecked", wiki.leave)
    assert found["source_error"]
    assert wiki.rig.token not in json.dumps(found)
    assert wiki.leave in run("explain", address).stdout


def test_a_token_that_expired_is_one_clear_line(here: Path, wiki: Wiki, run: Run) -> None:
    """Nothing is deleted, and the line says what to do."""
    run("ingest", "wiki")
    wiki.rig.expire_token()
    done = run("ingest", "wiki", code=1)
    assert "CONFLUENCE_TOKEN" in done.output
    assert wiki.rig.token not in done.output
    row = told(run, "sources", "wiki")
    assert (row["outcome"], row["documents"]) == ("failed", 3)
    assert "CONFLUENCE_TOKEN" in row["error"]


# kurage doctor


def examined(here: Path) -> list[tuple[str, str]]:
    """Return level and message of what is found about the sources."""
    with app.open_app(settings.load(None, here)) as kurage:
        return [(one.level, one.message) for one in doctor.CHECKS["source"](kurage)]


def test_doctor_finds_a_healthy_site_well(here: Path, wiki: Wiki) -> None:
    found = examined(here)
    assert "problem" not in {level for level, _ in found}
    assert any("1 spaces are in scope: SOUMU" in message for _, message in found)
    assert all(message.startswith("wiki: ") for _, message in found)


@in_one_edition
def test_a_second_site_names_its_own_variable(
    here: Path, wiki: Wiki, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new token in the wrong place would look like one that is refused as well."""
    for name, value in wiki.environ.items():
        monkeypatch.setenv(name.replace("CONFLUENCE_", "CONFLUENCE_OLD_"), value)
        monkeypatch.delenv(name)
    (here / "kurage.toml").write_text('[sources.wiki]\nkind = "confluence"\naccount = "OLD"\n')
    wiki.rig.expire_token()
    assert "CONFLUENCE_OLD_TOKEN" in run("ingest", "wiki", code=1).output
    [(level, message)] = [one for one in examined(here) if "401" in one[1]][:1]
    assert level == "problem"
    assert "CONFLUENCE_OLD_TOKEN" in message


def test_doctor_says_that_a_token_is_refused(
    here: Path, wiki: Wiki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFLUENCE_TOKEN", "hunter2hunter2")
    [(level, message)] = examined(here)
    assert level == "problem"
    assert "CONFLUENCE_TOKEN" in message
    assert "hunter2" not in message


def test_doctor_names_the_variable_that_is_missing(
    here: Path, wiki: Wiki, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And goes on with the other sources."""
    monkeypatch.delenv("CONFLUENCE_TOKEN")
    (here / "docs").mkdir()
    (here / "docs" / "a.md").write_text("# a\n", "utf-8")
    with (here / "kurage.toml").open("a") as file:
        file.write('[sources.docs]\nkind = "folder"\npath = "docs"\n')
    found = examined(here)
    assert (
        "problem",
        "wiki: CONFLUENCE_TOKEN is not set; docs/confluence.md says how to make a token",
    ) in found
    assert any(level == "ok" and message.startswith("docs: ") for level, message in found)


def test_doctor_says_which_space_has_vanished(here: Path, wiki: Wiki) -> None:
    wiki.rig.site.remove_space("SOUMU")
    problems = [message for level, message in examined(here) if level == "problem"]
    assert any("SOUMU" in message for message in problems)


def test_doctor_says_what_an_account_without_the_right_leaves_unreadable(
    here: Path, wiki: Wiki
) -> None:
    """Nobody may read a space whose readers are not told, unless the settings name them."""
    wiki.rig.settings.admin = False
    wiki.rig.fault(Fault(status=403, path="*/permissions", times=None))
    problems = [message for level, message in examined(here) if level == "problem"]
    assert any("Who may view SOUMU can not be read" in message for message in problems)
    config = (here / "kurage.toml").read_text("utf-8")
    named = config.replace('every = "1h"', 'readers = ["domain:example.co.jp"]')
    (here / "kurage.toml").write_text(named, "utf-8")
    warnings = [message for level, message in examined(here) if level == "warning"]
    assert any("the source's `readers` count there" in message for message in warnings)


def test_what_every_licensed_user_may_read_can_be_for_anyone(
    here: Path, wiki: Wiki, run: Run
) -> None:
    """Where all whom the bot serves use Confluence; else only those whom the site knows."""
    question = ("ask", "--as", "suzuki@example.co.jp", "社員食堂は何時に開きますか？")
    run("ingest", "wiki")
    assert "11時30分" not in run(*question).stdout
    config = (here / "kurage.toml").read_text("utf-8")
    opened = config.replace('every = "1h"', "everyone_licensed = true")
    (here / "kurage.toml").write_text(opened, "utf-8")
    run("ingest", "wiki", "--full")
    assert "11時30分" in run(*question).stdout
