"""A document of a folder is found by whatever people write for it, and missed where it is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from connector_contract import listing
from folder_site import FolderSite, names

from connectors.base import READABLE_BY_ANYONE, ConnectorError
from connectors.folder import SIDE_FILE, FolderConnector


@pytest.fixture
def rules(site: FolderSite) -> FolderSite:
    """A folder with a document in a folder of it."""
    site.write("規程/旅費 2026.md", "# 旅費\n本文です。")
    site.write("one.md", "本文です。")
    return site


def found(connector: FolderConnector, text: str) -> str | None:
    ref = connector.find(text)
    return ref.id if ref else None


def test_a_document_is_found_by_its_path_and_by_its_path_in_the_folder(rules: FolderSite) -> None:
    connector = rules.connector()
    assert found(connector, str(rules.root / "規程" / "旅費 2026.md")) == "規程/旅費 2026.md"
    assert found(connector, "規程/旅費 2026.md") == "規程/旅費 2026.md"
    assert found(connector, "./one.md") == "one.md"


def test_a_document_is_found_by_its_file_address_and_its_heading(rules: FolderSite) -> None:
    address = (rules.root / "規程" / "旅費 2026.md").as_uri()
    assert found(rules.connector(), f"{address}#日当") == "規程/旅費 2026.md"


@pytest.mark.parametrize("prefix", ["https://docs.example/k", "https://docs.example/k/"])
def test_a_document_is_found_by_its_link(rules: FolderSite, prefix: str) -> None:
    connector = FolderConnector(rules.root, url_prefix=prefix)
    for ref in listing(connector).values():
        assert connector.find(connector.fetch(ref).url) == ref
    assert connector.find("https://docs.example/kone.md") is None


@pytest.mark.parametrize(
    "text", ["規程", "../handbook/one.md", "/etc/passwd", "file:///etc/passwd", "two.md", "/"]
)
def test_what_is_no_document_of_the_folder_is_not_found(rules: FolderSite, text: str) -> None:
    assert rules.connector().find(text) is None


def test_a_document_that_is_excluded_is_not_found(rules: FolderSite) -> None:
    connector = FolderConnector(rules.root, exclude=["規程/"])
    assert connector.find("規程/旅費 2026.md") is None


def test_a_document_behind_a_symbolic_link_is_found_as_it_is_listed(rules: FolderSite) -> None:
    (rules.root / "alias.md").symlink_to("one.md")
    connector = rules.connector()
    assert names(connector) == {"one.md", "規程/旅費 2026.md"}
    assert found(connector, "alias.md") == "one.md"
    assert connector.confirm_gone(["alias.md", "one.md"]) == {"alias.md"}


def test_a_document_that_is_excluded_now_is_gone_although_its_file_is_there(
    rules: FolderSite,
) -> None:
    connector = FolderConnector(rules.root, exclude=["規程/"])
    assert connector.confirm_gone(["規程/旅費 2026.md", "one.md"]) == {"規程/旅費 2026.md"}


def test_nothing_is_confirmed_to_be_gone_where_a_folder_can_not_be_listed(
    rules: FolderSite,
) -> None:
    rules.break_listing()
    with pytest.raises(ConnectorError, match="can not be listed"):
        rules.connector().confirm_gone(["one.md"])


def test_readers_of_the_source_are_those_of_what_no_side_file_speaks_of(rules: FolderSite) -> None:
    """And a change of them is a change of readers, not of documents."""
    (rules.root / SIDE_FILE).write_text('[readers]\n"/one.md" = ["group:board"]\n')
    anyone = FolderConnector(rules.root)
    sales = FolderConnector(rules.root, readers=["group:Sales", "user:Sato@Example.co.jp"])
    before, after = listing(anyone), listing(sales)
    named = "規程/旅費 2026.md"
    assert anyone.readers(before[named]) == READABLE_BY_ANYONE
    layer = frozenset({"group:Sales", "user:sato@example.co.jp"})
    assert sales.readers(after[named]) == sales.fetch(after[named]).readers == (layer,)
    assert sales.readers(after["one.md"]) == (frozenset({"group:board"}),)
    assert before["one.md"] == after["one.md"]
    assert before[named].version == after[named].version
    assert before[named].readers_version != after[named].readers_version


def test_an_examination_names_what_keeps_documents_from_readers(rules: FolderSite) -> None:
    (rules.root / "規程" / SIDE_FILE).write_text("this is no TOML")
    (rules.root / "lost.md").symlink_to("nowhere.md")
    told = {remark.message: remark.level for remark in rules.connector().examine()}
    assert list(told.values()) == ["ok", "warning", "warning"]
    assert any("lost.md: it is a symbolic link to nothing" in message for message in told)
    assert any("規程/.kurage-readers.toml is repaired" in message for message in told)


def test_an_examination_of_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    (remark,) = FolderConnector(tmp_path).examine()
    assert remark.level == "problem"
    assert "no document" in remark.message
