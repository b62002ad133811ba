"""From `kurage.toml` to an answer in Slack that leads to a heading of a Confluence page.

Whole processes on loopback: `kurage serve` syncs by its own schedule and answers a mention; the
test only works on the wiki, asks, and clicks.
"""

from __future__ import annotations

import base64
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urldefrag

import pytest
from rigs.confluence import ConfluenceRig
from rigs.serving import Serving
from rigs.slack_rig import SlackRig

Edition = Literal["cloud", "data-center"]

QUESTION = "リモートワークの申請期限はいつですか？"
TRIP = "出張の日当はいくらですか？"
PAGE = """
<p>社内の働き方についての決まりをまとめます。</p>
<h2>勤務の記録</h2><p>出勤と退勤の時刻は、その日のうちに勤怠システムに記録します。</p>
<h2>リモートワークの申請</h2>
<p>リモートワークの申請期限は、実施する日の<strong>{days}</strong>営業日前です。</p>
"""
MOVE = "本社の移転先はどこですか？"
SECRET = "本社の移転先は横浜市の新しいビルです。"
"""Of a page that one person may read."""
_PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def slack_process() -> Iterator[SlackRig]:
    with SlackRig() as running:
        yield running


@pytest.fixture
def slack(slack_process: SlackRig) -> SlackRig:
    slack_process.reset(limits={"enabled": False})
    return slack_process


@pytest.fixture(params=["cloud", "data-center"])
def confluence(request: pytest.FixtureRequest) -> Iterator[ConfluenceRig]:
    """A wiki with a space that everyone may read, but for one page in it."""
    edition: Edition = request.param
    with ConfluenceRig(edition=edition, pages=0) as rig:
        suzuki = rig.site.add_user("鈴木 一郎", "suzuki@example.co.jp")
        rig.site.add_space("GA", "総務部", anonymous=True)
        kept = rig.site.add_page("GA", "移転の計画", f"<p>{SECRET}</p>")
        rig.site.restrict(kept, users=[suzuki])
        for title in ("来客の受付", "備品の購入", "名刺の発注"):
            rig.site.add_page("GA", title, f"<p>{title}は総務部に連絡してください。</p>")
        yield rig


class Colleagues:
    """People in a channel who ask, again and again, until the bot knows better."""

    def __init__(self, slack: SlackRig) -> None:
        self._slack = slack
        self._channel = slack.add_channel("kinmu", members=["sato", "suzuki"])
        slack.invite(self._channel, "sato")

    def ask(self, question: str) -> tuple[str, set[str]]:
        """Ask once; return the text of the answer and where its links lead."""
        ts = self._slack.mention(self._channel, "sato", question)
        self._slack.wait_for_reply(ts, _PATIENCE_S)
        seen = [one for one in self._slack.screen(self._channel, "sato", ts) if one["ts"] != ts]
        links = {link["url"] for one in seen for link in one["links"]}
        return "\n".join(one["text"] for one in seen), links

    def ask_until(self, question: str, satisfied: Callable[[str], bool]) -> tuple[str, set[str]]:
        """Ask until an answer satisfies; return that one."""
        deadline = time.monotonic() + _PATIENCE_S
        while not satisfied((answer := self.ask(question))[0]):
            assert time.monotonic() < deadline, answer
            time.sleep(0.5)
        return answer


def test_a_question_leads_to_the_heading_of_a_page_and_follows_its_fate(
    confluence: ConfluenceRig, slack: SlackRig, tmp_path: Path
) -> None:
    """The answer has the page's words and a link to the very heading; after an edit the new words;
    after a deletion nothing of it, while the rest of the wiki is answered from still.
    """
    page = confluence.site.add_page("GA", "働き方の手引き", PAGE.format(days=3))
    confluence.site.add_page("GA", "出張の手引き", "<p>出張の日当は1日2,500円です。</p>")
    home = tmp_path / "home"
    home.mkdir()
    with Serving(home, slack=slack, config=_config(), environ=_account(confluence)):
        colleagues = Colleagues(slack)
        _, links = colleagues.ask_until(QUESTION, lambda said: "3営業日前" in said)
        assert _landed(confluence, links) == "リモートワークの申請"

        confluence.site.edit(page, PAGE.format(days=7))
        said, links = colleagues.ask_until(QUESTION, lambda said: "7営業日前" in said)
        assert "3営業日前" not in said
        assert _landed(confluence, links) == "リモートワークの申請"

        confluence.site.delete(page)
        _, links = colleagues.ask_until(QUESTION, lambda said: "7営業日前" not in said)
        assert confluence.web(page) not in {urldefrag(link).url for link in links}
        assert "2,500円" in colleagues.ask(TRIP)[0]
        assert "横浜" not in colleagues.ask(MOVE)[0]
    assert slack.violations() == []
    assert confluence.violations == []


def _config() -> str:
    return (
        '[sources.wiki]\nkind = "confluence"\nspaces = ["GA"]\nevery = "1s"\nlist_every = "1s"\n'
        "[serve]\nport = 0\nper_minute = 1000000\n"
    )


def _account(rig: ConfluenceRig) -> dict[str, str]:
    """Return the environment that tells where the wiki is; only Cloud knows an e-mail address."""
    told = {"CONFLUENCE_URL": rig.url, "CONFLUENCE_TOKEN": rig.token}
    return told | ({"CONFLUENCE_EMAIL": rig.email} if rig.settings.edition == "cloud" else {})


def _landed(rig: ConfluenceRig, links: set[str]) -> str:
    """Click on the only link of an answer; return the text of the heading that comes in view."""
    (link,) = links
    address, fragment = urldefrag(link)
    basic = base64.b64encode(f"{rig.email}:{rig.token}".encode()).decode()
    as_whom = f"Basic {basic}" if rig.settings.edition == "cloud" else f"Bearer {rig.token}"
    asked = urllib.request.Request(address, headers={"Authorization": as_whom})
    with urllib.request.urlopen(asked, timeout=10) as opened:
        shown = opened.read().decode()
    (heading,) = re.findall(rf'<h\d id="{re.escape(unquote(fragment))}">([^<]*)</h\d>', shown)
    return str(heading)
