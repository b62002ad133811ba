"""One question, answered in Slack and on Discord from Confluence, Google Drive and the web at once.

Whole processes on loopback: `kurage serve` mirrors the three by its own schedule and answers a
mention; the test only asks, presses a button, and follows each link to where the answer stands.
"""

from __future__ import annotations

import base64
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from rigs.confluence import ConfluenceRig
from rigs.discord_rig import DiscordRig
from rigs.drive import DriveRig
from rigs.drive.documents import heading_ids
from rigs.serving import Serving
from rigs.slack_rig import SlackRig
from rigs.website import WebsiteRig, html

QUESTION = "リモートワークをするにはどうすればいい？"
REQUEST = "リモートワークの申請は、実施する日の3営業日前までに勤怠システムで行います。"
ALLOWANCE = "リモートワークをした日には、通信費として1日200円の手当が出ます。"
COMPUTER = "リモートワークに使うパソコンは、情報システム部が貸し出します。"
_PATIENCE_S = 60.0


@dataclass
class Company:
    """What people can open: a wiki, a drive and a web site."""

    confluence: ConfluenceRig
    drive: DriveRig
    website: WebsiteRig

    def fill(self) -> None:
        """Write one document each, whose answer stands under its second heading."""
        self.confluence.site.add_space("GA", "総務部", anonymous=True)
        self.confluence.site.add_page(
            "GA",
            "働き方の手引き",
            "<h2>勤務の記録</h2><p>出勤と退勤の時刻は、その日のうちに記録します。</p>"
            f"<h2>リモートワークの申請</h2><p>{REQUEST}</p>",
        )
        allowances = self.drive.site.add_doc(
            "手当の一覧",
            "# 通勤\n通勤手当は、1か月に5万円までです。\n# リモートワーク\n" + ALLOWANCE,
        )
        self.drive.site.share(allowances, None, discoverable=True)
        self.website.site.add_page("/", html.page("情報システム部", links=["/pc.html"]))
        self.website.site.add_page(
            "/pc.html",
            html.page(
                "窓口の案内",
                "電話の相談は、内線1234で受け付けます。",
                f'</p><h2 id="lend">パソコンの貸し出し</h2><p>{COMPUTER}',
            ),
        )

    def config(self) -> str:
        """Return a `kurage.toml` that mirrors the three."""
        schedule = 'every = "1s"\nlist_every = "1s"\n'
        return (
            f'[sources.wiki]\nkind = "confluence"\n{schedule}'
            f'[sources.files]\nkind = "drive"\n{schedule}'
            f'[sources.portal]\nkind = "web"\nurls = ["{self.website.url}/"]\ndelay = 0\n'
            f'private_hosts = ["{urlsplit(self.website.url).hostname}"]\n{schedule}'
            "[serve]\nport = 0\nper_minute = 1000000\n"
        )

    def environ(self, home: Path) -> dict[str, str]:
        """Return what the environment says of the accounts."""
        return {
            "CONFLUENCE_URL": self.confluence.url,
            "CONFLUENCE_EMAIL": self.confluence.email,
            "CONFLUENCE_TOKEN": self.confluence.token,
            "GOOGLE_API_URL": self.drive.url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.drive.credentials("oauth", home)),
        }

    def landed(self, link: str) -> str:
        """Follow a link; return the heading that comes in view."""
        address, fragment = urldefrag(link)
        if address.startswith("https://docs.google.com/"):
            return self._heading_of_doc(urlsplit(address).path.split("/")[3], fragment)
        basic = base64.b64encode(f"{self.confluence.email}:{self.confluence.token}".encode())
        own = address.startswith(self.confluence.url)
        login = {"Authorization": f"Basic {basic.decode()}"} if own else {}
        asked = urllib.request.Request(address, headers=login)
        with urllib.request.urlopen(asked, timeout=10) as opened:
            shown = opened.read().decode()
        (heading,) = re.findall(rf'<h\d id="{re.escape(unquote(fragment))}">([^<]*)</h\d>', shown)
        return str(heading)

    def _heading_of_doc(self, document: str, fragment: str) -> str:
        """Return the heading at which Google's editor opens a document with this fragment."""
        content = self.drive.site.items[document].body.content
        aims = {f"heading={aim}": block.text for block, aim in heading_ids(content)}
        return aims[fragment]


@pytest.fixture(scope="module")
def slack_rig() -> Iterator[SlackRig]:
    with SlackRig() as rig:
        rig.reset(limits={"enabled": False})
        yield rig


@pytest.fixture(scope="module")
def discord_rig() -> Iterator[DiscordRig]:
    with DiscordRig() as rig:
        yield rig


@pytest.fixture
def company() -> Iterator[Company]:
    with ConfluenceRig(edition="cloud", pages=0) as wiki, DriveRig() as drive, WebsiteRig() as web:
        made = Company(wiki, drive, web)
        made.fill()
        yield made


def test_one_question_is_answered_from_all_three_and_each_link_lands(
    company: Company, slack_rig: SlackRig, discord_rig: DiscordRig, tmp_path: Path
) -> None:
    """On both platforms: the words of each source, and its link, which opens at their heading."""
    home = tmp_path / "home"
    home.mkdir()
    with Serving(
        home,
        slack=slack_rig,
        discord=discord_rig,
        config=company.config(),
        environ=company.environ(tmp_path),
    ) as bot:
        for ask in (lambda: _on_slack(slack_rig), lambda: _on_discord(discord_rig)):
            said, links = _until(lambda ask=ask: _whole(ask()), bot.tail)
            for sentence in (REQUEST, ALLOWANCE, COMPUTER):
                assert sentence in said
            assert sorted(map(company.landed, links)) == sorted(
                ["リモートワークの申請", "リモートワーク", "パソコンの貸し出し"]
            )
    assert slack_rig.violations() == []
    assert discord_rig.violations() == []
    assert company.confluence.violations == []
    assert company.drive.violations == []


def _whole(answer: tuple[str, set[str]]) -> tuple[str, set[str]] | None:
    """Return an answer from all three: what a sync brought is searched a moment after its end."""
    return answer if len(answer[1]) == 3 else None


def _on_slack(rig: SlackRig) -> tuple[str, set[str]]:
    """Ask, then ask for more; return the last message's text and where its links lead."""
    ts = rig.mention("soumu", "sato", QUESTION)
    rig.wait_for_reply(ts, _PATIENCE_S)

    def said() -> list[dict[str, Any]]:
        return [one for one in rig.screen("soumu", "sato", ts) if one["ts"] != ts]

    (short,) = said()
    if short["links"]:
        rig.press("soumu", short["ts"], "詳しく", "sato")
        _until(lambda: _is_over(said()[-1]["text"]) and len(said()) > 1, said)
    return said()[-1]["text"], {link["url"] for link in said()[-1]["links"]}


def _on_discord(rig: DiscordRig) -> tuple[str, set[str]]:
    """Ask, then ask for more; return the last message's text and where its links lead."""
    asked = rig.mention("general", "tanaka", QUESTION)
    short = rig.wait_for_reply(asked, _PATIENCE_S, containing="リモートワーク")
    rig.press(short, "詳しく", "tanaka")

    def longer() -> str:
        seen = [one.text for one in rig.view("general", "tanaka") if one.reply_to == short.id]
        return seen[-1] if seen else ""

    _until(lambda: _is_over(longer()), longer)
    return longer(), set(re.findall(r"https?://[^\s<>()]+", longer()))


def _is_over(text: str) -> bool:
    """Tell whether a longer answer stands there whole, or that there is none."""
    return ("詳しい回答" in text and "出典" in text) or "これ以上の記載がありません" in text


def _until(seen: Callable[[], Any], shown: Callable[[], object]) -> Any:
    """Return what is seen once it is; `shown` is what a failure tells."""
    deadline = time.monotonic() + _PATIENCE_S
    while not (found := seen()):
        assert time.monotonic() < deadline, shown()
        time.sleep(0.1)
    return found
