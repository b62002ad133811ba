"""Pages that are nothing until their scripts have run: a small application that draws its text.

Its script also does what a guard must see: it opens a WebSocket, fetches and embeds addresses that
nobody may be sent to, and registers a service worker. Not one of these may leave the machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

_SHELL = """<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="utf-8">
<title>読み込み中</title>
<script defer src="{base}app.js"></script>
<link rel="stylesheet" href="{base}app.css">
</head>
<body>
<noscript>このサイトを表示するには JavaScript を有効にしてください。</noscript>
<div id="root"></div>
</body>
</html>
"""
_SCRIPT = """"use strict";
const attempts = %(attempts)s;
const restless = %(restless)s;

function element(name, text, more) {
  const made = document.createElement(name);
  made.textContent = text;
  Object.assign(made, more || {});
  return made;
}

async function draw() {
  const got = await fetch(%(data)s);
  const page = await got.json();
  document.title = page.title;
  const main = document.createElement("main");
  main.append(element("h1", page.title));
  page.paragraphs.forEach((one) => main.append(element("p", one)));
  const list = document.createElement("ul");
  for (const [to, words] of Object.entries(page.links)) {
    const item = document.createElement("li");
    item.append(element("a", words, { href: to }));
    list.append(item);
  }
  main.append(list);
  document.getElementById("root").replaceChildren(main);
}

function trespass(to) {
  fetch(to, { mode: "no-cors" }).catch(() => 0);
  const image = new Image();
  image.src = to + "image.png";
  const frame = document.createElement("iframe");
  frame.src = to + "frame";
  document.body.append(frame);
  try {
    new WebSocket(to.replace(/^http/, "ws"));
  } catch (error) { /* not allowed here */ }
  navigator.sendBeacon(to + "beacon", "x");
  const worker = "fetch(" + JSON.stringify(to + "worker") + ", {mode: 'no-cors'}).catch(() => 0)";
  try {
    new Worker(URL.createObjectURL(new Blob([worker])));
  } catch (error) { /* not allowed here */ }
  try {
    const peer = new RTCPeerConnection(
      { iceServers: [{ urls: "stun:" + new URL(to).host }] });
    peer.createDataChannel("x");
    peer.createOffer().then((offer) => peer.setLocalDescription(offer)).catch(() => 0);
  } catch (error) { /* not there */ }
}

draw().then(() => {
  attempts.forEach(trespass);
  document.documentElement.dataset.drawn = "yes";
});
if (restless) {
  setInterval(() => fetch(%(poll)s).catch(() => 0), 20);
}
"""


def shell(base: str) -> str:
    """Return the page as it is sent: not a word of what it will say."""
    return _SHELL.format(base=escape(base, quote=True))


def script(base: str, attempts: Sequence[str], *, restless: bool) -> str:
    """Return the script; `attempts` are addresses that it tries to reach after it has drawn."""
    said = {"attempts": json.dumps(list(attempts)), "restless": json.dumps(restless)}
    said |= {"data": json.dumps(f"{base}data.json"), "poll": json.dumps(f"{base}poll.json")}
    return _SCRIPT % said


def data(title: str, paragraphs: Sequence[str], links: dict[str, str]) -> str:
    """Return what the script fetches and draws."""
    said = {"title": title, "paragraphs": list(paragraphs), "links": links}
    return json.dumps(said, ensure_ascii=False)
