"""What the page about Confluence says is true: options, variables, scopes, macros, messages.

`test_docs_confluence_followed.py` follows it to an answer.
"""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from inspect import signature
from pathlib import Path

import pytest
import yaml
from chat_pages import QUOTES, ROOT, Page, first, languages
from rigs.confluence import ConfluenceRig

from bot import settings
from bot.settings.values import seconds
from connectors.base import Cursor, Document, Ref
from connectors.confluence import ConfluenceConnector, examine, windows
from connectors.confluence.api import open_site
from connectors.confluence.storage import Storage, include_key
from connectors.http import Http
from connectors.http.client import LONGEST_WAIT
from ingest.extract.blocks import Extracted
from ingest.extract.confluence import extract
from ingest.sync import plan

ACCOUNT = "LEGACY"
"""The name of the second site's account."""


def page(language: str) -> Page:
    return Page("confluence", language)


# Variables


@languages
def test_every_variable_is_on_the_page_and_read_as_it_says(language: str) -> None:
    named = page(language).named(first(page(language), "variable", "変数"))
    fields = settings.ConfluenceAccount.model_fields
    assert named == {f"CONFLUENCE_{field.upper()}" for field in fields}


@languages
def test_examples_of_variables_lead_to_the_site_that_they_are_for(
    language: str, tmp_path: Path
) -> None:
    """Cloud, Data Center, and a second site."""
    editions = []
    for block in page(language).blocks("ini"):
        told = dict(line.split("=", 1) for line in block.replace("…", "secret").splitlines())
        loaded = settings.load(told, tmp_path)
        name = ACCOUNT if any(f"_{ACCOUNT}_" in variable for variable in told) else None
        account = loaded.confluence_account(settings.ConfluenceSource(account=name))
        assert account.token
        site = open_site(
            str(account.url), email=account.email, token=account.token.get_secret_value()
        )
        editions.append((site.edition, account.email is not None))
        site.close()
    cloud, data_center = ("cloud", True), ("data-center", False)
    assert editions == [cloud, data_center, data_center]


# Macros

TITLE = (
    '<ac:parameter ac:name="title">題名</ac:parameter>'
    '<ac:parameter ac:name="width">設定値</ac:parameter>'
)
RICH = "<ac:rich-text-body><p>本文です。</p></ac:rich-text-body>"
PLAIN = "<ac:plain-text-body><![CDATA[本文です。]]></ac:plain-text-body>"
PAGE = (
    '<ac:parameter ac:name=""><ac:link><ri:page ri:content-title="別紙"/></ac:link></ac:parameter>'
)
INCLUDED = (
    '<p>別紙の前書き。</p><ac:structured-macro ac:name="excerpt"><ac:rich-text-body>'
    "<p>別紙の要点。</p></ac:rich-text-body></ac:structured-macro>"
)
MACROS = {
    **dict.fromkeys(
        ("info", "note", "tip", "warning", "panel", "expand"), (TITLE + RICH, "題名 本文です。")
    ),
    **dict.fromkeys(
        ("code", "noformat", "markdown", "mermaid", "plantuml"), (TITLE + PLAIN, "題名 本文です。")
    ),
    **dict.fromkeys(("section", "column", "quote", "excerpt", "details"), (RICH, "本文です。")),
    "status": (TITLE, "題名"),
    "jira": ('<ac:parameter ac:name="key">HR-7</ac:parameter>', "HR-7"),
    "html": (
        "<ac:plain-text-body><![CDATA[<b>本文です。</b>]]></ac:plain-text-body>",
        "本文です。",
    ),
    "include": (PAGE, "別紙の前書き。 別紙の要点。"),
    "excerpt-include": (PAGE, "別紙の要点。"),
    **dict.fromkeys(
        ("toc", "children", "pagetree", "contentbylabel", "attachments", "livesearch", "iframe"),
        (TITLE, ""),
    ),
    **dict.fromkeys(("drawio", "gliffy"), (TITLE, "")),
}
"""What is inside a macro of each name, and the text that becomes of it."""
NAMED_IN_THE_REPORT = {"drawio", "gliffy"}


def read(inside: str, name: str) -> Extracted:
    macro = f'<ac:structured-macro ac:name="{name}">{inside}</ac:structured-macro>'
    included = {include_key("", "別紙"): INCLUDED}
    page = Storage("cloud", "規程", f"<p>前。</p>{macro}<p>後。</p>", included=included)
    return extract(page.to_bytes(), "規程")


@languages
def test_every_macro_of_the_table_is_read_as_it_says(language: str) -> None:
    """By the extractor itself, with a setting beside it that is no text."""
    named = page(language).named(first(page(language), "macro or markup", "マクロや記法"))
    assert named == set(MACROS)
    for name, (inside, text) in MACROS.items():
        extracted = read(inside, name)
        told = " ".join(" ".join(block.text.split()) for block in extracted.blocks)
        assert told.split() == ["前。", *text.split(), "後。"], name
        assert bool(extracted.warnings) == (name in NAMED_IN_THE_REPORT), name


def test_what_is_hidden_on_the_page_is_not_read_and_what_is_unknown_with_its_body_only() -> None:
    hidden = '<ac:parameter ac:name="hidden">true</ac:parameter>' + RICH
    for name in ("excerpt", "details"):
        assert [block.text for block in read(hidden, name).blocks] == ["前。", "後。"]
    unknown = read(TITLE + RICH, "somebodys-macro")
    assert [block.text for block in unknown.blocks] == ["前。", "本文です。", "後。"]
    assert "somebodys-macro" in unknown.warnings[0]


@languages
def test_markup_is_read_as_the_table_says(language: str) -> None:
    task = (
        "<ac:task><ac:task-status>complete</ac:task-status>"
        "<ac:task-body>申請</ac:task-body></ac:task>"
    )
    told = {
        f"<ac:task-list>{task}</ac:task-list>": "☑ 申請",
        f"<ac:task-list>{task.replace('complete', 'incomplete')}</ac:task-list>": "☐ 申請",
        '<p><time datetime="2026-11-22"/></p>': "2026年11月22日",
        '<p><ac:emoticon ac:emoji-fallback="🎉"/></p>': "🎉",
        '<p><ac:link><ri:user ri:account-id="7"/></ac:link></p>': "佐藤 花子",
        '<p><ac:link><ri:page ri:content-title="別紙"/></ac:link></p>': "別紙",
        '<p><ac:image ac:alt="申請の流れ"><ri:attachment ri:filename="a.png"/></ac:image></p>':
            "申請の流れ",
    }  # fmt: skip
    for markup, text in told.items():
        page_ = Storage("cloud", "規程", markup, users={"7": "佐藤 花子"})
        (block,) = extract(page_.to_bytes(), "規程").blocks
        assert block.text.removeprefix("- ") == text
    for sign in ("☐", "☑", "2026年11月22日"):
        assert sign in page(language).text


# What is said


@cache
def constants() -> str:
    """Return every text in the code that speaks of a source, each on its own line."""
    folders = ("connectors/confluence", "connectors/http", "ingest/sync", "ingest/state",
               "ingest/extract/confluence", "bot/settings", "bot/doctor")  # fmt: skip
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return "\n".join(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@languages
def test_messages_in_the_table_of_troubles_are_the_programs(language: str) -> None:
    rows = page(language).cells(first(page(language), "message", "メッセージ"))
    quotes = [quote for row in rows for quote in QUOTES[language].findall(row[0])]
    assert len(quotes) >= 8
    assert [quote for quote in quotes if quote not in constants()] == []


@languages
def test_numbers_in_sentences_are_those_of_the_code(language: str) -> None:
    tries = signature(Http).parameters["attempts"].default
    share = settings.Ingest().max_delete_share
    days = seconds(settings.ConfluenceSource().keep_deleted) // 86400
    assert (tries, share, days, plan.FEW) == (5, 0.2, 30, 5)
    for sentence in (
        ("is tried five times", "5回まで試します"),
        (f"{LONGEST_WAIT / 60:.0f} minutes at most", f"長くて{LONGEST_WAIT / 60:.0f}分"),
        (
            "a fifth of a source (`max_delete_share`), and more than five documents",
            "全体の2割（`max_delete_share`）を超え、しかも5件より多く",
        ),
        (f"for each {windows._SPACES} spaces", f"{windows._SPACES}スペースごとに"),
    ):
        assert sentence[["en", "ja"].index(language)] in page(language).unwrapped


# Scopes

GRANULAR = re.compile(r"read:[a-z.-]+:confluence")
SPECIFICATIONS = ROOT.parent / "shared" / "specs"


@cache
def operations() -> list[tuple[str, re.Pattern[str], frozenset[str]]]:
    """Return method, path and granular scopes of every operation of Cloud's descriptions."""
    first_, second = (
        SPECIFICATIONS / name
        for name in ("confluence-cloud-v1.openapi.yaml", "confluence-cloud-v2.openapi.json")
    )
    if not (first_.exists() and second.exists()):
        pytest.skip("Atlassian's descriptions of the API are not at hand")
    found: list[tuple[str, re.Pattern[str], frozenset[str]]] = []
    for prefix, read_ in (
        ("/wiki", yaml.load(first_.read_text("utf-8"), Loader=yaml.CSafeLoader)),
        ("/wiki/api/v2", json.loads(second.read_text("utf-8"))),
    ):
        for path, methods in read_["paths"].items():
            pattern = re.compile(prefix + re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path)))
            for method, operation in methods.items():
                named = operation.get("x-atlassian-oauth2-scopes", [])
                kinds = [
                    one["scopes"] for one in named if all(map(GRANULAR.fullmatch, one["scopes"]))
                ]
                found.append((method.upper(), pattern, frozenset(*kinds[:1])))
    return found


def scopes_of(method: str, path: str) -> frozenset[str]:
    """Return the granular scopes of what was asked; of several, the one without a placeholder."""
    fitting = [one for one in operations() if one[0] == method and one[1].fullmatch(path)]
    assert fitting, f"{method} {path} is none of Atlassian's operations"
    return min(fitting, key=lambda one: one[1].pattern.count("[^/]+"))[2]


def asked(tmp_path: Path) -> set[tuple[str, str]]:
    """Return method and path of all that a connector asks a site in Cloud for."""
    with ConfluenceRig(edition="cloud") as rig:
        world = rig.site
        space = world.add_space("HR", licensed=True)
        person = world.add_user("佐藤 花子", "sato@example.co.jp")
        group = world.add_group("hr", [person])
        folder = world.add_folder(space, "規程集")
        mention = f'<p><ac:link><ri:user ri:account-id="{person}"/></ac:link></p>'
        page_ = world.add_page(space, "規程", mention, parent=folder)
        world.restrict(page_, [person], [group])
        world.add_blogpost(space, "お知らせ", "<p>本日から</p>")
        gone = world.add_page(space, "旧規程", "<p>旧</p>")
        comment = world.comment(page_, "<p>いつから？</p>")
        attached = world.attach(page_, "表.csv", b"a,b\n1,2\n", "text/csv")
        site = open_site(rig.url, email=rig.email, token=rig.token)
        connector = ConfluenceConnector(site, memory=tmp_path / "memory.db")
        *changes, cursor = connector.changes(None)
        refs = [change for change in changes if isinstance(change, Ref)]
        assert {page_, gone, comment, attached} <= {ref.id for ref in refs}
        documents = list(connector.fetch_all(refs))
        assert all(isinstance(document, Document) for document in documents), documents
        assert any(one.members for one in connector.groups())
        assert isinstance(cursor, Cursor)
        list(connector.changes(cursor))
        world.delete(gone)
        connector.confirm_gone([ref.id for ref in refs])
        for document in documents:
            assert isinstance(document, Document)
            connector.find(document.url)
            connector.check(document.ref)
        assert {remark.level for remark in connector.examine()} == {"ok"}
        connector.close()
        # Files lie on another host, which asks for no scope.
        return {(one.method, one.path) for one in rig.journal if one.authorized}


@languages
def test_scopes_are_those_of_what_is_really_asked_for(language: str, tmp_path: Path) -> None:
    """By Atlassian's descriptions; the doctor names the same ones."""
    named = page(language).named(first(page(language), "scope", "スコープ"))
    assert named == set(examine.SCOPES)
    requests = asked(tmp_path)
    # Asked for only where a site has roles, which the rig's has not.
    cloud = (ROOT / "connectors/confluence/api/cloud.py").read_text("utf-8")
    assert "}/role-assignments" in cloud
    requests.add(("GET", "/wiki/api/v2/spaces/1/role-assignments"))
    assert named == {scope for method, path in requests for scope in scopes_of(method, path)}


# Readers


@languages
def test_layers_are_named_as_the_table_says(language: str) -> None:
    """A person, one without an address, a group, everyone with a licence, and everybody."""
    columns = [("in Confluence", "layer"), ("Confluenceでは", "層に入るもの")]
    rows = page(language).cells(*columns[["en", "ja"].index(language)])
    with ConfluenceRig(edition="cloud") as rig:
        world = rig.site
        licensed = world.add_space("ALL", groups=(), licensed=True)
        world.add_page(world.add_space("OPEN", groups=(), anonymous=True), "案内", "<p>案内</p>")
        sato = world.add_user("佐藤 花子", "sato@example.co.jp")
        hidden = world.add_user("鈴木 一郎", "suzuki@example.co.jp", hidden=True)
        page_ = world.add_page(licensed, "規程", "<p>規程</p>")
        world.restrict(page_, [sato, hidden], [world.add_group("hr", [sato])])
        site = open_site(rig.url, email=rig.email, token=rig.token)
        connector = ConfluenceConnector(site)
        refs = [change for change in connector.changes(None) if isinstance(change, Ref)]
        seen = {one for ref in refs for layer in connector.readers(ref) for one in layer}
        host = site.host
        connector.close()
    told = {
        name.replace("example.atlassian.net", host).replace(":ID", f":{hidden}")
        for row in rows
        for name in re.findall(r"`((?:user|group):[^`]+|anyone)`", row[1])
    }
    assert told == seen - {"user:kurage@example.co.jp"}  # who may view the spaces, too
