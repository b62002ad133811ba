"""The content of generated pages, as Japanese companies' sites mark it up, with what is true of it.

Every block tells what a reader sees of it, word for word, and what no reader sees. Knows nothing of
what stands around the content.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from rigs.confluence import prose


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page's main part."""

    html: str
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    """Those of `present` that the source parts inside of words."""
    anchors: tuple[tuple[str, str], ...] = ()
    """Words of a heading, and the fragment that leads there."""


@dataclass(slots=True)
class Writer:
    """What blocks are drawn from."""

    random: Random
    number: int
    """Of the page: in its code, its ids, and what is hidden in it."""
    links: list[tuple[str, str]] = field(default_factory=list)
    """Addresses and words that a block may link to."""
    sections: int = 0
    hidden: int = 0

    def sentence(self) -> str:
        """Return a sentence."""
        return prose.sentence(self.random)

    def secret(self) -> str:
        """Return a sentence that stands nowhere else, to be hidden."""
        self.hidden += 1
        return f"非公開の控え第{self.number:06}{self.hidden:02}号は画面に出ません。"


def _wide(char: str) -> bool:
    return char >= "\u3041"


def _broken(text: str, random: Random, part: str) -> str:
    """Put `part` between two Japanese characters, once or twice."""
    places = [n for n in range(3, len(text) - 3) if _wide(text[n - 1]) and _wide(text[n])]
    for place in sorted(random.sample(places, min(2, len(places))), reverse=True):
        text = text[:place] + part + text[place:]
    return text


def paragraph(w: Writer) -> Block:
    """Two or three sentences on lines of their own, as they come."""
    said = [w.sentence() for _ in range(w.random.randint(2, 3))]
    return Block(f"<p>{''.join(said)}</p>", tuple(said))


def wrapped(w: Writer) -> Block:
    """Sentences that an editor broke in the middle: no reader sees a blank there."""
    said = [w.sentence() for _ in range(2)]
    source = "".join(_broken(one, w.random, "\n        ") for one in said)
    return Block(f"<p>\n        {source}\n      </p>", tuple(said), joined=tuple(said))


def tagged(w: Writer) -> Block:
    """Inline elements that begin and end inside of words."""
    random, said = w.random, w.sentence()
    places = [n for n in range(2, len(said) - 2) if _wide(said[n - 1]) and _wide(said[n])]
    begin = random.choice(places[: max(1, len(places) // 2)])
    end = min(begin + random.randint(1, 4), len(said) - 1)
    opening, closing = random.choice(_INLINE)
    marked = f"{said[:begin]}{opening}{said[begin:end]}{closing}{said[end:]}"
    return Block(f"<p>{marked}</p>", (said,), joined=(said,))


_INLINE = (
    ("<strong>", "</strong>"), ("<b>", "</b>"), ("<em>", "</em>"), ("<mark>", "</mark>"),
    ('<span class="u-marker">', "</span>"), ('<span style="color:#c00">', "</span>"),
    ('<font color="red">', "</font>"), ("<u>", "</u>"), ("<wbr>", ""), ("<!-- 要確認 -->", ""),
    ('<a href="#top">', "</a>"),
)  # fmt: skip


def ruby(w: Writer) -> Block:
    """Readings above words: the words are the text."""
    word, reading = w.random.choice(_READINGS)
    rest = w.sentence()
    html = f"<p><ruby>{word}<rp>（</rp><rt>{reading}</rt><rp>）</rp></ruby>とは別に、{rest}</p>"
    said = f"{word}とは別に、{rest}"
    return Block(html, (said,), (reading,), joined=(said,))


_READINGS = (("海月", "くらげ"), ("稟議書", "りんぎしょ"), ("押印", "おういん"),
             ("慶弔", "けいちょう"), ("帳票", "ちょうひょう"))  # fmt: skip


def listed(w: Writer) -> Block:
    """A list, some with one inside."""
    items = [w.sentence() for _ in range(w.random.randint(2, 5))]
    name = w.random.choice(("ul", "ol"))
    inner = [w.sentence() for _ in range(2)] if w.random.random() < 0.3 else []
    html = "\n".join(f"  <li>{one}</li>" for one in items)
    if inner:
        below = "".join(f"<li>{one}</li>" for one in inner)
        html = html[: -len("</li>")] + f"\n    <ul>{below}</ul></li>"
    return Block(f"<{name}>\n{html}\n</{name}>", (*items, *inner))


def table(w: Writer) -> Block:
    """A table with a head, some with a caption and a cell over two columns."""
    random = w.random
    heads = ("区分", "内容", "期限")
    rows, said = [], list(heads)
    for _ in range(random.randint(2, 5)):
        cells = (prose.term(random), w.sentence(), f"{random.randint(2, 90)}営業日")
        said += cells
        rows.append(
            f"    <tr><th scope=row>{cells[0]}</th><td>{cells[1]}</td><td>{cells[2]}</td></tr>"
        )
    note = w.sentence()
    rows.append(f'    <tr><td colspan="3">{note}</td></tr>')
    head = "".join(f"<th>{one}</th>" for one in heads)
    html = f"<table>\n  <thead><tr>{head}</tr></thead>\n  <tbody>\n" + "\n".join(rows)
    return Block(f"{html}\n  </tbody>\n</table>", (*said, note))


def defined(w: Writer) -> Block:
    """Terms and what they mean."""
    pairs = [(prose.term(w.random), w.sentence()) for _ in range(w.random.randint(2, 4))]
    html = "\n".join(f"  <dt>{term}</dt>\n  <dd>{said}</dd>" for term, said in pairs)
    return Block(f"<dl>\n{html}\n</dl>", tuple(one for pair in pairs for one in pair))


def quoted(w: Writer) -> Block:
    """A quotation, or a box that opens."""
    said = w.sentence()
    if w.random.random() < 0.5:
        return Block(f"<blockquote><p>{said}</p></blockquote>", (said,))
    question = f"{prose.term(w.random)}はいつまでですか"
    html = f"<details>\n<summary>{question}</summary>\n<p>{said}</p>\n</details>"
    return Block(html, (question, said))


def code(w: Writer) -> Block:
    """Lines of code, whose ends count."""
    lines = (f"export KURAGE_ID={w.number}", "kurage sync --all")
    return Block("<pre><code>" + "\n".join(lines) + "\n</code></pre>", lines)


def figure(w: Writer) -> Block:
    """A picture with words below it."""
    said = w.sentence()
    html = f'<figure><img src="/assets/{w.number}.png" alt=""><figcaption>{said}</figcaption>'
    return Block(f"{html}</figure>", (said,))


def lines(w: Writer) -> Block:
    """An address block: its line ends are meant."""
    person, system = prose.person(w.number % 168), prose.system(w.random)
    said = (f"担当は{person}です", f"窓口は{system}です", f"内線は{w.number % 9000 + 1000}です")
    return Block(f"<p>{'<br>'.join(said)}</p>", said)


def linked(w: Writer) -> Block:
    """A sentence with a link to another page in it."""
    if not w.links:
        return paragraph(w)
    to, words = w.random.choice(w.links)
    said = w.sentence()
    return Block(f'<p>{said}詳しくは<a href="{to}">{words}</a>をご覧ください。</p>', (said,))


def concealed(w: Writer) -> Block:
    """What stands in the source and on no screen."""
    secret = w.secret()
    return Block(w.random.choice(_CONCEALED).format(secret), (), (secret,))


_CONCEALED = (
    '<div style="display:none"><p>{}</p></div>',
    '<p style="color:#fff; visibility: hidden;">{}</p>',
    "<div hidden><p>{}</p></div>",
    '<span aria-hidden="true">{}</span>',
    "<template><p>{}</p></template>",
    "<!-- {} -->",
    '<script type="application/json">{{"note": "{}"}}</script>',
    "<script>var note = '{}';</script>",
    "<style>.memo::after {{ content: '{}' }}</style>",
    "<noscript><p>{}</p></noscript>",
    "<dialog><p>{}</p></dialog>",
    '<input type="hidden" name="memo" value="{}">',
    "<textarea hidden>{}</textarea>",
)


def headed(w: Writer) -> Block:
    """A heading, with an id or one of the older ways to have an anchor."""
    w.sections += 1
    words = f"第{w.sections}節 {prose.topic(w.random)}"
    level = "h2" if w.sections == 1 or w.random.random() < 0.7 else "h3"
    name = f"sec-{w.number}-{w.sections}"
    html = w.random.choice(_HEADINGS).format(
        level=level, name=name, words=words.replace("&", "&amp;")
    )
    return Block(html, (words,), anchors=((words, name),))


_HEADINGS = (
    '<{level} id="{name}">{words}</{level}>',
    '<{level} id="{name}">{words}</{level}>',
    '<{level} id="{name}">{words}<a class="anchor" href="#{name}">#</a></{level}>',
    '<a name="{name}"></a>\n<{level}>{words}</{level}>',
    '<{level}><a name="{name}">{words}</a></{level}>',
    '<{level}><span id="{name}">{words}</span></{level}>',
)

_MAKES: tuple[Callable[[Writer], Block], ...] = (
    paragraph, wrapped, tagged, ruby, listed, table, defined, quoted, code, figure, lines, linked,
    concealed,
)  # fmt: skip


def composed(w: Writer, code_of_page: str, fresh: str | None, *, parts: int = 4) -> list[Block]:
    """Return the main part of a page: a sentence of its own first, then so many sections."""
    own = f"この文書の管理番号は{code_of_page}です。"
    made = [Block(f"<p>{own}</p>", (own,))]
    if fresh:
        made.append(Block(f"<p>{fresh}</p>", (fresh,)))
    for _ in range(parts):
        made.append(headed(w))
        made.append(paragraph(w))
        made += [w.random.choice(_MAKES)(w) for _ in range(w.random.randint(2, 4))]
    return made
