"""Pages that scripts draw: by a browser that itself reaches nothing and nobody."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from http_server import Answer, Server
from rigs.website.canaries import Canaries

from connectors.base import ConnectorError
from connectors.http import HttpError, TooLargeError
from connectors.web.net import Login, Web
from connectors.web.net.browser import Browser

PAGE = {"Content-Type": "text/html; charset=utf-8"}
SCRIPT = {"Content-Type": "text/javascript"}
JSON = {"Content-Type": "application/json"}
ELSEWHERE = "127.0.0.66"
TOKEN = "xoxb-of-the-bot"


def missing() -> str | None:
    """Return why no page can be drawn here."""
    browser = Browser(timeout=10)
    try:
        browser.check()
    except ConnectorError as error:
        return str(error)
    finally:
        browser.close()
    return None


@pytest.fixture(scope="module", autouse=True)
def _needs_a_browser() -> None:
    if reason := missing():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def everything() -> Iterator[tuple[Server, Server, Canaries, Web]]:
    """One browser for the module: starting it takes longer than a page."""
    with (
        Server() as server,
        Server(host="127.0.0.2") as other,
        Canaries([(ELSEWHERE, 0)]) as canaries,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("SLACK_BOT_TOKEN", TOKEN)
        web = Web(
            login=Login(cookie="session=secret", header="X-Key: secret"),
            login_hosts=[server.url, f"http://127.0.0.9:{other.url.rpartition(':')[2]}",
                         f"http://127.0.0.9:{canaries.addresses[0][1]}"],
            private_hosts=["127.0.0.1", "127.0.0.2"],
            delay=0,
            timeout=10,
            backoff=0.001,
        )  # fmt: skip
        yield server, other, canaries, web
        web.close()


@pytest.fixture
def server(everything: tuple[Server, Server, Canaries, Web]) -> Iterator[Server]:
    server = everything[0]
    server.seen.clear()
    yield server
    server._answers.clear()


@pytest.fixture
def other(everything: tuple[Server, Server, Canaries, Web]) -> Server:
    everything[1].seen.clear()
    return everything[1]


@pytest.fixture
def canaries(everything: tuple[Server, Server, Canaries, Web]) -> Iterator[Canaries]:
    yield everything[2]
    assert everything[2].connections == []


@pytest.fixture
def web(everything: tuple[Server, Server, Canaries, Web], canaries: Canaries) -> Web:
    return everything[3]


def page(server: Server, script: str, body: str = "") -> str:
    """Serve a page with a script, and return its address."""
    html = f"<!DOCTYPE html><title>題</title><main id=m>…</main>{body}<script>{script}</script>"
    server.on("/", Answer(html.encode(), headers=PAGE))
    return f"{server.url}/"


def drawn(web: Web, url: str, max_bytes: int = 1_000_000) -> str:
    return web.render(url, max_bytes=max_bytes).body.decode()


def targets(server: Server) -> list[str]:
    return [seen.target for seen in server.seen]


# What is drawn


def test_a_page_is_what_its_scripts_make_of_it(server: Server, web: Web) -> None:
    """Also when they load further scripts and data, and take a moment for it."""
    url = page(server, "", '<script src="/app.js" type=module></script>')
    server.on(
        "/app.js",
        Answer(
            b"import {show} from './show.js'; const r = await fetch('/api/d.json');"
            b"setTimeout(async () => show((await r.json()).text), 200)",
            headers=SCRIPT,
        ),
    )
    shows = b"export const show = t => { document.getElementById('m').textContent = t }"
    server.on("/show.js", Answer(shows, headers=SCRIPT))
    server.on("/api/d.json", Answer('{"text": "経費精算は翌月五日まで。"}'.encode(), headers=JSON))
    answer = web.render(url, max_bytes=100_000)
    assert '<main id="m">経費精算は翌月五日まで。</main>' in answer.body.decode("utf-8")
    assert (answer.status, answer.url) == (200, url)
    assert answer.content_type == "text/html; charset=utf-8"
    assert targets(server) == ["/", "/app.js", "/show.js", "/api/d.json"]


def test_a_page_in_another_charset_becomes_utf_8(server: Server, web: Web) -> None:
    html = "<title>題</title><p>海月</p>".encode("cp932")
    server.on("/", Answer(html, headers={"Content-Type": "text/html; charset=Shift_JIS"}))
    assert "<p>海月</p>" in drawn(web, f"{server.url}/")


def test_a_page_that_was_asked_for_is_not_asked_for_again(server: Server, web: Web) -> None:
    url = page(server, "document.getElementById('m').textContent = 1 + 1")
    answer = web.get(url, max_bytes=10_000)
    assert ">2</main>" in web.render(url, max_bytes=10_000, answer=answer).body.decode()
    assert targets(server) == ["/"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<title>404", status=404, headers=PAGE),
        Answer(b"%PDF-1.7", headers={"Content-Type": "application/pdf"}),
    ],
)
def test_what_is_no_page_is_left_as_it_is(server: Server, web: Web, answer: Answer) -> None:
    server.on("/", answer)
    got = web.render(f"{server.url}/", max_bytes=100)
    assert (got.status, got.body) == (answer.status, answer.body)


def test_scripts_and_styles_are_loaded_once_a_run(server: Server, web: Web) -> None:
    url = page(server, "", "<script src=/once.js></script><link rel=stylesheet href=/once.css>")
    server.on("/once.js", Answer(b"", headers=SCRIPT))
    server.on("/once.css", Answer(b"", headers={"Content-Type": "text/css"}))
    for _ in range(2):
        drawn(web, url)
    assert sorted(targets(server)) == ["/", "/", "/once.css", "/once.js"]


def test_where_a_script_sends_the_page_is_told_as_a_redirect(server: Server, web: Web) -> None:
    url = page(server, "location.href = '/there'")
    server.on("/there", Answer("<title>新</title><p>移転先".encode(), headers=PAGE))
    answer = web.render(url, max_bytes=10_000)
    assert "移転先" in answer.body.decode()
    assert (answer.url, answer.hops, answer.permanent) == (f"{server.url}/there", (url,), False)


def test_many_pages_can_be_asked_for_at_once(server: Server, web: Web) -> None:
    script = "document.getElementById('m').textContent = '済'"
    url = page(server, script)
    with ThreadPoolExecutor(4) as pool:
        assert all(">済<" in html for html in pool.map(lambda _: drawn(web, url), range(4)))


# What is not loaded


def test_images_fonts_media_frames_and_prefetches_are_not_loaded(
    server: Server, web: Web, canaries: Canaries
) -> None:
    body = f"""<img src=/i.png><img srcset="/j.png 2x"><video src=/v.mp4></video>
        <audio src=/a.mp3></audio><iframe src=/f.html></iframe><object data=/o.swf></object>
        <embed src=/e.swf><link rel=prefetch href=/p.html><link rel=icon href=/favicon.png>
        <link rel=preconnect href="{canaries.urls[0]}"><link rel=dns-prefetch href="//x.example">
        <link rel=manifest href=/m.json><link rel=prerender href="{canaries.urls[0]}">
        <style>@font-face {{ font-family: f; src: url(/f.woff) }} body {{ font-family: f;
        background: url(/b.png) }}</style><a ping="{canaries.urls[0]}" href=/x>x</a>
        <script type=speculationrules>{{"prefetch": [{{"urls": ["/s.html"]}}]}}</script>"""
    drawn(web, page(server, "", body))
    assert targets(server) == ["/"]


def test_nothing_is_sent_but_get(server: Server, web: Web) -> None:
    script = """
        for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
          fetch('/api', {method, body: 'x'}).catch(() => 0);
        try { navigator.sendBeacon('/beacon', 'x') } catch (error) {}
        document.body.insertAdjacentHTML('beforeend', '<form method=post action=/form></form>');
        document.forms[0].submit();
    """
    drawn(web, page(server, script))
    assert targets(server) == ["/"]


def test_a_page_loads_only_so_much(server: Server, web: Web) -> None:
    server.on("/n", Answer(b"{}", headers=JSON))
    script = "for (let n = 0; n < 400; n++) fetch('/n?' + n).catch(() => 0)"
    drawn(web, page(server, script))
    assert targets(server).count("/") == 1
    assert len(server.seen) == 201


# The guard


def test_what_a_page_loads_is_guarded_as_pages_are(
    server: Server, web: Web, canaries: Canaries
) -> None:
    """By address, by redirect, by script, in workers and windows: nobody comes to the canary."""
    inner, port = canaries.urls[0], canaries.addresses[0][1]
    server.on("/away", Answer(status=302, headers={"Location": inner}))
    worker = f"fetch('{inner}').catch(() => 0); new WebSocket('ws://{ELSEWHERE}:{port}/w')"
    script = f"""
        const urls = ['{inner}', '/away', 'http://[::ffff:{ELSEWHERE}]:{port}/',
                      'http://2130706498:{port}/', '//{ELSEWHERE}:{port}/'];
        for (const url of urls) {{
          fetch(url, {{mode: 'no-cors'}}).catch(() => 0);
          const request = new XMLHttpRequest(); request.open('GET', url); request.send();
          const script = document.createElement('script'); script.src = url;
          document.body.append(script);
          import(url).catch(() => 0);
        }}
        const code = new Blob([`{worker}`], {{type: 'text/javascript'}});
        new Worker(URL.createObjectURL(code));
        try {{ new SharedWorker(URL.createObjectURL(code)) }} catch (error) {{}}
        try {{ navigator.serviceWorker.register('/sw.js').catch(() => 0) }} catch (error) {{}}
        for (const scheme of ['ws', 'wss'])
          try {{ new WebSocket(scheme + '://{ELSEWHERE}:{port}/') }} catch (error) {{}}
        try {{ new EventSource('{inner}') }} catch (error) {{}}
        try {{ new WebTransport('https://{ELSEWHERE}:{port}/') }} catch (error) {{}}
        try {{ navigator.sendBeacon('{inner}', 'x') }} catch (error) {{}}
        window.open('{inner}');
        document.getElementById('m').textContent = '済';
    """
    frames = f"<iframe src='{inner}'></iframe><iframe srcdoc=\"<img src='{inner}'>\"></iframe>"
    assert ">済</main>" in drawn(web, page(server, script, frames))
    assert canaries.connections == []


def test_a_script_can_not_lead_the_page_inside(
    server: Server, web: Web, canaries: Canaries
) -> None:
    inner = canaries.urls[0]
    for how in ("location.href = '{}'", "location.replace('{}')", "window.open('{}', '_self')"):
        url = page(server, how.format(inner))
        answer = web.render(url, max_bytes=10_000)
        assert answer.url == url
        assert b"<main id=" in answer.body
    assert canaries.connections == []


def test_no_packet_leaves_by_webrtc(server: Server, web: Web) -> None:
    """Its candidates are tried by UDP, past every interception of requests."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((ELSEWHERE, 0))
        listener.setblocking(False)
        port = listener.getsockname()[1]
        script = f"""
            const frame = document.createElement('iframe');
            document.body.append(frame);
            for (const from of [window, frame.contentWindow]) try {{
              const peer = new from.RTCPeerConnection(
                {{iceServers: [{{urls: 'stun:{ELSEWHERE}:{port}'}}]}});
              peer.createDataChannel('x');
              peer.createOffer().then(offer => peer.setLocalDescription(offer));
            }} catch (error) {{}}
            setTimeout(() => {{ document.getElementById('m').textContent = '済' }}, 400);
        """
        assert ">済<" in drawn(web, page(server, script))
        with pytest.raises(BlockingIOError):
            listener.recv(100)


def test_a_public_page_can_not_read_what_is_inside_or_what_we_may(
    server: Server, other: Server, web: Web
) -> None:
    """The login is for pages of its own origin; for scripts of others it is not there."""
    server.on("/secret.js", Answer(b"window.leak = 1", headers=SCRIPT))
    other.on("/", Answer(f"<script src='{server.url}/secret.js'></script>".encode(), headers=PAGE))
    other.on("/lib.js", Answer(b"", headers=SCRIPT))
    drawn(web, f"{other.url}/")
    assert targets(server) == ["/secret.js"]
    assert not {"cookie", "x-key"} & set(server.seen[0].headers)
    server.seen.clear()
    drawn(web, page(server, "", f"<script src={other.url}/lib.js></script><script src=/own.js>"))
    assert [seen.headers.get("cookie") for seen in server.seen] == ["session=secret"] * 2
    assert not {"cookie", "x-key"} & set(other.seen[-1].headers)


def test_hosts_inside_answer_pages_from_inside_alone(server: Server, web: Web) -> None:
    """A script of a public page would otherwise read what only this network may."""
    page(server, f"fetch('{server.url}/inside', {{mode: 'no-cors'}})")
    inside = web.get(f"{server.url}/", max_bytes=10_000)
    public = f"http://public.example:{server.url.rpartition(':')[2]}/"
    web.render("", max_bytes=10_000, answer=replace(inside, url=public))
    assert targets(server) == ["/"]
    web.render("", max_bytes=10_000, answer=inside)
    assert targets(server) == ["/", "/inside"]


# Bounds


def test_a_script_without_end_is_one_clear_line_and_the_next_page_is_drawn(
    server: Server,
) -> None:
    """A page that never rests but lets others in is taken as it is."""
    web = Web(login_hosts=[server.url], private_hosts=["127.0.0.1"], delay=0, timeout=3)
    with pytest.raises(HttpError, match=r"127\.0\.0\.1:\d+: its scripts are not done") as caught:
        drawn(web, page(server, "for (;;);"))
    assert caught.value.passing
    script = "setInterval(() => document.body.append(document.createElement('p')), 50)"
    assert "<p></p>" in drawn(web, page(server, script))
    web.close()


def test_a_page_that_grows_above_the_limit_is_an_error(server: Server, web: Web) -> None:
    script = "document.getElementById('m').textContent = 'x'.repeat(1e6)"
    with pytest.raises(TooLargeError, match="larger than 10,000"):
        drawn(web, page(server, script), 10_000)


def test_the_browser_knows_nothing_of_our_environment(server: Server, web: Web) -> None:
    """No token of the bot's is in its memory."""
    drawn(web, page(server, ""))
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            environ = (process / "environ").read_bytes()
        except OSError:
            continue
        if b"--host-resolver-rules" in command:
            found += 1
            assert TOKEN.encode() not in environ
    assert found or not Path("/proc").exists()


def test_after_closing_nothing_is_drawn(server: Server) -> None:
    web = Web(login_hosts=[server.url], private_hosts=["127.0.0.1"], delay=0)
    answer = web.get(page(server, ""), max_bytes=10_000)
    web.close()
    with pytest.raises(HttpError, match="closed"):
        web.render("", max_bytes=10_000, answer=answer)
    web.close()


def test_closing_ends_what_is_drawn_and_what_waits_to_be(server: Server) -> None:
    """Nobody waits for ever for a browser that is gone."""
    web = Web(login_hosts=[server.url], private_hosts=["127.0.0.1"], delay=0, timeout=60)
    url = page(server, "fetch('/begun'); setInterval(() => document.body.append('x', "
                       "document.createElement('p')), 50)")  # fmt: skip
    answer = web.get(url, max_bytes=10_000)
    with ThreadPoolExecutor(4) as pool:
        drawings = [
            pool.submit(web.render, url, max_bytes=10_000_000, answer=answer) for _ in range(4)
        ]
        while "/begun" not in targets(server):
            threading.Event().wait(0.01)
        web.close()
        for drawing in drawings:
            assert isinstance(drawing.exception(30), HttpError)
