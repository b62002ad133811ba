"""A run: what is asked, kept and found; and what a second run does not do again."""

from __future__ import annotations

from pathlib import Path

import pytest
from questions_desk import EVERYBODY, HANDBOOK, SECRET, SOURCE, Desk, Reader, topic

from ingest.questions import WriterAwayError, align, bring_back
from ingest.questions.align import restore
from ingest.state import LeaseHeldError
from ingest.state.questions import Pairs

CHUNKS = [line for lines in HANDBOOK.values() for line in lines] + [SECRET]


def held(desk: Desk) -> dict[str, bool]:
    return desk.index.questions(SOURCE)


def test_a_run_asks_about_every_chunk_and_what_it_keeps_is_found(desk: Desk) -> None:
    reader = Reader()
    report = desk.generate(reader)
    assert sorted(reader.read) == sorted(CHUNKS)
    assert (report.chunks, report.kept, report.indexed) == (6, 6, 6)
    assert (dict(report.dropped), report.failed, report.stopped) == ({}, [], None)
    assert held(desk) == {pair.id: False for pair in desk.questions.pairs()}
    found = desk.search("ご存じ")  # a word of the questions that no text has
    assert {hit.chunk.text for hit in found} <= set(CHUNKS)
    assert len(found) == 5


def test_a_second_run_asks_about_nothing(desk: Desk) -> None:
    desk.generate()
    before, pairs = held(desk), desk.questions.pairs()
    again = Reader()
    report = desk.generate(again)
    assert (again.read, report.unchanged, report.chunks, report.indexed) == ([], 6, 0, 0)
    assert (held(desk), desk.questions.pairs()) == (before, pairs)


def test_a_limit_counts_chunks_and_the_next_run_goes_on(desk: Desk) -> None:
    first, second = Reader(), Reader()
    assert desk.generate(first, limit=2).chunks == 2
    assert desk.generate(second).chunks == 4
    assert sorted(first.read + second.read) == sorted(CHUNKS)


def test_as_many_texts_as_allowed_are_asked_about_at_once(desk: Desk) -> None:
    reader = Reader(0.02)
    desk.generate(reader, concurrency=3)
    assert reader.most_at_once == 3


def test_progress_is_told_chunk_by_chunk(desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    desk.generate(on_progress=lambda done, total, _: told.append((done, total)))
    assert told == [(n, 6) for n in range(1, 7)]


def test_a_question_that_does_not_lead_back_is_dropped(desk: Desk) -> None:
    """Six texts are worded as the question is, and one that is not answers it."""
    desk.pages["質問"] = [f"有給の申し込みの期限は第{n}章に載っている。" for n in "一二三四五六"]
    desk.pages["別"] = ["これについては、届け出は7日以内とする。なお土曜を除く。"]
    desk.sync()

    class Vague(Reader):
        async def questions(self, text: str) -> list[tuple[str, str]]:
            return [("有給の申し込みの期限はどの章に載っている？", "7日以内")] * ("7日" in text)

    report = desk.generate(Vague())
    assert dict(report.dropped) == {"not found": 1}
    [pair] = desk.questions.pairs()
    assert (pair.state, pair.reason) == ("dropped", "not found")
    assert held(desk) == {}


def test_what_the_text_does_not_bear_is_dropped_and_remembered(desk: Desk) -> None:
    class Liar(Reader):
        async def questions(self, text: str) -> list[tuple[str, str]]:
            return [(f"{topic(text)}についてご存じですか？", "99日")]

    report = desk.generate(Liar())
    assert (report.kept, dict(report.dropped)) == (0, {"answer not in the text": 6})
    assert (held(desk), desk.generate(Liar()).chunks) == ({}, 0)


def test_a_chunk_that_fails_stops_nothing_and_is_tried_again(desk: Desk) -> None:
    desk.pages["休暇"] = [*HANDBOOK["休暇"], "この段落は読めない。だれにも読めないものは5日残す。"]
    desk.sync()
    report = desk.generate()
    assert report.chunks == 6
    assert report.failed == [
        ("handbook: 休暇の手引き, 2", "the text is longer than the model reads")
    ]
    assert len(held(desk)) == 6
    assert len(desk.generate().failed) == 1


def test_a_writer_that_goes_away_ends_the_run_and_what_was_done_is_kept(desk: Desk) -> None:
    class Going(Reader):
        async def questions(self, text: str) -> list[tuple[str, str]]:
            if len(self.read) == 3:
                raise WriterAwayError("no worker answers")
            return await super().questions(text)

    report = desk.generate(Going(), concurrency=1)
    assert (report.stopped, report.chunks, report.indexed) == ("no worker answers", 3, 3)
    assert len(held(desk)) == 3
    rest = Reader()
    assert desk.generate(rest).chunks == 3
    assert len(rest.read) == 3
    assert len(held(desk)) == 6


def test_a_writer_that_refuses_everything_is_not_asked_a_thousand_times(desk: Desk) -> None:
    desk.pages = {f"p{n}": [f"第{n}条は読めない文章であり、{n}日に改める。"] for n in range(60)}
    desk.sync()
    reader = Reader()
    report = desk.generate(reader, concurrency=4)
    assert report.stopped == "the text is longer than the model reads"
    assert len(reader.read) < 30


def test_a_question_of_what_few_may_read_leads_nobody_else_there(desk: Desk) -> None:
    """Neither by its own words nor by any other's."""
    desk.generate()
    asked = f"{topic(SECRET)}についてご存じですか？"
    assert desk.search(asked, "group:board")[0].chunk.text == SECRET
    assert all(hit.chunk.text != SECRET for hit in desk.search(asked, EVERYBODY))
    assert all(hit.document.id != "役員" for hit in desk.search("ご存じ", EVERYBODY))
    desk.readers["役員"] = (frozenset({"group:audit"}),)
    with desk.open_writer() as index:
        changed = desk.state.add_reader_set(desk.readers["役員"])
        index.set_readers(SOURCE, "役員", changed, "2")
        index.publish()
    assert all(hit.chunk.text != SECRET for hit in desk.search(asked, "group:board"))
    assert desk.search(asked, "group:audit")[0].chunk.text == SECRET


def test_pairs_of_a_text_that_changed_go_and_it_is_asked_about_again(desk: Desk) -> None:
    desk.generate()
    desk.pages["休暇"] = [HANDBOOK["休暇"][0], "慶弔休暇は、本人の結婚では7日を与えることとする。"]
    del desk.pages["開発"]
    desk.sync()
    reader = Reader()
    report = desk.generate(reader)
    assert reader.read == [desk.pages["休暇"][1]]
    assert (report.removed, report.chunks, report.unchanged) == (2, 1, 4)
    assert len(held(desk)) == 5
    assert all(pair.place.document_id != "開発" for pair in desk.questions.pairs())


def test_a_pair_moves_with_its_text_and_stays_approved(desk: Desk) -> None:
    desk.generate()
    [pair] = [p for p in desk.questions.pairs() if p.answer == "5日"]
    desk.questions.decide([pair.id], "approved", by="sato")
    desk.pages["休暇"] = ["この章は、2026年の改定で10日に改めた休暇を扱う。", *HANDBOOK["休暇"]]
    desk.sync("休暇")
    assert pair.id not in held(desk)
    reader = Reader()
    desk.generate(reader)
    assert reader.read == [desk.pages["休暇"][0]]
    assert held(desk)[pair.id] is True
    assert desk.questions.get([pair.id])[pair.id].place.ordinal == 2
    assert desk.search(pair.question)[0].chunk.text == HANDBOOK["休暇"][1]


def test_after_a_sync_pairs_of_the_same_texts_come_back_without_a_model(desk: Desk) -> None:
    """What a sync does at its end."""
    desk.generate()
    before = held(desk)
    desk.sync("休暇", "役員")
    assert len(held(desk)) == len(before) - 3
    with desk.open_writer() as index:
        with desk.state.lease(f"sync of {SOURCE}"):
            late = bring_back(SOURCE, index, desk.state, desk.questions, lambda: desk.encoder)
            assert list(late.waiting) == [SOURCE]
        done = bring_back(SOURCE, index, desk.state, desk.questions, lambda: desk.encoder)
        assert (done.added, done.removed) == (3, 0)
        assert restore(SOURCE, index, desk.questions, lambda: desk.encoder).added == 0
    assert held(desk) == before


def test_what_people_decide_reaches_the_index(desk: Desk) -> None:
    """A rejected pair leads nowhere, an approved one comes first."""
    desk.generate()
    first, second, *_ = desk.questions.pairs()
    desk.questions.decide([first.id], "rejected", by="sato")
    desk.questions.decide([second.id], "approved", by="sato")
    done = align([SOURCE], desk.open_writer, desk.state, desk.questions, desk.encoder)
    assert (done.added, done.removed, done.waiting) == (1, 1, {})
    assert first.id not in held(desk)
    assert held(desk)[second.id] is True
    report = desk.generate()
    assert (report.indexed, report.chunks) == (0, 0)
    assert len(desk.questions.pairs(Pairs(states=["rejected"]))) == 1


def test_a_source_that_is_being_synced_is_written_by_nobody_else(desk: Desk) -> None:
    """The model's work is kept, and reaches the index when the sync is over."""
    with desk.state.lease(f"sync of {SOURCE}"):
        report = desk.generate()
    assert (report.kept, report.indexed, list(report.waiting)) == (6, 0, [SOURCE])
    assert held(desk) == {}
    with desk.open_writer():  # somebody else syncs another source
        done = align([SOURCE], desk.open_writer, desk.state, desk.questions, desk.encoder)
        assert list(done.waiting) == [SOURCE]
    assert desk.generate().indexed == 6
    assert len(held(desk)) == 6


def test_one_run_at_a_time(desk: Desk) -> None:
    with desk.state.lease("questions"), pytest.raises(LeaseHeldError, match="running already"):
        desk.generate()


def test_a_damaged_index_ends_the_run_in_one_line(desk: Desk, tmp_path: Path) -> None:
    """What the model said is in SQL all the same."""

    class Breaking(Reader):
        async def questions(self, text: str) -> list[tuple[str, str]]:
            lock = tmp_path / "index" / "writer.lock"
            if lock.is_file():
                lock.unlink()
                lock.mkdir()
            return await super().questions(text)

    with pytest.raises(Exception, match=r"writer\.lock|opening"):
        desk.generate(Breaking())
    assert len(desk.questions.pairs()) == 6
