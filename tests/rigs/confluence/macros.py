"""Macros of pages in storage format, as blocks; see `rigs.confluence.blocks`."""

from __future__ import annotations

from rigs.confluence import prose
from rigs.confluence.blocks import Block, Make, Writer, page_reference, paragraph


def _macro(w: Writer, name: str, parameters: dict[str, str], body: str = "") -> str:
    given = "".join(
        f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items()
    )
    return (
        f'<ac:structured-macro ac:name="{name}" ac:schema-version="1" ac:macro-id="{w.uuid()}">'
        f"{given}{body}</ac:structured-macro>"
    )


def _rich(markup: str) -> str:
    return f"<ac:rich-text-body>{markup}</ac:rich-text-body>"


def code(w: Writer) -> Block:
    """Code in CDATA, with a `]]>` in it that the service parts in two."""
    number = w.random.randint(1000, 9999)
    lines = (
        f'if [ "$USER_{number}" = "root" ]; then',
        f"  rsync --archive /srv/backup-{number}/ host{number}:/var/<data>/",
        f'  test "${{a[b[{number}]]]]><![CDATA[>"',
    )
    body = "\n".join([*lines, "fi"])
    storage = _macro(
        w,
        "code",
        {"language": "bash", "theme": "Midnight", "linenumbers": "true", "breakoutWidth": "1800"},
        f"<ac:plain-text-body><![CDATA[{body}]]></ac:plain-text-body>",
    )
    seen = (lines[0], lines[1].strip(), f'test "${{a[b[{number}]]>"')
    return Block(storage, seen, ("Midnight", "breakoutWidth"))


def panel(w: Writer) -> Block:
    """A panel of one of the five kinds."""
    name = w.random.choice(("info", "note", "warning", "tip", "panel"))
    first, second = w.line(), w.line()
    parameters = {"bgColor": "#DEEBFF", "panelIconId": "atlassian-info"} if name == "panel" else {}
    parameters["icon"] = "false"
    storage = _macro(w, name, parameters, _rich(f"<p>{first}</p><p>{second}</p>"))
    return Block(storage, (first, second), ("#DEEBFF", "atlassian-info") if name == "panel" else ())


def expand(w: Writer) -> Block:
    """What opens at a click, with a macro in it."""
    line = w.line()
    inner = panel(w)
    storage = _macro(w, "expand", {"title": "詳しく見る"}, _rich(f"<p>{line}</p>{inner.storage}"))
    return Block(storage, (line, *inner.present), inner.parameters)


def status(w: Writer) -> Block:
    """A status amid a sentence."""
    words = w.random.choice(("完了", "対応中", "未着手"))
    macro = _macro(w, "status", {"title": words, "colour": "Yellow", "subtle": "true"})
    return Block(f"<p>現在の状況は{macro}です。</p>", (f"現在の状況は{words}です。",), ("Yellow",))


def jira(w: Writer) -> Block:
    """A Jira issue amid a sentence, or a table of those that a query finds."""
    server = w.uuid()
    parameters = {"server": "System JIRA", "serverId": server}
    if w.random.random() < 0.5:
        key = f"OPS-{w.random.randint(100, 9999)}"
        macro = _macro(w, "jira", {**parameters, "key": key})
        return Block(
            f"<p>対応は{macro}で管理します。</p>",
            (f"対応は{key}で管理します。",),
            (server, "System JIRA"),
        )
    query = f"project = OPS AND labels = {w.code}"
    listed = {"columns": "key,summary,assignee", "maximumIssues": "20", "jqlQuery": query}
    return Block(
        _macro(w, "jira", {**parameters, **listed}), (), (server, query, "key,summary,assignee")
    )


def drawio(w: Writer) -> Block:
    """A diagram of an app."""
    name = f"diagram-{w.code}"
    local = w.uuid()
    storage = _macro(
        w,
        "drawio",
        {
            "diagramName": name,
            "diagramDisplayName": f"{name}.drawio",
            "contentId": str(w.random.randint(10**8, 10**9)),
            "custContentId": local,
            "baseUrl": "https://drawio.example.com/export",
        },
    )
    return Block(storage, (), (name, local, "drawio.example.com"))


def unknown(w: Writer) -> Block:
    """A macro of an app that nobody knows, with text in it."""
    line = w.line()
    name = w.random.choice(("aura-tab", "roadmap", "ui-steps"))
    parameters = {"paramsId": w.uuid(), "background": "linear-gradient(90deg)"}
    return Block(
        _macro(w, name, parameters, _rich(f"<p>{line}</p>")),
        (line,),
        (parameters["paramsId"], "linear-gradient"),
    )


def anchor(w: Writer) -> Block:
    """An anchor before a sentence."""
    line = w.line()
    name = f"todokesaki-{w.code}"
    macro = _macro(w, "anchor", {"": name})
    return Block(f"<p>{macro}{line}</p>", (line,), (name,))


def contents(w: Writer) -> Block:
    """A table of contents: the headings, which are there already."""
    return Block(_macro(w, "toc", {"minLevel": "1", "style": "circle-toc"}), (), ("circle-toc",))


def excerpt(w: Writer) -> Block:
    """What the page offers to others; with the page's number, so that it is known again."""
    line = f"要点は{w.code}のとおり、{prose.system(w.random)}で行うことです。"
    macro = _macro(w, "excerpt", {"atlassian-macro-output-type": "INLINE"}, _rich(f"<p>{line}</p>"))
    return Block(macro, (line,), ("atlassian-macro-output-type",), excerpt=(line,))


def include(w: Writer) -> Block:
    """Another page, or its excerpt, in this one."""
    if not w.targets:
        return paragraph(w)
    space, title = w.random.choice(w.targets)
    only = w.random.random() < 0.5
    named = f"<ac:link>{page_reference(space, title)}</ac:link>"
    parameter = f'<ac:parameter ac:name="">{named}</ac:parameter>'
    name = "excerpt-include" if only else "include"
    more = '<ac:parameter ac:name="nopanel">true</ac:parameter>' if only else ""
    storage = (
        f'<ac:structured-macro ac:name="{name}" ac:schema-version="1" ac:macro-id="{w.uuid()}">'
        f"{parameter}{more}</ac:structured-macro>"
    )
    return Block(storage, includes=((space, title, only),))


MACROS: tuple[Make, ...] = (
    code, panel, expand, status, jira, drawio, unknown, anchor, contents,
)  # fmt: skip
"""Macros that stand anywhere. `excerpt` and `include` are put in by whoever composes a page."""
