"""The figures are the field's: worked out by hand, and equal to the reference scorer's."""

import gzip
import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import experiment, settings
from bot.evaluate import (
    EvaluationError,
    GoldQuestion,
    RunLine,
    auroc,
    check_ids,
    exact,
    f1,
    ranks,
    read_questions,
    score,
    write_run,
)

SHARED = Path(__file__).parents[3] / "shared" / "data"


def question(id_: str, gold: set[str], *answers: str, answerable: bool = True) -> GoldQuestion:
    return GoldQuestion(id_, "?", answers, frozenset(gold), answerable)


def line(id_: str, *ranking: str, answer: str | None = None) -> RunLine:
    return RunLine(id_, list(ranking), answer, None, [])


def test_rank_metrics_by_hand() -> None:
    """Gold at rank 2 of one question and nowhere for the other."""
    figures = score([question("a", {"x"}), question("b", {"y"})], [line("a", "z", "x")])
    assert figures["recall@1"] == 0
    assert figures["recall@5"] == 0.5
    assert figures["mrr@10"] == 0.25
    assert figures["ndcg@10"] == pytest.approx(0.5 / math.log2(3))


def test_a_passage_ranked_twice_counts_once() -> None:
    """Chunks of one passage are folded: a system can not fill its ranking with copies."""
    figures = score([question("a", {"x"})], [line("a", "z", "z", "z", "x")])
    assert figures["mrr@10"] == 0.5


@pytest.mark.parametrize(
    ("gold", "answer", "em", "overlap"),
    [
        ("3営業日前", "3営業日前。", 1, 1.0),
        ("VPN", "vpn", 1, 1.0),
        ("佐藤", "佐藤さん", 0, 2 / 3),
        ("佐藤", None, 0, 0.0),
        ("佐藤", "鈴木", 0, 0.0),
    ],
)
def test_answers_are_compared_as_jglue_does(
    gold: str, answer: str | None, em: int, overlap: float
) -> None:
    """Characters are the units of F1; a final 。 and case do not count."""
    assert exact(gold, answer) == em
    assert f1(gold, answer) == pytest.approx(overlap)


def test_abstention_counts_right_and_wrong_ones() -> None:
    """Two abstentions, one of them right."""
    gold = [
        question("a", {"x"}, "1"),
        question("b", {"x"}, "2"),
        question("c", set(), answerable=False),
        question("d", set(), answerable=False),
    ]
    run = [line("a", answer="1"), line("b"), line("c"), line("d", answer="?")]
    figures = score(gold, run)
    assert figures["abstention_precision"] == 0.5
    assert figures["abstention_recall"] == 0.5
    assert figures["over_abstention"] == 0.5


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=8),
    st.lists(st.integers(0, 5), min_size=1, max_size=8),
)
def test_auroc_is_the_share_of_pairs_in_order(positive: list[int], negative: list[int]) -> None:
    """By ranks it is what counting all pairs gives, ties half."""
    pairs = [(p > n) + (p == n) / 2 for p in positive for n in negative]
    assert auroc(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not gzip", "can not be read"),
        (gzip.compress(b"{broken\n"), ":1 is no JSON"),
        (gzip.compress(b"[1]\n"), ":1 is no JSON object"),
        (gzip.compress(b'{"id": "a"}\n'), "question 1 has no 'question'"),
        (gzip.compress(b""), "no question"),
    ],
    ids=["no gzip", "no json", "no object", "no question text", "empty"],
)
def test_a_broken_question_file_is_named_with_its_line(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """An evaluation never starts on half a file."""
    path = tmp_path / "questions.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(EvaluationError, match=words):
        read_questions(path)


def test_figures_equal_the_reference_scorer(tmp_path: Path) -> None:
    """On a random run over a real set, each figure is the one that shared/data/score.py prints."""
    folder = SHARED / "faq_kosodate"
    if not folder.is_dir():
        pytest.skip("the shared data sets are not beside this checkout")
    pytest.importorskip("numpy", reason="the reference scorer needs numpy")
    questions = read_questions(folder / "questions.jsonl.gz")
    drawn = random.Random(1)
    run = [
        RunLine(
            q.id,
            drawn.sample([*q.passage_ids, *(f"kdp-{n:03}" for n in range(1, 40))], 12),
            drawn.choice([None, "はい"]),
            drawn.random(),
            [],
        )
        for q in questions
    ]
    path = tmp_path / "run.jsonl"
    write_run(path, run)
    command = [sys.executable, str(SHARED / "score.py"), "--json", "--run", str(path)]
    command += ["--questions", str(folder / "questions.jsonl.gz")]
    reference = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["all"]
    figures = score(questions, run)
    assert figures["ndcg@10"] == pytest.approx(reference["retrieval"]["nDCG@10"])
    assert figures["mrr@10"] == pytest.approx(reference["retrieval"]["MRR@10"])
    assert figures["recall@10"] == pytest.approx(reference["retrieval"]["recall@10"])
    assert figures["auroc"] == pytest.approx(reference["confidence"]["auroc"])
    assert figures["over_abstention"] == pytest.approx(reference["abstention"]["over_abstain"])


def written(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_an_owners_questions_name_documents(tmp_path: Path) -> None:
    """The short form: a document and an answer, null where nothing answers, a number for an id."""
    path = written(
        tmp_path / "questions.jsonl",
        {"question": "有給は?", "document": "hr/rules.md", "answer": "3営業日前"},
        {"id": "u", "question": "食堂は?", "document": None, "as": "sato@example.co.jp"},
    )
    first, second = read_questions(path)
    assert (first.id, first.passage_ids, first.answers) == ("1", {"hr/rules.md"}, ("3営業日前",))
    assert (first.answerable, second.answerable) == (True, False)
    assert (first.asker, second.asker) == (None, "sato@example.co.jp")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"question": 3}, "`question` and `as` are text"),
        ({"question": "?", "document": ["a"]}, "`document` a text"),
        ({"question": "?", "answers": "a"}, "`answers` is a list"),
    ],
    ids=["question", "document", "answers"],
)
def test_a_value_of_the_wrong_kind_is_named(
    tmp_path: Path, row: dict[str, object], words: str
) -> None:
    with pytest.raises(EvaluationError, match=f"question 1: .*{words}"):
        read_questions(written(tmp_path / "questions.jsonl", row))


def test_ids_that_occur_twice_are_named(tmp_path: Path) -> None:
    row = {"id": "a7", "question": "?"}
    with pytest.raises(EvaluationError, match="more than once: a7"):
        read_questions(written(tmp_path / "questions.jsonl", row, row))


def test_gold_that_no_document_is_called_is_listed() -> None:
    """A renamed page would otherwise look like a page that is never found."""
    gold = [question("1", {"a"}), *(question(str(n), {f"gone{n}"}) for n in range(2, 20))]
    with pytest.raises(EvaluationError, match=r"18 ids .* gone2 \(question 2\), .* and 8 more"):
        check_ids(gold, {"a"})


def test_ranks_tell_where_the_first_right_document_stands() -> None:
    gold = [question("a", {"x"}), question("b", {"y"}), question("c", set(), answerable=False)]
    assert ranks(gold, [line("a", "z", "z", "x"), line("b", "z")]) == {"a": 2, "b": None}


def test_a_folder_of_documents_is_asked_through_the_whole_pipeline(tmp_path: Path) -> None:
    """Found, quoted and timed; what the asker may not read is not found."""
    folder = tmp_path / "docs"
    (folder / "board").mkdir(parents=True)
    (folder / "leave.md").write_text("# 休暇\n\n夏季休暇は7月1日から取得できます。\n", "utf-8")
    (folder / "board" / "bonus.md").write_text("# 賞与\n\n賞与は2か月分です。\n", "utf-8")
    (folder / "board" / ".kurage-readers.toml").write_text(
        '[readers]\n"*" = ["user:sato@example.co.jp"]\n', "utf-8"
    )
    path = written(
        tmp_path / "questions.jsonl",
        {"question": "夏休みはいつから?", "document": "leave.md", "answer": "7月1日"},
        {"question": "賞与は何か月分?", "document": "board/bonus.md", "as": "sato@example.co.jp"},
        {"question": "賞与は何か月分?", "document": "board/bonus.md"},
    )
    configured = settings.load({"KURAGE_HOME": str(tmp_path / "home")}, tmp_path)
    with experiment.prepared(configured, lambda *_: None, folder=folder) as filled:
        questions = read_questions(path)
        run = experiment.ask(filled, questions, lambda *_: None, asker="suzuki@example.co.jp")
    assert [line.ranking[:1] for line in run[:2]] == [["leave.md"], ["board/bonus.md"]]
    assert "board/bonus.md" not in run[2].ranking
    assert "7月1日" in run[0].quotes[0]
    assert run[0].cited == run[0].given[:1] == ["leave.md"]
    assert run[0].model is None
    assert all(line.timings_ms["total"] > 0 for line in run)
    assert not (tmp_path / "home").exists()
