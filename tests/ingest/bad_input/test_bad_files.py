"""Bad files through all of ingest: one clear line for each, and the rest goes on.

Real folder, real child processes, real extraction, encoding and embedded index.
"""

from __future__ import annotations

import re

import pytest
from bad_files import BAD, Bad, word
from ingest_desk import GOOD, Desk, line

from ingest.sync import Progress, Report

by_title = pytest.mark.parametrize("bad", [pytest.param(bad, id=bad.title) for bad in BAD])


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Report, set[str]]:
    """A folder is read while its documents are good, and again when all but one are bad.

    Returns both reports, and the names of what is found after the second run.
    """
    desk = Desk(tmp_path_factory.mktemp("bad"))
    desk.write("good.md", GOOD)
    for bad in BAD:
        desk.write(bad.name, bad.good())
    before = desk.ingest()
    for bad in BAD:
        desk.write(bad.name, bad.bad())
    desk.write("new.md", GOOD)
    after = desk.ingest()
    found = desk.documents() | desk.documents("Hello")
    desk.state._engine.dispose()
    return before, after, found


@by_title
def test_a_bad_file_is_one_line_that_says_what_to_do(
    bad_files: tuple[Report, Report, set[str]], bad: Bad
) -> None:
    _, report, _ = bad_files
    assert re.search(bad.said, line(report, bad.name)), line(report, bad.name)


@by_title
def test_a_document_that_turned_bad_is_found_as_it_was(
    bad_files: tuple[Report, Report, set[str]], bad: Bad
) -> None:
    before, _, found = bad_files
    assert bad.name not in dict(before.failed)
    assert bad.name in found


def test_beside_bad_files_the_rest_goes_on(bad_files: tuple[Report, Report, set[str]]) -> None:
    before, after, found = bad_files
    assert before.written == len(BAD) + 1
    assert (after.written, after.deleted, after.unchanged) == (1, 0, 1)
    assert {"good.md", "new.md"} <= found


def test_a_wrong_extension_does_not_keep_a_document_from_being_read(desk: Desk) -> None:
    desk.write("really-word.txt", word())
    desk.write("really-html.md", f"<!DOCTYPE html><html><body><p>{GOOD}</p></body></html>")
    desk.write("no-suffix", GOOD)
    desk.write("really-text.pdf", GOOD)
    report = desk.ingest()
    assert "no pdf" in line(report, "really-text.pdf"), "what claims to be binary may be damaged"
    assert desk.documents() == {"good.md", "really-word.txt", "really-html.md", "no-suffix"}


def test_a_text_file_of_200_mb_is_refused_without_being_read(desk: Desk) -> None:
    with (desk.root / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)  # sparse: reading it would take no disk, but 200 MB of memory
    report = desk.ingest()
    assert "200 MB are more than the limit of 50 MB" in line(report, "huge.txt")
    assert desk.documents() == {"good.md"}


def test_a_file_that_vanishes_while_the_folder_is_read_fails_alone(desk: Desk) -> None:
    for n in range(40):
        desk.write(f"{n:02}.md", GOOD)

    def vanish(progress: Progress) -> None:
        if progress.stage == "read":
            (desk.root / "39.md").unlink(missing_ok=True)

    report = desk.ingest(vanish)
    assert line(report, "39.md") == "it was removed while the folder was read"
    assert len(desk.documents()) == 40
    again = desk.ingest()
    assert (again.failed, again.deleted, again.written) == ([], 0, 0)


def test_a_document_that_takes_too_much_memory_costs_only_itself(desk: Desk) -> None:
    desk.memory_mb = 150
    desk.write("large.csv", "番号,内容\n" + "1,有給休暇の申請\n" * 1_000_000)
    report = desk.ingest()
    assert "150 MB of memory" in line(report, "large.csv")
    assert desk.documents() == {"good.md"}


def test_a_document_that_takes_too_long_costs_only_itself(desk: Desk) -> None:
    desk.seconds = 6.0
    desk.write("long.txt", "有給休暇は取得日の3営業日前までに申請します。\n" * 500_000)
    report = desk.ingest()
    assert "longer than 6 s" in line(report, "long.txt")
    assert desk.documents() == {"good.md"}
