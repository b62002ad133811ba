"""A macro's words are read, its settings never, and one that is not read is named."""

from __future__ import annotations

import pytest
from confluence_markup import include, macro, read, texts

from connectors.confluence.storage import Comment


@pytest.mark.parametrize("name", ["info", "note", "warning", "tip", "panel", "expand"])
def test_the_body_of_a_panel_is_read_under_its_title(name: str) -> None:
    settings = {"icon": "false", "bgColor": "#ff0000", "title": "注意"}
    extracted = read("<p>前</p>" + macro(name, "<p>本<b>文</b></p>", **settings) + "<p>後</p>")
    assert [block.text for block in extracted.blocks] == ["前", "注意", "本文", "後"]
    assert extracted.warnings == ()


def test_code_is_kept_verbatim_with_its_title_and_without_its_settings() -> None:
    plain = "if a &nbsp; b && c < 1:\n\n    <b>x</b>  </ac:plain-text-body>"
    markup = macro("code", plain=plain, language="bash", title="取込の手順", linenumbers="true")
    blocks = read(markup).blocks
    assert [(block.kind, block.text) for block in blocks] == [
        ("paragraph", "取込の手順"),
        ("code", plain),
    ]
    (block,) = read(macro("noformat", plain=" a\n  b ")).blocks
    assert (block.kind, block.text) == ("code", " a\n  b")


def test_text_that_confluence_could_not_migrate_is_text() -> None:
    assert texts(macro("unmigrated-wiki-markup", plain="h1. 規程\n本文")) == ["h1. 規程\n本文"]


def test_code_whose_body_takes_several_cdata_sections_is_whole() -> None:
    """`]]>` in code can not be written in one."""
    markup = macro("code", plain="a[b[0]]]]><![CDATA[> 1")
    assert texts(markup) == ["a[b[0]]> 1"]


def test_a_status_is_its_title() -> None:
    markup = f"<p>状態：{macro('status', colour='Green', title='完了', subtle='true')}です</p>"
    assert texts(markup) == ["状態：完了です"]


def test_an_issue_is_its_key_and_no_query_leaks() -> None:
    issue = macro("jira", server="System JIRA", columns="key,summary", serverId="x", key="PROJ-7")
    query = macro("jira", server="System JIRA", jqlQuery="project = SECRET", maximumIssues="20")
    extracted = read(f"<p>課題は{issue}を参照。</p>{query}")
    assert [block.text for block in extracted.blocks] == ["課題はPROJ-7を参照。"]
    assert extracted.warnings == ('macro "jira" is not read',)


@pytest.mark.parametrize(
    "name", ["toc", "children", "pagetree", "contentbylabel", "recently-updated", "attachments"]
)
def test_macros_that_lead_elsewhere_are_nothing(name: str) -> None:
    extracted = read("<p>本文</p>" + macro(name, root="SECRET", maxLevel="3"))
    assert [block.text for block in extracted.blocks] == ["本文"]
    assert extracted.warnings == ()


def test_macros_that_are_not_read_are_named_once_with_their_number() -> None:
    drawio = macro("drawio", diagramName="構成図", revision="4")
    query = macro("sql", plain="select * from SECRET", dataSource="db")
    extracted = read(f"<p>本文</p>{drawio}{drawio}{query}{macro('ours', '<p>中身</p>', a='b')}")
    assert [block.text for block in extracted.blocks] == ["本文", "中身"]
    assert extracted.warnings == (
        'macro "drawio" ×2 is not read',
        'macro "sql" is not read',
        'macro "ours" is unknown; only the text in its body is read',
    )


def test_only_so_many_macros_are_named_as_somebody_reads() -> None:
    extracted = read("<p>本文</p>" + "".join(macro(f"m{n}") for n in range(1_000)))
    assert len(extracted.warnings) == 21
    assert extracted.warnings[-1] == "and 980 more of the kind"


def test_html_is_read_as_html() -> None:
    plain = "<div>社内<b>規程</b></div><script>alert(1)</script><p>改訂<br>版</p><!-- 秘密 -->"
    (block,) = read(macro("html", plain=plain)).blocks
    assert block.text == "社内規程\n改訂\n版"


@pytest.mark.parametrize("name", ["excerpt", "details"])
def test_a_hidden_excerpt_is_not_on_the_page(name: str) -> None:
    assert texts("<p>本文</p>" + macro(name, "<p>要約</p>", hidden="true")) == ["本文"]
    assert texts("<p>本文</p>" + macro(name, "<p>要約</p>", hidden="false")) == ["本文", "要約"]


def test_nested_macros_are_read_to_the_bottom() -> None:
    markup = macro("expand", macro("expand", macro("info", "<p>奥</p>"), title="内"), title="外")
    assert texts(markup) == ["外", "内", "奥"]


def test_a_macro_inside_a_parameter_is_no_text() -> None:
    inner = macro("info", "<p>SECRET</p>")
    assert texts("<p>本文</p>" + macro("drawio", x=inner)) == ["本文"]


def test_macros_of_confluence_4_are_read_alike() -> None:
    assert texts(
        '<ac:macro ac:name="info"><ac:parameter ac:name="title">題</ac:parameter>'
        "<ac:rich-text-body><p>本文</p></ac:rich-text-body></ac:macro>"
    ) == ["題", "本文"]


class TestIncludes:
    def test_an_included_page_stands_where_it_is_included(self) -> None:
        markup = f"<p>前</p><p>{include('共通', 'HR')}</p><p>後</p>"
        included = {"HR:共通": "<p>共通<b>事項</b></p>"}
        assert texts(markup, included=included) == ["前", "共通事項", "後"]

    def test_an_included_page_includes_others(self) -> None:
        included = {":二": f"<p>二</p>{include('三')}", ":三": "<p>三</p>"}
        assert texts(f"<p>一</p>{include('二')}", included=included) == ["一", "二", "三"]

    def test_what_must_not_be_shown_leaves_nothing_but_a_warning(self) -> None:
        extracted = read(f"<p>前</p>{include('人事', 'HR')}<p>後</p>", included={"HR:人事": None})
        assert [block.text for block in extracted.blocks] == ["前", "後"]
        (warning,) = extracted.warnings
        assert 'the included page "人事" is left out' in warning

    def test_what_the_connector_did_not_bring_is_left_out_alike(self) -> None:
        extracted = read(f"<p>前</p>{include('人事', 'HR')}{include('人事', 'HR')}")
        assert [block.text for block in extracted.blocks] == ["前"]
        assert len(extracted.warnings) == 1

    def test_a_page_that_includes_itself_is_read_once_a_time(self) -> None:
        included: dict[str, str | None] = {
            ":自": f"<p>自</p>{include('自')}{include('他')}",
            ":他": f"<p>他</p>{include('自')}",
        }
        assert texts(include("自"), included=included) == ["自", "他"]

    def test_a_page_may_be_included_twice(self) -> None:
        markup = f"{include('連絡先')}<p>間</p>{include('連絡先')}"
        assert texts(markup, included={":連絡先": "<p>内線1</p>"}) == ["内線1", "間", "内線1"]

    def test_pages_that_include_each_other_over_and_over_come_to_an_end(self) -> None:
        included: dict[str, str | None] = {
            f":{n}": f"<p>{'文' * 5_000}</p>" + include(str(n + 1)) * 100 for n in range(4)
        }
        included[":4"] = "<p>底</p>"
        extracted = read("<p>本文</p>" + include("0") * 100, included=included)
        assert "include too much" in extracted.warnings[0]
        assert sum(len(block.text) for block in extracted.blocks) < 11_000_000

    def test_an_excerpt_is_all_that_is_shown_of_a_page(self) -> None:
        source = (
            "<p>SECRET</p>"
            + macro("excerpt", "<p>要約</p>", hidden="true")
            + macro("excerpt", "<p>別の要約</p>", name_="B")
        )
        shown = include("元", macro_name="excerpt-include")
        named = include("元", macro_name="excerpt-include", name="B")
        assert texts(shown, included={":元": source}) == ["要約"]
        assert texts(named, included={":元": source}) == ["別の要約"]

    def test_a_page_without_an_excerpt_shows_nothing_and_says_so(self) -> None:
        markup = "<p>本文</p>" + include("元", macro_name="excerpt-include")
        extracted = read(markup, included={":元": "<p>SECRET</p>"})
        assert [block.text for block in extracted.blocks] == ["本文"]
        assert extracted.warnings == ('the included page "元" has no such excerpt',)

    def test_an_include_of_confluence_4_is_found_by_its_words(self) -> None:
        old = (
            '<ac:macro ac:name="include"><ac:default-parameter>HR:共通</ac:default-parameter>'
            "</ac:macro>"
        )
        assert texts(old, included={"HR:共通": "<p>文</p>"}) == ["文"]


class TestThreads:
    def test_a_thread_says_who_wrote_what_when_and_beside_which_words(self) -> None:
        first = Comment("佐藤 花子", "2026-11-22T05:05:00.000Z", "<p>根拠は？</p>", "月末締め")
        reply = Comment("鈴木", "2026-11-23T09:00:00+09:00", "<p>規程の<b>第3条</b>です。</p>")
        extracted = read("", comments=(first, reply))
        assert extracted.title == "旅費規程"
        assert [block.text for block in extracted.blocks] == [
            "佐藤 花子（2026年11月22日 14:05）\n「月末締め」",
            "根拠は？",
            "鈴木（2026年11月23日 09:00）",
            "規程の第3条です。",
        ]

    def test_headings_of_a_comment_have_no_anchor_in_the_page(self) -> None:
        comment = Comment("田中", "", "<h2>案</h2><p>文</p>")
        for edition in ("cloud", "data-center"):
            blocks = read("", edition=edition, comments=(comment,)).blocks
            assert [(block.text, block.anchor) for block in blocks] == [("田中", ""), ("文", "")]

    def test_what_the_site_does_not_say_is_left_out(self) -> None:
        extracted = read(
            "", comments=(Comment("", "", "<p>文</p>"), Comment("田中", "", "<p>二</p>"))
        )
        assert [block.text for block in extracted.blocks] == ["文", "田中", "二"]
