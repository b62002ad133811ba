"""The command line as its users run it: real processes over the sample handbook."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANDBOOK = ROOT / "examples" / "handbook"
QUESTION = "有給休暇は何日前までに申請すればいい？"

Kurage = Callable[..., subprocess.CompletedProcess[str]]


def runner(home: Path, directory: Path) -> Kurage:
    """Return what runs `kurage` with its state in `home`."""

    def kurage(
        *arguments: str, code: int = 0, stdin: str = "", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            cwd=directory,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "KURAGE_HOME": str(home),
                "LANG": "C.UTF-8",
                "COLUMNS": "100",
                **environ,
            },
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return done

    return kurage


@pytest.fixture(scope="module")
def kurage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kurage]:
    """Run `kurage` over the ingested handbook; tests that change it make their own."""
    folder = tmp_path_factory.mktemp("cli")
    run = runner(folder / "home", folder)
    run("ingest", "folder", str(HANDBOOK))
    return run


@pytest.fixture
def fresh(tmp_path: Path) -> Kurage:
    """Run `kurage` where nothing was ever ingested."""
    return runner(tmp_path / "home", tmp_path)


def test_ask_answers_with_a_numbered_source_that_links_to_the_place(kurage: Kurage) -> None:
    """The main job: the sentence that answers, and where it stands."""
    shown = kurage("ask", QUESTION).stdout
    assert "3営業日前" in shown
    assert re.search(r"\[1\]$", shown, re.MULTILINE)
    assert re.search(r"^1\. 就業規則 › .*有給休暇", shown, re.MULTILINE)
    assert "hr/work-rules.md#" in shown


def test_ask_json_is_the_contract(kurage: Kurage) -> None:
    """Users script against these keys."""
    answer = json.loads(kurage("ask", "--json", QUESTION).stdout)
    assert list(answer) == ["state", "answer", "sources", "turn", "timings_ms"]
    assert answer["state"] == "answered"
    assert "3営業日前" in answer["answer"]
    source = answer["sources"][0]
    assert list(source) == ["number", "title", "place", "url", "updated", "owner", "quote"]
    assert (source["number"], source["title"], source["owner"]) == (1, "就業規則", "人事部")
    assert "3営業日前" in source["quote"]


@pytest.mark.parametrize("question", ["", "あ" * 40_000])
def test_a_question_that_is_none_gets_one_kind_line(kurage: Kurage, question: str) -> None:
    """Nothing is searched and nothing logged; the line says what to change."""
    refused = kurage("ask", question, code=1)
    assert refused.stderr.count("\n") == 1
    assert "question" in refused.stderr


def test_search_json_is_the_contract(kurage: Kurage) -> None:
    """Users script against these keys."""
    rows = json.loads(kurage("search", "--json", "-n", "3", QUESTION).stdout)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    keys = ["rank", "score", "source", "document_id", "title", "url", "heading", "text"]
    assert list(rows[0]) == keys
    assert rows[0]["document_id"] == "hr/work-rules.md"
    assert rows[0]["source"] == "handbook"


def test_what_no_document_answers_is_not_answered(kurage: Kurage) -> None:
    """An abstention is a proper answer: exit code 0, and the nearest documents."""
    question = "社長の好きな映画監督は誰ですか"
    answer = json.loads(kurage("ask", "--json", question).stdout)
    assert (answer["state"], answer["answer"], answer["sources"]) == ("abstained", None, [])
    shown = kurage("--lang", "ja", "ask", question).stdout
    assert shown.startswith("社内の資料からは答えが見つかりませんでした。")


def test_every_question_is_logged_under_the_number_that_it_returns(kurage: Kurage) -> None:
    """`kurage log` and `kurage explain` find a turn by its number."""
    turn = json.loads(kurage("ask", "--json", QUESTION).stdout)["turn"]
    assert QUESTION in kurage("log", turn).stdout
    explained = json.loads(kurage("explain", "--json", turn).stdout)
    assert explained["state"] == "answered"
    assert explained["candidates"][0]["cited_as"] == 1


def test_chat_answers_shows_sources_and_goes_on(kurage: Kurage) -> None:
    """Questions, 出典, 詳しく and 終了 in one conversation."""
    lines = (QUESTION, "出典", "詳しく", "VPNの接続先は？", "終了")
    shown = kurage("--lang", "ja", "chat", stdin="".join(f"{line}\n" for line in lines)).stdout
    assert shown.count("📄 出典") >= 3
    assert "詳しい回答" in shown
    assert "vpn.example.co.jp" in shown
    assert "3営業日前" in shown


def test_chat_understands_a_follow_up_and_explain_shows_what_was_searched(kurage: Kurage) -> None:
    """「時間単位では？」 is about the leave of the question before; a lone question is not."""
    kurage("chat", stdin="有給休暇はいつまでに申請しますか？\n時間単位では？\n")
    follow_up, first = json.loads(kurage("log", "--json", "--limit", "2").stdout)
    assert first["searched"] is None
    assert "有給休暇" in follow_up["searched"]
    explained = json.loads(kurage("explain", "--json", follow_up["turn"]).stdout)
    assert explained["searched"] == follow_up["searched"]
    alone = json.loads(kurage("ask", "--json", "時間単位では？").stdout)["turn"]
    assert json.loads(kurage("explain", "--json", alone).stdout)["searched"] is None


@pytest.mark.parametrize(
    ("lang", "asked", "words"),
    [
        ("ja", "ヘルプ", ("聞けること", "詳しく", "いま入っている資料", "handbook")),
        ("en", "/help", ("What you can ask", "/long", "Indexed now", "handbook")),
    ],
)
def test_chat_tells_how_it_is_used_and_what_is_indexed(
    kurage: Kurage, lang: str, asked: str, words: tuple[str, ...]
) -> None:
    """A page for whoever sits before an empty prompt; full-width marks are commands, too."""
    shown = kurage("--lang", lang, "chat", stdin=f"{asked}\n？\n").stdout
    assert all(shown.count(word) >= 2 for word in words)


def test_explain_names_terms_candidates_and_the_decision(kurage: Kurage) -> None:
    """Why something is found: its terms with their rarity, who may read, scores."""
    explained = json.loads(kurage("explain", "--json", QUESTION).stdout)
    terms = {row["term"]: row["idf"] for row in explained["terms"]}
    assert terms["申請"] > 0
    assert explained["reader_sets"]["satisfied"] >= 1
    assert explained["candidates"][0]["document"] == "hr/work-rules.md"
    assert explained["answers"] is True


def test_explain_tells_whether_a_document_is_indexed(kurage: Kurage) -> None:
    """By its id, which for a folder is the path."""
    explained = json.loads(kurage("explain", "--json", "hr/work-rules.md").stdout)
    assert explained["indexed"] is True
    assert explained["readers"] == [["anyone"]]


def test_sources_counts_what_is_indexed(kurage: Kurage) -> None:
    """One row a source, with what could not be read."""
    (row,) = json.loads(kurage("sources", "--json").stdout)
    assert row["name"] == "handbook"
    assert row["documents"] >= 15
    assert row["outcome"] == "finished"
    assert row["failed"] == []


def test_doctor_finds_nothing_wrong(kurage: Kurage) -> None:
    """A healthy installation gives exit code 0 and a line a check."""
    checks = {row["check"]: row["level"] for row in json.loads(kurage("doctor", "--json").stdout)}
    assert set(checks) == {"settings", "state", "dictionary", "database", "index", "source"}
    assert "problem" not in checks.values()


def test_doctor_says_what_to_change(fresh: Kurage, tmp_path: Path) -> None:
    """A source whose folder is gone, and an index that is not there yet, are named."""
    (tmp_path / "kurage.toml").write_text('[sources.wiki]\nkind = "folder"\npath = "gone"\n')
    found = json.loads(fresh("doctor", "--json", code=1).stdout)
    problems = {row["check"]: row["message"] for row in found if row["level"] == "problem"}
    assert "wiki" in problems["source"]
    assert "kurage ingest" in problems["index"]


def test_before_the_first_ingest_the_way_is_shown(fresh: Kurage) -> None:
    """No index is one line that names the command, not a traceback."""
    for command in (["ask", QUESTION], ["search", QUESTION], ["explain", QUESTION]):
        failed = fresh(*command, code=1)
        assert failed.stderr.count("\n") == 1
        assert "kurage ingest" in failed.stderr


def test_as_a_person_only_what_they_may_read_is_found(fresh: Kurage, tmp_path: Path) -> None:
    """A side file closes a folder to all but one; search, answer and abstention keep it."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "賞与.md").write_text("# 賞与\n\n冬の賞与は12月10日に支給します。\n", "utf-8")
    (docs / "食堂.md").write_text("# 食堂\n\n食堂は11時に開きます。\n", "utf-8")
    (docs / ".kurage-readers.toml").write_text('[readers]\n"賞与.md" = ["user:hr@example.co.jp"]\n')
    fresh("ingest", "folder", str(docs))
    question = "冬の賞与はいつ支給されますか？"
    for allowed in ([], ["--as", "hr@example.co.jp"], ["--as", "HR@example.co.jp"]):
        assert "12月10日" in fresh("ask", *allowed, question).stdout
    other = ["--as", "sato@example.co.jp", question]
    assert "賞与" not in fresh("ask", *other).stdout
    found = json.loads(fresh("search", "--json", *other).stdout)
    assert "賞与.md" not in {row["document_id"] for row in found}


def test_ingest_mirrors_changes_and_says_what_it_did(fresh: Kurage, tmp_path: Path) -> None:
    """Written, unchanged, deleted: the report counts them, and answers follow."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(6):
        (docs / f"{number}.md").write_text(f"# 部屋{number}\n\n部屋{number}は{number}階です。\n")

    def ingest() -> dict[str, int]:
        report = json.loads(fresh("ingest", "folder", str(docs), "--json").stdout)
        return {key: report[key] for key in ("written", "unchanged", "deleted")}

    assert ingest() == {"written": 6, "unchanged": 0, "deleted": 0}
    (docs / "0.md").write_text("# 部屋0\n\n部屋0は地下です。\n")
    (docs / "1.md").unlink()
    assert ingest() == {"written": 1, "unchanged": 4, "deleted": 1}
    assert ingest() == {"written": 0, "unchanged": 5, "deleted": 0}
    assert "地下" in fresh("ask", "部屋0は何階ですか？").stdout


def test_dry_run_changes_nothing(fresh: Kurage, tmp_path: Path) -> None:
    """It says what would be written; there is still no index."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# 食堂\n\n食堂は11時に開きます。\n")
    report = json.loads(fresh("ingest", "folder", str(docs), "--dry-run", "--json").stdout)
    assert (report["dry_run"], report["written"]) == (True, 1)
    fresh("search", "食堂", code=1)


def test_two_folders_never_share_a_name(fresh: Kurage, tmp_path: Path) -> None:
    """A second `docs` elsewhere would otherwise delete the first one's documents."""
    for place in ("one", "two"):
        (tmp_path / place / "docs").mkdir(parents=True)
        (tmp_path / place / "docs" / "a.md").write_text(f"# {place}\n\n本文です。\n")
    fresh("ingest", "folder", "one/docs")
    refused = fresh("ingest", "folder", "two/docs", code=1)
    assert "--name" in refused.stderr
    fresh("ingest", "folder", "two/docs", "--name", "second")
    assert {row["name"] for row in json.loads(fresh("sources", "--json").stdout)} == {
        "docs",
        "second",
    }


def test_a_typo_in_the_configuration_is_one_line(fresh: Kurage, tmp_path: Path) -> None:
    """File, key and what was meant; exit code 1."""
    (tmp_path / "kurage.toml").write_text("[serach]\npassages = 3\n")
    failed = fresh("ask", QUESTION, code=1)
    assert failed.stderr.count("\n") == 1
    assert "kurage.toml" in failed.stderr
    assert "did you mean 'search'?" in failed.stderr


def test_a_companys_own_words_and_synonyms_are_found(fresh: Kurage, tmp_path: Path) -> None:
    """`kurage.toml` makes a product's name one word, and two words of the company one meaning."""
    (tmp_path / "kurage.toml").write_text(
        '[sources.wiki]\nkind = "folder"\npath = "docs"\n'
        '[search]\nuser_words = ["みずくらげ帳"]\nsynonyms = [["みずくらげ帳", "MKC"]]\n',
        "utf-8",
    )
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# 帳票\n\nみずくらげ帳は毎朝9時に更新されます。\n", "utf-8")
    (docs / "b.md").write_text("# 水族館\n\nみずくらげの水槽は毎朝10時に掃除します。\n", "utf-8")
    fresh("ingest", "--all")
    terms = json.loads(fresh("explain", "--json", "みずくらげ帳").stdout)["terms"]
    assert [row["term"] for row in terms] == ["みずくらげ帳"]
    found = json.loads(fresh("search", "--json", "MKCの更新").stdout)
    assert found[0]["document_id"] == "a.md"


def test_an_unknown_source_is_named_with_the_known_ones(fresh: Kurage, tmp_path: Path) -> None:
    """`kurage ingest NAME` with a slip of the pen."""
    (tmp_path / "kurage.toml").write_text('[sources.wiki]\nkind = "folder"\npath = "x"\n')
    assert "(known: wiki)" in fresh("ingest", "wikki", code=1).stderr


def faulty(body: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours that ends in a fault."""
    program = (
        "import sys\n"
        "from bot.cli import app, main\n"
        f"app.command('boom')(lambda: {body})\n"
        "sys.argv = ['kurage', 'boom']\n"
        "main()\n"
    )
    environ = {**os.environ, "KURAGE_HOME": str(home), "LANG": "C.UTF-8", **environ}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_fault_of_ours_leaves_a_log_and_exit_code_3(tmp_path: Path) -> None:
    """People get one line; the traceback is in a file that they can send."""
    done = faulty("1 / 0", tmp_path / "home")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "ZeroDivisionError" in done.stderr
    (log,) = (tmp_path / "home" / "logs").iterdir()
    assert "Traceback" in log.read_text()


def test_what_a_fault_leaves_holds_no_secret(tmp_path: Path) -> None:
    """The file is sent to whoever helps: a library's error may quote the address it was given."""
    url = "postgresql://kurage:tanuki-no-mori@127.0.0.1/knowledge"
    done = faulty(f"int('{url}')", tmp_path / "home", KURAGE_DATABASE_URL=url)
    assert done.returncode == 3
    (log,) = (tmp_path / "home" / "logs").iterdir()
    for text in (done.stderr, log.read_text()):
        assert "@127.0.0.1/knowledge" in text
        assert "tanuki" not in text


@pytest.mark.parametrize(("lang", "word"), [("ja", "質問"), ("en", "question")])
def test_help_speaks_both_languages(fresh: Kurage, lang: str, word: str) -> None:
    """By `--lang`, whatever the locale."""
    assert word in fresh("--lang", lang, "ask", "--help").stdout


def test_help_follows_the_locale(fresh: Kurage) -> None:
    """A Japanese locale needs no option."""
    assert "質問" in fresh("ask", "--help", LANG="ja_JP.UTF-8", LC_ALL="").stdout
    assert "質問" not in fresh("ask", "--help", LANG="en_US.UTF-8", LC_ALL="").stdout


def test_nothing_is_coloured_when_piped(kurage: Kurage) -> None:
    """Escape sequences belong on a terminal only."""
    assert "\x1b" not in kurage("ask", QUESTION).stdout
    assert "\x1b" not in kurage("search", QUESTION).stdout


def test_a_document_can_not_steer_the_terminal(fresh: Kurage, tmp_path: Path) -> None:
    """Control characters in a source are data: no title is set, no line rewritten."""
    docs = tmp_path / "docs"
    docs.mkdir()
    evil = "# 食堂\n\n食堂は\x1b]0;owned\x07\x1b[2J11時\u202eに開きます。\n"
    (docs / "a.md").write_text(evil, "utf-8")
    fresh("ingest", "folder", str(docs))
    for shown in (fresh("ask", "食堂は何時に開きますか").stdout, fresh("search", "食堂").stdout):
        assert "11時" in shown
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
