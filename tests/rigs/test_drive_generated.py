"""The generated Workspace: the same from the same seed, and its truth is what the service gives."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pypdfium2
import pytest
from drive_asking import FLAGS, Asking
from lxml import html
from pptx import Presentation
from rigs.drive import DriveRig
from rigs.drive.generated import Generated
from rigs.drive.records import DOCUMENT, HTML, PDF, PPTX, PRESENTATION, SPREADSHEET, XLSX, Item
from rigs.drive.truth import Truth

_FILES = 160


@pytest.fixture(scope="module")
def filled() -> Iterator[DriveRig]:
    with DriveRig(files=_FILES, seed=13) as rig:
        yield rig
        assert rig.violations == []


@pytest.fixture(scope="module")
def asking(filled: DriveRig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    client = Asking(filled, tmp_path_factory.mktemp("keys"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def truths(filled: DriveRig) -> dict[str, Truth]:
    return filled.truths()


def seen(asking: Asking) -> set[str]:
    """Return the ids of everything that is listed to the service account."""
    found = asking.files()
    for drive in asking.drive.drives().list(pageSize=100).execute()["drives"]:
        found += asking.files(corpora="drive", driveId=drive["id"], **FLAGS)
    return {one["id"] for one in found}


def test_the_same_seed_makes_the_same_site() -> None:
    one, same, other = (DriveRig(files=60, seed=seed) for seed in (1, 1, 2))
    assert list(one.site.items) == list(same.site.items)
    assert one.truths() == same.truths()
    assert list(one.site.items) != list(other.site.items)


def test_the_mix_is_that_of_a_company() -> None:
    rig = DriveRig(files=4000, seed=1)
    kinds = Counter(
        rig.site.items[one].media_type.rpartition("/")[2] for one in rig.generator.files
    )
    share = {kind: count / 4000 for kind, count in kinds.items()}
    assert share["vnd.google-apps.document"] == pytest.approx(0.40, abs=0.03)
    assert share["vnd.google-apps.spreadsheet"] == pytest.approx(0.10, abs=0.02)
    assert share["pdf"] == pytest.approx(0.12, abs=0.02)
    drives = Counter(rig.site.items[one].drive for one in rig.generator.files)
    assert len(drives) == 3
    assert min(drives.values()) > 400


def test_what_is_visible_is_listed_and_nothing_else(
    filled: DriveRig, asking: Asking, truths: dict[str, Truth]
) -> None:
    listed = seen(asking) & set(truths)
    assert listed == {one for one, truth in truths.items() if truth.visible}
    assert len(listed) < len(truths)


def test_readers_differ(truths: dict[str, Truth]) -> None:
    sets = Counter(truth.readers for truth in truths.values())
    assert len(sets) > 8
    assert any(truth.by_link > truth.readers for truth in truths.values())
    assert all(truth.by_link >= truth.readers for truth in truths.values())


def text_of(rig: DriveRig, asking: Asking, item_id: str) -> str:
    """Return everything that a file holds, read by other libraries than wrote it."""
    item = rig.site.items[item_id]
    if item.media_type == DOCUMENT:
        tree = html.document_fromstring(asking.export(item_id, HTML))
        for one in tree.xpath("//sup|//style|//div[p/a[starts-with(@id, 'cmnt')]]"):
            one.drop_tree()
        return str(tree.text_content())
    if item.media_type == SPREADSHEET:
        return _book(asking.export(item_id, XLSX))
    if item.media_type == PRESENTATION:
        return _show(asking.export(item_id, PPTX))
    return _upload(item, asking.download(item_id))


def _upload(item: Item, body: bytes) -> str:
    if item.media_type == PDF:
        document = pypdfium2.PdfDocument(body)
        text = "".join(page.get_textpage().get_text_range() for page in document)
        return re.sub(r"[\r\n￾]", "", text)
    assert isinstance(item.body, Generated)
    if item.body.kind == "docx":
        read = docx.Document(io.BytesIO(body))
        cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
        return "\n".join([one.text for one in read.paragraphs] + cells)
    if item.body.kind in {"xlsx", "pptx"}:
        return _book(body) if item.body.kind == "xlsx" else _show(body)
    encoding = {"txt-cp932": "cp932", "csv-cp932": "cp932", "txt-euc": "euc_jp"}
    return body.decode(encoding.get(item.body.kind, "utf-8-sig"))


def _book(body: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(body))
    return "\n".join(
        str(cell.value)
        for sheet in book
        if sheet.sheet_state == "visible"
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None and not sheet.row_dimensions[cell.row].hidden
    )


def _show(body: bytes) -> str:
    said = []
    for slide in Presentation(io.BytesIO(body)).slides:
        if slide._element.get("show") != "0":
            said += [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
            said.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(said)


def test_files_hold_their_truth_and_nothing_that_is_hidden(
    filled: DriveRig, asking: Asking, truths: dict[str, Truth]
) -> None:
    """Every kind of file, downloaded or exported by the client."""
    kinds = set()
    for item_id, truth in truths.items():
        body = filled.site.items[item_id].body
        assert isinstance(body, Generated)
        if not truth.visible:
            continue
        kinds.add(body.kind)
        text = text_of(filled, asking, item_id)
        assert truth.present
        assert [one for one in truth.present if one not in text] == [], body
        assert [one for one in truth.absent if one in text] == [], body
    assert len(kinds) >= 12


def test_anchors_are_where_the_texts_stand(
    filled: DriveRig, asking: Asking, truths: dict[str, Truth]
) -> None:
    checked = Counter[str]()
    for item_id, truth in truths.items():
        item = filled.site.items[item_id]
        if not truth.visible:
            continue
        if item.media_type == DOCUMENT:
            tree = html.document_fromstring(asking.export(item_id, HTML))
            for text, anchor in truth.anchors.items():
                (heading,) = tree.xpath(f"//*[@id='{anchor.removeprefix('heading=')}']")
                after = "".join(
                    str(one.text_content()) for one in (heading, *heading.itersiblings())
                )
                assert text in re.sub(r"\[(\d+|[a-z])\]", "", after)
            checked["doc"] += len(truth.anchors)
        elif item.media_type == SPREADSHEET:
            said = asking.sheets.spreadsheets().get(spreadsheetId=item_id).execute()
            titles = {
                one["properties"]["sheetId"]: one["properties"]["title"] for one in said["sheets"]
            }
            book = openpyxl.load_workbook(io.BytesIO(asking.export(item_id, XLSX)))
            for text, anchor in truth.anchors.items():
                at = re.fullmatch(r"gid=(\d+)&range=([A-Z]+\d+)", anchor)
                assert at
                assert book[titles[int(at[1])]][at[2]].value == text
            checked["sheet"] += len(truth.anchors)
    assert checked["doc"] > 100
    assert checked["sheet"] > 50


def test_a_file_that_is_rewritten_has_another_truth(tmp_path: Path) -> None:
    rig = DriveRig(files=30, seed=9)
    made = next(one for one in rig.generator.files if one in rig.truths())
    before, version = rig.truth(made), rig.site.items[made].version
    rig.generator.rewrite(made)
    after = rig.truth(made)
    assert not set(after.present) & {one for one in before.present if "KRG-" in one}
    assert after.readers == before.readers
    assert rig.site.items[made].version > version
    rig.site.trash(made)
    with pytest.raises(KeyError):
        rig.truth(made)
    assert made not in rig.truths()


def test_checksums_are_those_of_the_bytes(filled: DriveRig, asking: Asking) -> None:
    listed = asking.files(
        "mimeType = 'application/pdf' and trashed = false",
        fields="nextPageToken,files(id,name,size,md5Checksum)",
    )
    assert listed
    for one in listed[:5]:
        assert len(asking.download(one["id"])) == int(one["size"])


def test_a_folder_can_grow_deep(tmp_path: Path) -> None:
    """Whoever is let into it may read all of that, and nobody before."""
    rig = DriveRig(files=10, seed=4)
    folder = rig.site.add_folder("大きい")
    made = rig.generator.grow(folder, 80)
    assert set(made) <= set(rig.site.below(folder))
    assert all(len(rig.site.items[one].parents) == 1 for one in made)
    partner = "partner@example.com"
    before = {one for one in made if partner in rig.readers(one)}
    rig.site.share(folder, partner)
    limited = {one for one in made if partner not in rig.readers(one)}
    assert len(before) < len(made) / 4
    assert not limited
