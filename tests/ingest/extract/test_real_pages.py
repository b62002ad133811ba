"""On 451 real documentation pages: everything visible comes out, and nothing else does."""

from __future__ import annotations

import os
import re
import tarfile
from pathlib import Path

import pytest

from ingest.extract import Extracted, extract

ARCHIVE = Path(__file__).resolve().parents[4] / "shared" / "data" / "docs.tar.gz"
SUFFIXES = (".md", ".rst", ".yaml", ".utf8")


def sources() -> dict[str, bytes]:
    with tarfile.open(ARCHIVE) as archive:
        return {
            member.name: file.read()
            for member in archive
            if member.name.endswith(SUFFIXES) and (file := archive.extractfile(member)) is not None
        }


@pytest.fixture(scope="module")
def pages() -> dict[str, tuple[str, Extracted]]:
    """Source text and extracted blocks by path."""
    if not os.access(ARCHIVE, os.R_OK):
        pytest.skip("the sample pages are not beside the project")
    return {
        name: (data.decode("utf-8-sig"), extract(data, media_type=None, name=name))
        for name, data in sources().items()
    }


Pages = dict[str, tuple[str, Extracted]]


def flat(extracted: Extracted) -> str:
    return "".join(
        "".join((*block.headings, block.text)).replace(" ", "") + "\n" for block in extracted.blocks
    )


def test_every_page_is_read_with_a_title(pages: Pages) -> None:
    assert len(pages) == 451
    assert all(extracted.blocks and extracted.title for _, extracted in pages.values())


def test_english_in_comments_is_not_indexed(pages: Pages) -> None:
    """Translations keep their original in comments: 1,500 lines of it in these pages."""
    checked = 0
    for source, extracted in pages.values():
        shown = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL).replace(" ", "")
        fences = re.findall(r"```.*?```|`[^`\n]*`", source, re.DOTALL)
        outside = source
        for fence in fences:
            outside = outside.replace(fence, "")
        text = flat(extracted)
        for comment in re.findall(r"<!--(.*?)-->", outside, re.DOTALL):
            for line in comment.replace(" ", "").split("\n"):
                if len(line) > 40 and line not in shown:
                    checked += 1
                    assert line not in text
    assert checked > 700


def test_no_space_is_put_inside_japanese(pages: Pages) -> None:
    """Each space between two Japanese characters stands in the source, beside markup or not."""
    between = re.compile("[ぁ-んァ-ヶ一-龠] +[ぁ-んァ-ヶ一-龠]")
    for name, (source, extracted) in pages.items():
        if not name.endswith((".md", ".utf8")):
            continue  # reStructuredText needs blanks around its markup: they are the author's
        bare = re.sub(
            r"\]\((?:[^()]|\([^()]*\))*\)|\]\[[^\]]*\]|<[^>\n]*>|[`*_\[\]|~!]", "", source
        )
        for block in extracted.blocks:
            if block.kind in ("code", "table"):
                continue
            for found in between.finditer(block.text):
                left, right = found[0][0], found[0][-1]
                assert re.search(f"{left}[ \u3000]+{right}", bare), (name, found[0])


def test_anchors_are_the_targets_of_the_pages_own_links(pages: Pages) -> None:
    """The links that authors wrote into their Markdown pages lead to the anchors that we make."""
    asked = met = 0
    for name, (source, extracted) in pages.items():
        if not name.endswith(".md") or "railsguides" in name:
            continue  # the Rails guides are built by a program with slugs of its own
        anchors = {block.anchor for block in extracted.blocks}
        for target in re.findall(r"\]\(#([^)\s]+)\)", source):
            asked += 1
            met += target in anchors
    assert asked > 300
    assert met / asked > 0.8
