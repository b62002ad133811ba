"""Blocks of pages in storage format, each with what a reader sees of it and what nobody may.

`present` are strings that the text of the page holds word for word, without an inner space that a
reader does not see; `parameters` are settings and ids of the markup that are no text. Titles of
panels and the like are neither: a mirror may show them or not. Macros are in
`rigs.confluence.macros`. Knows nothing of sites.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from random import Random
from uuid import UUID

from rigs.confluence import prose
from rigs.confluence.records import Edition


@dataclass(slots=True)
class Block:
    """A block of a page."""

    storage: str
    present: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    """Text that the service's own page does not show."""
    includes: tuple[tuple[str, str, bool], ...] = ()
    """Space ("" for the page's own), title, and whether only its excerpt."""
    excerpt: tuple[str, ...] | None = None
    """What it offers to pages that include the excerpt."""
    quoted: str = ""
    """Words that are marked for an inline comment."""


@dataclass(slots=True)
class Writer:
    """What a block is written from."""

    random: Random
    edition: Edition
    people: list[tuple[str, str]]
    """Keys and names."""
    targets: list[tuple[str, str]] = field(default_factory=list)
    """Pages that may be named: spaces ("" for the page's own) and titles."""
    code: str = ""
    """A document's number: no other page has it."""

    def uuid(self) -> str:
        """Return an id as the editor draws them."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def line(self) -> str:
        """Return a sentence."""
        return prose.sentence(self.random)


Make = Callable[[Writer], Block]


def paragraph(w: Writer) -> Block:
    """Sentences in a row."""
    lines = [w.line() for _ in range(w.random.randint(2, 4))]
    return Block(f"<p>{''.join(lines)}</p>", tuple(lines))


def broken_lines(w: Writer) -> Block:
    """A paragraph whose source has line ends amid a sentence, which no reader sees."""
    line = w.line()
    # Between two Japanese characters: beside a digit a browser shows a space.
    places = [n for n in range(1, len(line)) if line[n - 1] > "\u3000" < line[n]]
    at = w.random.choice(places)
    return Block(f"<p>{line[:at]}\n{line[at:]}</p>", (line,))


def numbered(w: Writer) -> Block:
    """The paragraph with the document's number: nothing else in the site says this."""
    line = f"この文書の管理番号は{w.code}です。"
    return Block(f"<p>この文書の管理番号は<strong>{w.code}</strong>です。</p>", (line,))


def inline_tags(w: Writer) -> Block:
    """Tags inside words, and entities."""
    system, term = prose.system(w.random), prose.term(w.random)
    amount = w.random.randint(1, 9)
    storage = (
        f"<p>有給<strong>休暇</strong>の<em>残</em>日数は"
        f'<a href="https://portal.example.co.jp/">{system}</a>で'
        f'確<u>認</u>し、{term[0]}<span style="color: rgb(255,86,48);">{term[1:]}</span>も併せて'
        "行います。"
        f"支給額は{amount}万<b>2千</b>円&times;出席日数、R&amp;D部門は&lt;別途&gt;定めます"
        "&rarr;第<sub>2</sub>項。</p>"
    )
    first = f"有給休暇の残日数は{system}で確認し、{term}も併せて行います。"
    second = f"支給額は{amount}万2千円×出席日数、R&D部門は<別途>定めます→第2項。"
    return Block(storage, (first, second), ("rgb(255,86,48)",))


def bullets(w: Writer) -> Block:
    """A list in a list."""
    outer, inner, last = w.line(), w.line(), w.line()
    tag = w.random.choice(("ul", "ol"))
    return Block(
        f"<{tag}><li><p>{outer}</p><ul><li><p>{inner}</p></li></ul></li><li>{last}</li></{tag}>",
        (outer, inner, last),
    )


def table(w: Writer) -> Block:
    """A table with merged cells and widths."""
    head = [prose.term(w.random) for _ in range(3)]
    wide, tall, small = w.line(), w.line(), [f"{w.random.randint(1, 99)}件" for _ in range(3)]
    local = w.uuid()
    storage = (
        f'<table data-layout="default" ac:local-id="{local}"><colgroup>'
        '<col style="width: 226.0px;" />'
        '<col style="width: 226.0px;" /><col style="width: 226.0px;" /></colgroup><tbody><tr>'
        + "".join(f"<th><p><strong>{one}</strong></p></th>" for one in head)
        + f'</tr><tr><td rowspan="2"><p>{tall}</p></td><td colspan="2"><p>{wide}</p></td></tr>'
        f"<tr><td><p>{small[0]}</p></td><td><p>{small[1]}</p></td></tr></tbody></table>"
    )
    return Block(storage, (*head, tall, wide, small[0], small[1]), (local, "226.0px"))


def tasks(w: Writer) -> Block:
    """A task list, done and not done."""
    lines = [w.line() for _ in range(2)]
    ids = [w.uuid() for _ in lines]
    items = [
        f"<ac:task><ac:task-id>{n}</ac:task-id><ac:task-uuid>{ids[n]}</ac:task-uuid>"
        f"<ac:task-status>{'complete' if n else 'incomplete'}</ac:task-status>"
        f'<ac:task-body><span class="placeholder-inline-tasks">{line}</span></ac:task-body>'
        "</ac:task>"
        for n, line in enumerate(lines)
    ]
    storage = f"<ac:task-list>{''.join(items)}</ac:task-list>"
    return Block(storage, tuple(lines), (*ids, "incomplete"))


def date(w: Writer) -> Block:
    """A date amid a sentence."""
    year, month, day = (
        w.random.randint(2024, 2027),
        w.random.randint(1, 12),
        w.random.randint(1, 28),
    )
    written = f'<time datetime="{year}-{month:02}-{day:02}" />'
    return Block(
        f"<p>次回の見直しは{written}に行います。</p>",
        (f"次回の見直しは{year}年{month}月{day}日に行います。",),
    )


def mention(w: Writer) -> Block:
    """A person amid a sentence: by account id in Cloud, by user key in Data Center."""
    key, name = w.random.choice(w.people)
    attribute = "account-id" if w.edition == "cloud" else "userkey"
    local = f' ri:local-id="{w.uuid()}"' if w.edition == "cloud" else ""
    storage = (
        f'<p>窓口は<ac:link><ri:user ri:{attribute}="{key}"{local} /></ac:link>が担当します。</p>'
    )
    return Block(storage, (f"窓口は{name}が担当します。",), (key,))


def link(w: Writer) -> Block:
    """A link to a page, with words of its own or without; and one to a place in this page."""
    if not w.targets:
        return paragraph(w)
    space, title = w.random.choice(w.targets)
    page = page_reference(space, title)
    words = prose.term(w.random)
    shape = w.random.randrange(3)
    if shape == 0:
        return Block(
            f"<p>詳細は<ac:link>{page}</ac:link>を参照してください。</p>",
            (f"詳細は{title}を参照してください。",),
        )
    if shape == 1:
        body = f"<ac:plain-text-link-body><![CDATA[{words}]]></ac:plain-text-link-body>"
    else:
        body = f"<ac:link-body>{words[:2]}<strong>{words[2:]}</strong></ac:link-body>"
    storage = f'<p>手続きは<ac:link ac:anchor="sec-{w.code}">{page}{body}</ac:link>と同じです。</p>'
    return Block(storage, (f"手続きは{words}と同じです。",), (f"sec-{w.code}",))


def image(w: Writer) -> Block:
    """An image with a caption and words for those who do not see it."""
    caption, seen = w.line(), f"{prose.term(w.random)}の画面"
    return Block(
        f'<ac:image ac:align="center" ac:layout="center" ac:original-height="1080" ac:width="760" '
        f'ac:alt="{seen}"><ri:attachment ri:filename="画面-{w.code}.png" ri:version-at-save="1" />'
        f"<ac:caption><p>{caption}</p></ac:caption></ac:image>",
        (caption,),
        (f"画面-{w.code}.png",),
    )


def emoticon(w: Writer) -> Block:
    """An emoji at the end of a sentence."""
    line = w.line()
    return Block(
        f'<p>{line}<ac:emoticon ac:name="tick" ac:emoji-shortname=":check_mark:" '
        'ac:emoji-id="atlassian-check_mark" ac:emoji-fallback="✅" /></p>',
        (line,),
        ("atlassian-check_mark", ":check_mark:"),
    )


def layout(w: Writer) -> Block:
    """Two columns."""
    left, right = w.line(), w.line()
    local = w.uuid()
    return Block(
        f'<ac:layout><ac:layout-section ac:type="two_equal" ac:local-id="{local}">'
        f"<ac:layout-cell><p>{left}</p></ac:layout-cell>"
        f"<ac:layout-cell><p>{right}</p></ac:layout-cell></ac:layout-section></ac:layout>",
        (left, right),
        (local, "two_equal"),
    )


def quote(w: Writer) -> Block:
    """A quotation with a line break, and words for whoever fills in the page."""
    first, second = w.line(), w.line()
    hint = f"ここに{prose.term(w.random)}を記入-{w.code}"
    return Block(
        f"<blockquote><p>{first}<br />{second}</p></blockquote>"
        f"<p><ac:placeholder>{hint}</ac:placeholder></p>",
        (first, second),
        (),
        (hint,),
    )


def marked(w: Writer) -> Block:
    """Words marked for an inline comment, amid a word."""
    term, line = prose.term(w.random), w.line()
    reference = w.uuid()
    storage = (
        f'<p>{term[:2]}<ac:inline-comment-marker ac:ref="{reference}">{term[2:]}'
        "</ac:inline-comment-marker>"
        f"については次のとおりです。{line}</p>"
    )
    return Block(
        storage, (f"{term}については次のとおりです。", line), (reference,), quoted=term[2:]
    )


def heading(w: Writer, level: int) -> Block:
    """A heading."""
    words = prose.topic(w.random)
    return Block(f"<h{level}>{escape(words, quote=False)}</h{level}>", (words,))


def page_reference(space: str, title: str) -> str:
    """Return the element that names a page."""
    key = f' ri:space-key="{escape(space)}"' if space else ""
    return f'<ri:page{key} ri:content-title="{escape(title)}" />'


PLAIN: tuple[Make, ...] = (
    paragraph, broken_lines, inline_tags, bullets, table, tasks, date, mention, link, image,
    emoticon, layout, quote,
)  # fmt: skip
"""Blocks without macros. `numbered`, `marked` and headings are put in where a page is composed."""
