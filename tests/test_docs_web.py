"""What the page about web pages says is true: what is read, what is deleted, messages, numbers.

`test_docs_web_followed.py` follows it to an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_pages import QUOTES, Page, first, languages
from rigs.website import WebsiteRig, html
from rigs.website.files import FileKind

from bot import settings
from bot.settings.values import seconds
from connectors.base import ConnectorError, Document, Gone, Ref, Unread
from connectors.web import Scope, WebConnector
from connectors.web.net import Web
from ingest.extract import extract
from ingest.sync import plan

HOSTS = ("127.0.0.1",)


def page(language: str) -> Page:
    return Page("web", language)


def source(**options: Any) -> Any:
    return settings.WebSource(kind="web", urls=("https://www.example.co.jp/",), **options)


class Site:
    """A site, and connectors on it that share a memory, as one sync after another does."""

    def __init__(self, rig: WebsiteRig, folder: Path) -> None:
        self.rig, self.memory = rig, folder / "web.db"
        self.opened: list[WebConnector] = []

    def page(self, path: str, *links: str, **how: Any) -> None:
        said = f"{path}の本文です。この頁だけに書いてあることを、もう一度書きます。"
        self.rig.site.add_page(path, html.page(path, said, links=links, **how))

    def connector(
        self, *urls: str, scope: dict[str, Any] | None = None, **options: Any
    ) -> WebConnector:
        named = urls or (f"{self.rig.url}/",)
        net = {"private_hosts": HOSTS, "login_hosts": named, **options.pop("net", {})}
        web = Web(delay=0, at_once=4, backoff=0.01, attempts=1, longest_wait=2, timeout=5, **net)
        made = WebConnector(web, Scope(named, **(scope or {})), memory=self.memory, **options)
        self.opened.append(made)
        return made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with WebsiteRig() as rig:
        made = Site(rig, tmp_path)
        yield made
        for one in made.opened:
            one.close()
        assert rig.violations == []


def listed(connector: WebConnector) -> dict[str, Ref]:
    found: dict[str, Ref] = {}
    for one in connector.changes(None):
        match one:
            case Ref():
                found[one.id] = one
            case Gone():
                found.pop(one.id, None)
    return found


def read(connector: WebConnector) -> dict[str, str]:
    """Return what is read of each page, by path."""
    texts = {}
    for got in connector.fetch_all(list(listed(connector).values())):
        assert isinstance(got, Document), got
        made = extract(got.body, media_type=got.media_type, name=got.url)
        path = "/" + got.url.split("/", 3)[3]
        texts[path] = "\n".join(
            f"#{block.anchor} {' '.join(block.text.split())}" for block in made.blocks
        )
    return texts


# What is read


def test_of_a_page_the_main_content_is_read_and_headings_have_links(site: Site) -> None:
    """Without navigation, footer and what is hidden."""
    made = html.page("案内", "前置きです。", '</p><h2 id="due">期限</h2><p>14日以内です。')
    around = "<nav><a href='/x.png'>製品メニュー</a></nav><div hidden>隠れた文</div>"
    made = made.replace("<body>", f"<body>{around}")
    made = made.replace("</body>", "<footer>著作権表示</footer></body>")
    site.rig.site.add_page("/", made)
    words = read(site.connector())["/"]
    assert "前置きです。" in words
    (line,) = [line for line in words.splitlines() if "14日以内" in line]
    assert line.startswith("#due ")
    for other in ("製品メニュー", "隠れた文", "著作権表示"):
        assert other not in words


def test_files_that_pages_lead_to_are_read_and_pictures_are_not_asked_for(site: Site) -> None:
    """PDF, Word, Excel, PowerPoint, CSV and text; no pictures, sound, video, archives, programs."""
    kinds: tuple[FileKind, ...] = ("pdf", "docx", "xlsx", "pptx", "csv", "txt")
    others = ("/a.png", "/a.mp3", "/a.mp4", "/a.zip", "/a.exe")
    site.page("/", *(f"/f.{kind}" for kind in kinds), *others)
    for kind in kinds:
        site.rig.site.add_file(f"/f.{kind}", kind, [f"これは{kind}に書いた内容です。"])
    texts = read(site.connector())
    assert set(texts) == {"/", *(f"/f.{kind}" for kind in kinds)}
    for kind in kinds:
        assert f"これは{kind}に書いた内容です。" in texts[f"/f.{kind}"]
    assert not [one for one in site.rig.journal if one.target in others]


@languages
def test_the_encodings_of_the_table_are_read_also_where_another_is_declared(
    language: str, site: Site
) -> None:
    rows = page(language).cells(first(page(language), "what", "もの"), first_column(language))
    (row,) = [row[0] for row in rows if "Shift_JIS" in row[0]]
    named = re.split("[,、] ?", row)
    said = "日本語の本文です。有給休暇の申請は前日までに行います。" * 3
    charsets = {name: name.lower().replace("-", "_") for name in named}
    site.page("/", *(f"/{name}" for name in named))
    for name, charset in charsets.items():
        wrong = "utf-8" if name == "Shift_JIS" else "Shift_JIS"
        site.rig.site.add_page(
            f"/{name}",
            html.page(name, said, charset=wrong),
            charset=charset,
            content_type=f"text/html; charset={wrong}",
        )
    texts = read(site.connector())
    assert len(named) == 4
    for name in named:
        assert "有給休暇の申請は前日までに行います。" in texts[f"/{name}"], name


def first_column(language: str) -> str:
    """Return the second column of the table of what is read, which two tables begin alike."""
    return {"en": "becomes", "ja": "どう読むか"}[language]


def test_one_page_is_one_document_whatever_its_address_is_dressed_in(site: Site) -> None:
    """`utm_…`, session ids, fragments, order of parameters; `nofollow` is kept to."""
    dressed = ("/a?x=1&y=2", "/a?y=2&x=1", "/a?x=1&y=2&utm_source=mail", "/a?x=1&y=2#top")
    site.page("/", *dressed, "/a?x=1&y=2&PHPSESSID=0123456789abcdef0123456789abcdef", "/n")
    site.page("/a")
    site.page("/n", "/beyond", robots="nofollow")
    site.page("/beyond")
    found = {one.removeprefix(site.rig.url) for one in listed(site.connector())}
    assert found == {"/", "/a?x=1&y=2", "/n"}


# What is deleted


@pytest.fixture
def filled(site: Site) -> Site:
    """Three pages after a first sync."""
    site.page("/", "/a", "/b")
    site.page("/a")
    site.page("/b")
    assert len(listed(site.connector())) == 3
    return site


def fates(site: Site, **options: Any) -> list[bool]:
    """Return, sync by sync, whether `/b` is to be deleted."""
    told = []
    for _ in range(4):
        connector = site.connector(**options)
        listed(connector)
        one = f"{site.rig.url}/b"
        told.append(connector.confirm_gone([one]) == {one})
    return told


@pytest.mark.parametrize("status", [404, 410, 200])
def test_what_is_missing_is_deleted_after_gone_after_syncs(status: int, filled: Site) -> None:
    """As the first row says; also what says 'not found' of itself with status 200."""
    assert source().gone_after == 3
    if status == 200:
        filled.rig.site.add_page("/b", html.page("お探しのページは見つかりませんでした"))
    else:
        filled.rig.site.remove("/b", status)
    assert fates(filled) == [False, False, True, True]


@pytest.mark.parametrize("what", ["noindex", "robots.txt", "options", "moved"])
def test_what_is_left_out_or_moved_is_deleted_by_the_next_sync(what: str, filled: Site) -> None:
    """As the second and third row say."""
    options: dict[str, Any] = {}
    match what:
        case "noindex":
            filled.page("/b", robots="noindex")
        case "robots.txt":
            filled.rig.site.robots(disallow=["/b"])
        case "options":
            options = {"scope": {"exclude": ["/b"]}}
        case _:
            filled.rig.site.redirect("/b", "/c", 301)
            filled.page("/c")
    assert fates(filled, **options)[0]


@pytest.mark.parametrize("what", [500, 503, "timeout", 401, 403, "login", "challenge"])
def test_what_is_in_trouble_is_never_deleted(what: int | str, filled: Site) -> None:
    """As the last row says, even where `gone_after` is 1."""
    match what:
        case "login":
            filled.rig.site.cookie_login("/b", inline=True)
        case "challenge":
            filled.rig.site.wall(under="/b")
        case "timeout":
            filled.rig.fail("/b", cut="before", times=None)
        case _:
            filled.rig.fail("/b", status=what, times=None)
    assert fates(filled, gone_after=1) == [False] * 4


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_sync_stops_where_the_first_page_can_not_be_had(status: int, filled: Site) -> None:
    filled.rig.fail("/", status=status, times=None)
    with pytest.raises(ConnectorError):
        listed(filled.connector())


# Numbers


@languages
def test_numbers_in_sentences_are_those_of_the_code(language: str) -> None:
    made = source()
    days = seconds(made.keep_deleted) // 86400
    assert (made.delay, made.gone_after, days, plan.FEW) == (0.5, 3, 30, 5)
    assert settings.Ingest().max_delete_share == 0.2
    assert 5000 * made.delay / 60 == pytest.approx(40, abs=2)
    for sentence in (
        (f"{['One', 'Two'][round(1 / made.delay) - 1]} requests a second", "毎秒2回まで"),
        ("5,000 pages take about 40 minutes", "5,000ページなら40分ほど"),
        (
            "more than a fifth of a source (`max_delete_share`), and more than five documents",
            "5分の1（`max_delete_share`）を超え、かつ5件を超える",
        ),
    ):
        assert sentence[["en", "ja"].index(language)] in page(language).unwrapped


# Messages


def said(connector: WebConnector) -> str:
    """Return what the doctor, a listing and the fetching of everything say."""
    words = [remark.message for remark in connector.examine()]
    try:
        refs = listed(connector)
    except ConnectorError as error:
        return "\n".join([*words, str(error)])
    for got in connector.fetch_all(list(refs.values())):
        words += [got.reason] if isinstance(got, Unread) else []
    return "\n".join([*words, *(what for _, what in connector.noticed())])


def robots_away(site: Site) -> str:
    site.rig.site.robots("", status=503)
    return said(site.connector())


def robots_forbid(site: Site) -> str:
    site.rig.site.robots(disallow=["/"])
    return said(site.connector())


def inside(site: Site) -> str:
    return said(site.connector(net={"private_hosts": ()}))


def login(site: Site) -> str:
    site.rig.site.cookie_login("/", inline=True)
    return said(site.connector())


def basic(site: Site) -> str:
    site.rig.site.basic_login("/")
    return said(site.connector())


def forbidden(site: Site) -> str:
    site.rig.fail("/a", status=403, times=None)
    return said(site.connector())


def challenge(site: Site) -> str:
    site.rig.site.wall()
    return said(site.connector())


def scripts(site: Site) -> str:
    site.rig.site.add_application("/a/", "応用", ["本文です。"])
    site.page("/", "/a/")
    return said(site.connector())


def certificate(site: Site) -> str:
    with WebsiteRig(tls=True) as rig:
        return said(site.connector(f"{rig.secure_url('untrusted')}/"))


def elsewhere(site: Site) -> str:
    site.rig.site.redirect("/", f"{site.rig.url_of('127.0.0.2')}/", 301)
    return said(site.connector())


def no_links(site: Site) -> str:
    site.page("/")
    return said(site.connector())


def trap(site: Site) -> str:
    site.page("/", site.rig.site.trap("calendar"))
    return said(site.connector())


def many_pages(site: Site) -> str:
    return said(site.connector(scope={"max_pages": 1}))


def too_many(site: Site) -> str:
    site.rig.fail("/a", status=429, times=None)
    return said(site.connector())


def broken(site: Site) -> str:
    site.rig.fail("/a", status=500, times=None)
    return said(site.connector())


SITUATIONS: dict[str, Callable[[Site], str]] = {
    "its robots.txt can not be had": robots_away,
    "robots.txt does not allow it": robots_forbid,
    "`private_hosts` allows a host by its name": inside,
    "a login stands in place of the page": login,
    "it asks for a login": basic,
    "it is not shown to us": forbidden,
    "a test for robots stands in place of the page": challenge,
    "there is nothing on the page before its scripts run": scripts,
    "is not trusted": certificate,
    "which is out of the scope": elsewhere,
    "Without links, only site maps lead further": no_links,
    "the last of them brought nothing new; the rest is not asked for": trap,
    "further addresses were found and not asked for": many_pages,
    "too many requests": too_many,
    "the server has a problem of its own": broken,
}
"""What makes the program say each message of the table of troubles."""


@languages
def test_the_table_of_troubles_has_these_messages_and_no_other(language: str) -> None:
    rows = page(language).cells(first(page(language), "message", "メッセージ"))
    assert [QUOTES[language].findall(row[0]) for row in rows] == [[one] for one in SITUATIONS]


@pytest.mark.parametrize("message", SITUATIONS)
def test_each_message_of_the_table_is_what_the_program_says_then(message: str, site: Site) -> None:
    site.page("/", "/a", "/b")
    site.page("/a")
    site.page("/b")
    assert message in SITUATIONS[message](site)
