"""However macros, lists, tables and the like nest: each sentence once, in order, and no setting."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from confluence_markup import macro, read
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import Extracted

SECRET = "SECRET"
SETTINGS = {"bgColor": SECRET, "id": SECRET}


@dataclass(frozen=True)
class Tree:
    """Markup, with the sentences that a reader sees of it, in order."""

    markup: str
    sentences: tuple[str, ...]


def inline(words: list[tuple[str, str]]) -> Tree:
    """A sentence whose words stand in inline elements, as an editor leaves them."""
    markup = "".join(INLINE[tag].format(escape(word)) for word, tag in words)
    return Tree(markup, ("".join(word for word, _ in words),))


INLINE = {
    "": "{}",
    "strong": "<strong>{}</strong>",
    "span": '<span style="color: rgb(1,2,3);">{}</span>',
    "marked": '<ac:inline-comment-marker ac:ref="SECRET">{}</ac:inline-comment-marker>',
    "link": (
        '<ac:link ac:anchor="TITLE"><ri:page ri:content-title="TITLE" /><ac:link-body>{}'
        "</ac:link-body></ac:link>"
    ),
    "plain link": (
        '<ac:link><ri:attachment ri:filename="TITLE" /><ac:plain-text-link-body>{}'
        "</ac:plain-text-link-body></ac:link>"
    ),
    "a": '<a href="https://example.com/SECRET">{}</a>',
    "line end": "\n  {}",
    "emoji": '<ac:emoticon ac:name="SECRET" ac:emoji-fallback=":SECRET:" />{}',
    "status": macro("status", colour=SECRET, title="{}"),
    "placeholder": "<ac:placeholder>SECRET</ac:placeholder>{}",
    "image": '<ac:image ac:width="SECRET"><ri:attachment ri:filename="SECRET" /></ac:image>{}',
    "nobody": '<ac:link><ri:user ri:account-id="SECRET" /></ac:link>{}',
    "macro": macro("drawio", name_=SECRET) + "{}",
}
WORDS = st.text(st.sampled_from("有給休暇申請経費精算のはをにカナ、。「」"), min_size=1, max_size=6)
SENTENCES = st.lists(st.tuples(WORDS, st.sampled_from(sorted(INLINE))), min_size=1, max_size=4)
ADF = (
    '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">SECRET'
    "</ac:adf-attribute><ac:adf-content>{0}</ac:adf-content></ac:adf-node><ac:adf-fallback>{0}"
    "</ac:adf-fallback></ac:adf-extension>"
)
TASK = (
    "<ac:task-list><ac:task><ac:task-id>SECRET</ac:task-id><ac:task-status>incomplete"
    "</ac:task-status><ac:task-body>{0}</ac:task-body></ac:task></ac:task-list>"
)
BLOCKS = {
    "div": "<div>{0}</div>",
    "quote": "<blockquote>{0}</blockquote>",
    "bullets": "<ul><li>{0}</li></ul>",
    "numbers": '<ol start="2"><li>{0}</li></ol>',
    "info": macro("info", "{0}", **SETTINGS),
    "expand": macro("expand", "{0}", **SETTINGS),
    "excerpt": macro("excerpt", "{0}", **SETTINGS),
    "unknown": macro("unknown-macro", "{0}", **SETTINGS),
    "old": macro("panel", "{0}", **SETTINGS).replace("structured-macro", "macro"),
    "layout": (
        '<ac:layout><ac:layout-section ac:type="SECRET"><ac:layout-cell>{0}</ac:layout-cell>'
        "</ac:layout-section></ac:layout>"
    ),
    "cell": '<table data-id="SECRET"><tbody><tr><td>{0}</td></tr></tbody></table>',
    "adf": ADF,
    "task": TASK,
    "after macros": macro("toc", **SETTINGS) + macro("drawio", **SETTINGS) + "{0}",
}
PARAGRAPHS = SENTENCES.map(inline).map(lambda tree: Tree(f"<p>{tree.markup}</p>", tree.sentences))


def nested(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Some of these, one after another, in something."""
    return st.tuples(st.sampled_from(sorted(BLOCKS)), st.lists(inner, min_size=1, max_size=3)).map(
        lambda made: Tree(
            BLOCKS[made[0]].format("".join(tree.markup for tree in made[1])),
            tuple(sentence for tree in made[1] for sentence in tree.sentences),
        )
    )


TREES = st.recursive(PARAGRAPHS, nested, max_leaves=8)
EDITIONS = st.sampled_from(["cloud", "data-center"])
MARKS = str.maketrans("", "", "-☐|0123456789. \n")


def bare(text: str) -> str:
    return text.translate(MARKS)


def seen(extracted: Extracted) -> str:
    return "\n".join(block.text for block in extracted.blocks)


@given(TREES, EDITIONS)
def test_any_nesting_keeps_every_sentence_once_and_leaks_no_setting(
    tree: Tree, edition: str
) -> None:
    extracted = read(tree.markup, edition="cloud" if edition == "cloud" else "data-center")
    text = seen(extracted)
    assert bare(text) == "".join(bare(sentence) for sentence in tree.sentences)
    assert all(sentence in text for sentence in tree.sentences), "no space inside a word"
    assert SECRET not in repr(extracted)
    assert "TITLE" not in text, "a link has words of its own"
    assert not [warning for warning in extracted.warnings if "damaged" in warning]


@given(TREES, st.floats(0, 1))
def test_markup_that_is_cut_anywhere_keeps_what_came_before_and_leaks_nothing(
    tree: Tree, share: float
) -> None:
    cut = tree.markup[: int(len(tree.markup) * share)]
    whole = [s for s in tree.sentences if tree.markup.count("<p>") == 1 and s in cut]
    extracted = read(f"<p>始</p>{cut}")
    assert SECRET not in repr(extracted)
    assert all(sentence in seen(extracted) for sentence in whole)


@given(st.lists(TREES, min_size=1, max_size=3))
def test_a_page_reads_as_its_parts_do(trees: list[Tree]) -> None:
    """What stands before or after changes nothing of a part."""
    parts = [block.text for tree in trees for block in read(tree.markup + "<hr/>").blocks]
    whole = [block.text for block in read("<hr/>".join(tree.markup for tree in trees)).blocks]
    assert whole == parts
