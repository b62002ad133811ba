"""Whatever a document does to the process that reads it, it costs that document alone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from pipelines import build_nothing, build_perils, build_words, document

from connectors.base import Document
from ingest.prepare import Pipeline, Prepared, PrepareError, Unprepared
from ingest.workers import Workers

Outcome = Prepared | Unprepared


def run(workers: Workers, documents: Iterable[Document], expected: int = 8) -> dict[str, Outcome]:
    return {done.ref.name: outcome for done, outcome in workers(documents, expected=expected)}


@pytest.fixture
def make() -> Iterator[Callable[..., Workers]]:
    """Make pools that end with the test."""
    made: list[Workers] = []

    def build(pipeline: Callable[[], Pipeline] = build_perils, **limits: float) -> Workers:
        settings = {"count": 2, "memory_mb": 400, "seconds": 20.0} | limits
        made.append(Workers(pipeline, "test", **settings))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for workers in made:
        workers.close()


def reason(outcome: Outcome) -> str:
    assert isinstance(outcome, Unprepared)
    assert "\n" not in outcome.reason
    return outcome.reason


def text(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Prepared)
    return [chunk.text for chunk in outcome.chunks]


def test_every_document_comes_back_once_with_its_own_text(make: Callable[..., Workers]) -> None:
    documents = [document(f"d{n}", f"line {n}\nother {n}") for n in range(200)]
    seen = list(make(build_words)(documents, expected=200))
    assert sorted(done.ref.name for done, _ in seen) == sorted(d.ref.name for d in documents)
    for done, outcome in seen:
        number = done.ref.name[1:]
        assert text(outcome) == [f"line {number}", f"other {number}"]


def test_the_work_is_shared(make: Callable[..., Workers]) -> None:
    outcomes = run(make(), [document(f"d{n}", "pid") for n in range(12)])
    assert len({tuple(text(outcome)) for outcome in outcomes.values()}) == 2


def test_no_process_starts_where_there_is_nothing_to_do(make: Callable[..., Workers]) -> None:
    workers = make(build_nothing)  # would fail if it started
    assert run(workers, [], expected=0) == {}
    assert workers._children == []


def test_one_document_starts_one_process(make: Callable[..., Workers]) -> None:
    workers = make()
    for _ in workers([document("a", "one")], expected=1):
        assert len(workers._children) == 1


def test_no_process_stays_when_all_is_read(make: Callable[..., Workers]) -> None:
    """The index is published afterwards, which wants the memory that they would hold."""
    workers = make()
    run(workers, [document("a", "one"), document("b", "two")], expected=2)
    assert workers._children == []


@pytest.mark.parametrize(
    ("peril", "said"),
    [
        ("crash", r"crashed \(SIGSEGV\)"),
        ("exit", r"crashed \(exit status 7\)"),
        ("killed", "for lack of memory"),
        ("memory", "more than 400 MB of memory"),
        ("memory-in-c", "more than 400 MB of memory"),
        ("hang", "longer than 3 s"),
        ("hang-in-c", "longer than 3 s"),
        ("fault", "ZeroDivisionError"),
    ],
)
def test_a_document_that_brings_its_process_down_is_named_and_the_rest_is_read(
    make: Callable[..., Workers], peril: str, said: str
) -> None:
    """Also those that were waiting for the process that died."""
    others = [document(f"d{n}", f"line {n}") for n in range(20)]
    documents = [*others[:3], document("peril", peril), *others[3:]]
    outcomes = run(make(seconds=3), documents)
    assert re.search(said, reason(outcomes.pop("peril")))
    assert {name: text(outcome) for name, outcome in outcomes.items()} == {
        f"d{n}": [f"line {n}"] for n in range(20)
    }


def test_a_document_that_can_not_be_read_is_told_in_the_words_of_its_reader(
    make: Callable[..., Workers],
) -> None:
    outcome = run(make(build_words), [document("a", "bad luck")])["a"]
    assert outcome == Unprepared("it is bad luck", lasting=True)


def test_what_a_limit_stopped_may_succeed_another_time(make: Callable[..., Workers]) -> None:
    """A loaded machine is no property of the document."""
    outcome = run(make(seconds=1), [document("a", "hang")])["a"]
    assert isinstance(outcome, Unprepared)
    assert not outcome.lasting


def test_every_process_that_dies_is_replaced(make: Callable[..., Workers]) -> None:
    documents = [document(f"d{n}", "exit") for n in range(6)] + [document("good", "fine")]
    outcomes = run(make(), documents)
    assert text(outcomes.pop("good")) == ["fine"]
    assert all("crashed" in reason(outcome) for outcome in outcomes.values())


def test_bodies_and_answers_larger_than_a_pipe_do_not_block_each_other(
    make: Callable[..., Workers],
) -> None:
    documents = [document(f"in{n}", b"x" * 3_000_000) for n in range(4)]
    documents += [document(f"out{n}", "large 4000") for n in range(4)]
    documents += [document(f"s{n}", "small") for n in range(20)]
    outcomes = run(make(), documents)
    assert len(outcomes) == 28
    assert all(isinstance(outcome, Prepared) for outcome in outcomes.values())


def test_only_a_few_documents_are_held_at_a_time(make: Callable[..., Workers]) -> None:
    """A million documents are never all in memory: they are taken as answers are."""
    taken = 0

    def documents() -> Iterator[Document]:
        nonlocal taken
        for n in range(500):
            taken += 1
            yield document(f"d{n}", "x" * 1000)

    ahead = [
        taken - done for done, _ in enumerate(make(build_words)(documents(), expected=500), start=1)
    ]
    assert len(ahead) == 500
    assert max(ahead) <= 2 * 10  # two processes, each with one in work and eight waiting


def test_what_a_parser_prints_stays_out_of_the_terminal(
    make: Callable[..., Workers], capfd: pytest.CaptureFixture[str]
) -> None:
    run(make(), [document("a", "noise"), document("b", "memory-in-c")])
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_processes_that_can_not_start_end_the_run_with_the_cause(
    make: Callable[..., Workers],
) -> None:
    with pytest.raises(PrepareError, match=r"the dictionary is missing.*kurage doctor") as raised:
        run(make(build_nothing), [document("a", "one")])
    assert "\n" not in str(raised.value)


def test_a_caller_that_stops_early_leaves_no_answers_for_the_next_one(
    make: Callable[..., Workers],
) -> None:
    workers = make()
    answers = workers([document(f"old{n}", "pid") for n in range(20)], expected=20)
    next(answers)
    del answers
    assert set(run(workers, [document("new", "fine")])) == {"new"}


def test_an_error_in_the_source_of_documents_is_the_callers(make: Callable[..., Workers]) -> None:
    def documents() -> Iterator[Document]:
        yield document("a", "one")
        raise KeyboardInterrupt

    workers = make()
    with pytest.raises(KeyboardInterrupt):
        run(workers, documents())
    assert set(run(workers, [document("b", "two")])) == {"b"}


def test_no_process_outlives_the_pool(make: Callable[..., Workers]) -> None:
    workers = make()
    outcomes = run(workers, [document(f"d{n}", "pid") for n in range(6)])
    workers.close()
    for outcome in outcomes.values():
        with pytest.raises(ProcessLookupError):
            os.kill(int(text(outcome)[0]), 0)


@pytest.mark.parametrize("busy", ["hang", "pid"])
def test_no_process_outlives_a_parent_that_was_killed(tmp_path: Path, busy: str) -> None:
    """After `kill -9` an idle child sees its pipe closed, a busy one runs into its limit."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\n"
        f"sys.path[:] = {sys.path!r}\n"
        "from pipelines import build_perils, document\n"
        "from ingest.workers import Workers\n"
        "workers = Workers(build_perils, 'test', count=1, seconds=2)\n"
        "for _, answer in workers([document('a', 'pid'), "
        f"document('b', {busy!r})], expected=2):\n"
        "    print(answer.chunks[0].text, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 20
    while _alive(child):
        assert time.monotonic() < deadline, "the child is still there"
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
