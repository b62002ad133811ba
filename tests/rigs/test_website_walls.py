"""Walls, logins, applications, files, encodings and odd bodies of the web sites on loopback."""

from __future__ import annotations

import io
import socket

import httpx2
import pytest
from rigs.website import WebsiteRig, charsets, html
from rigs.website.walls import CHALLENGES, Challenge
from rigs.website_fixtures import visitor, website

__all__ = ["visitor", "website"]


class TestWalls:
    @pytest.mark.parametrize("kind", CHALLENGES)
    def test_a_challenge_stands_in_place_of_every_page_but_robots(
        self, website: WebsiteRig, visitor: httpx2.Client, kind: Challenge
    ) -> None:
        website.site.add_page("/members/a", html.page("会員", "会員だけの本文です。"))
        website.site.robots(disallow=["/x/"])
        website.site.wall(kind)
        got = visitor.get(f"{website.url}/members/a")
        assert "会員だけ" not in got.text
        assert "Disallow: /x/" in visitor.get(f"{website.url}/robots.txt").text
        website.site.open()
        assert "会員だけ" in visitor.get(f"{website.url}/members/a").text

    def test_statuses_are_those_of_the_services(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        codes = {}
        for kind in CHALLENGES:
            website.site.wall(kind, host=f"{kind}.example")
            got = visitor.get(website.url, headers={"Host": f"{kind}.example"})
            codes[kind] = got.status_code
        assert codes["cloudflare"] == 403
        assert codes["cloudflare-503"] == 503
        assert codes["aws-waf"] == 202
        assert {codes["imperva"], codes["sucuri"], codes["anubis"], codes["captcha"]} == {200}

    def test_a_wall_can_stand_before_a_part_alone(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/", html.page("公開"))
        website.site.wall(under="/members/")
        assert visitor.get(website.url).status_code == 200
        assert visitor.get(f"{website.url}/members/").status_code == 403


class TestLogins:
    def test_without_the_cookie_every_page_leads_to_the_form_and_the_form_to_the_page(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/wiki/a?x=1", html.page("社内"))
        website.site.cookie_login(value="secret")
        got = visitor.get(f"{website.url}/wiki/a?x=1")
        assert got.status_code == 302
        assert got.headers["location"] == "/login?next=%2Fwiki%2Fa%3Fx%3D1"
        form = visitor.get(f"{website.url}{got.headers['location']}")
        assert form.status_code == 200
        assert 'type="password"' in form.text
        said = {"username": "reader", "password": "wrong", "next": "/wiki/a?x=1"}
        assert "違います" in visitor.post(f"{website.url}/login", data=said).text
        said["password"] = "himitsu-no-password"
        done = visitor.post(f"{website.url}/login", data=said, follow_redirects=True)
        assert "社内" in done.text
        website.site.sign_out()
        assert visitor.get(f"{website.url}/wiki/a?x=1").status_code == 302

    def test_a_cookie_that_was_handed_over_lets_in(self, website: WebsiteRig) -> None:
        website.site.add_page("/", html.page("社内"))
        website.site.cookie_login(cookie="sid", value="secret")
        assert httpx2.get(website.url, headers={"Cookie": "a=b; sid=secret"}).status_code == 200

    def test_the_form_may_stand_at_the_pages_own_address(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/a", html.page("社内"))
        website.site.cookie_login(inline=True)
        got = visitor.get(f"{website.url}/a")
        assert (got.status_code, "パスワード" in got.text) == (200, True)

    def test_basic_authentication_and_tokens_let_in_whoever_knows_them(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/a", html.page("一"))
        website.site.add_page("/b", html.page("二"))
        website.site.basic_login("/a", password="p")
        website.site.header_login("/b", header="X-Token", value="t")
        got = visitor.get(f"{website.url}/a")
        assert got.status_code == 401
        assert got.headers["www-authenticate"].startswith("Basic realm=")
        assert visitor.get(f"{website.url}/a", auth=("reader", "p")).status_code == 200
        assert visitor.get(f"{website.url}/b").status_code == 403
        assert visitor.get(f"{website.url}/b", headers={"x-token": "t"}).status_code == 200
        seen = [one.credentials for one in website.journal]
        assert seen == [(), ("authorization",), (), ("x-token",)]


class TestApplications:
    def test_the_page_says_nothing_until_its_data_is_drawn(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_application(
            "/app/", "規程", ["本文です。"], links={"/app/b": "次"}, attempts=["http://10.0.0.1/"]
        )
        shell = visitor.get(f"{website.url}/app/").text
        assert "本文です。" not in shell
        assert 'src="/app/app.js"' in shell
        data = visitor.get(f"{website.url}/app/data.json").json()
        assert data == {"title": "規程", "paragraphs": ["本文です。"], "links": {"/app/b": "次"}}
        script = visitor.get(f"{website.url}/app/app.js").text
        assert 'const attempts = ["http://10.0.0.1/"];' in script


class TestFiles:
    LINES = ("有給休暇は年20日です。", "交通費は翌月5日に振り込みます。")

    @pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx", "pptx"])
    def test_files_hold_their_lines(
        self, website: WebsiteRig, visitor: httpx2.Client, kind: str
    ) -> None:
        website.site.add_file(f"/a.{kind}", kind, self.LINES)  # type: ignore[arg-type]
        got = visitor.get(f"{website.url}/a.{kind}")
        assert all(line in _text_of(kind, got.content) for line in self.LINES)

    def test_a_type_can_be_wrong(self, website: WebsiteRig, visitor: httpx2.Client) -> None:
        website.site.add_file("/a", "pdf", self.LINES, content_type="text/html")
        got = visitor.get(f"{website.url}/a")
        assert got.headers["content-type"] == "text/html"
        assert got.content.startswith(b"%PDF-")


class TestEncodings:
    def test_each_sample_is_sent_as_it_is_declared_and_written_as_it_is_not(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        texts = website.site.add_charsets()
        assert len(texts) == len(charsets.samples())
        for one in charsets.samples():
            got = visitor.get(f"{website.url}{one.path}")
            assert got.headers["content-type"] == one.content_type
            assert texts[one.path] in got.content.decode(one.encoding)

    def test_extended_characters_are_really_there(self) -> None:
        text = next(one for one in charsets.samples() if one.encoding == "cp932").body
        assert all(one in text.decode("cp932") for one in "①㈱髙№Ⅲ")
        with pytest.raises(UnicodeDecodeError):
            text.decode("shift_jis")


class TestOddBodies:
    def test_a_huge_page_is_as_long_as_told_and_is_cut_off_where_the_client_leaves(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_huge("/huge", 3_000_000)
        assert 3_000_000 <= len(visitor.get(f"{website.url}/huge").content) < 3_200_000
        website.site.add_huge("/huge", 200_000_000)
        with visitor.stream("GET", f"{website.url}/huge") as got:
            next(got.iter_raw())
        assert website.journal[1].sent < 50_000_000

    def test_a_bomb_in_a_body_is_small_on_its_way(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.zeros("/bomb", 32 << 20)
        assert len(visitor.get(f"{website.url}/bomb").content) > 32 << 20
        assert website.journal[0].sent < 1 << 20

    @pytest.mark.parametrize("cut", ["before", "body", "chunk"])
    def test_a_body_that_ends_too_soon_is_an_error_of_the_protocol(
        self, website: WebsiteRig, visitor: httpx2.Client, cut: str
    ) -> None:
        website.site.add_page("/a", "本文" * 5000, cut=cut, pieces=4)
        with pytest.raises(httpx2.RemoteProtocolError):
            visitor.get(f"{website.url}/a")

    def test_faults_strike_as_often_as_told_on_one_host_or_on_all(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/a", "x")
        website.site.add_page("/a", "x", host="127.0.0.2")
        website.fail("/a", status=503, times=2, host="127.0.0.2")
        website.throttle(seconds=7)
        one, two = website.url, website.url_of("127.0.0.2")
        codes = [visitor.get(f"{url}/a").status_code for url in (two, one, two, one, two)]
        assert codes == [503, 429, 503, 200, 200]
        website.throttle(times=None)
        assert visitor.get(f"{one}/a").headers["retry-after"] == "1"
        website.recover()
        assert visitor.get(f"{one}/a").status_code == 200
        website.fail(cut="before", reset=True)
        with pytest.raises(httpx2.ReadError):
            visitor.get(f"{one}/a")

    def test_whoever_asks_faster_than_allowed_is_told_how_long_to_wait(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/a", "x")
        website.site.configure(per_second=0.01)
        got = [visitor.get(f"{website.url}/a") for _ in "abc"]
        assert [one.status_code for one in got] == [200, 429, 429]
        assert 50 < int(got[1].headers["retry-after"]) <= 100
        website.site.configure(per_second=1000)
        assert visitor.get(f"{website.url}/a").status_code == 429  # it still has to wait

    def test_a_noisy_page_differs_each_time_where_nobody_sees_it(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_noisy("/a", html.page("題", "本文です。"))
        first, second = (visitor.get(f"{website.url}/a") for _ in "ab")
        assert first.text != second.text
        assert "本文です。" in second.text
        assert "etag" not in first.headers

    def test_what_is_no_http_gets_no_answer(self, website: WebsiteRig) -> None:
        with socket.create_connection(("127.0.0.1", website.port), 5) as one:
            one.sendall(b"hello\r\n\r\n")
            assert one.recv(100) == b""


def _text_of(kind: str, data: bytes) -> str:
    """Return what the usual readers of a format see."""
    if kind == "pdf":
        from pdfminer.high_level import extract_text  # noqa: PLC0415

        return str(extract_text(io.BytesIO(data)))
    if kind == "docx":
        import docx  # noqa: PLC0415

        return "\n".join(one.text for one in docx.Document(io.BytesIO(data)).paragraphs)
    if kind == "xlsx":
        import openpyxl  # noqa: PLC0415

        book = openpyxl.load_workbook(io.BytesIO(data))
        return "\n".join(str(cell.value) for row in book.worksheets[0] for cell in row)
    import pptx  # noqa: PLC0415

    slides = pptx.Presentation(io.BytesIO(data)).slides
    return "\n".join(shape.text_frame.text for slide in slides for shape in slide.shapes)
