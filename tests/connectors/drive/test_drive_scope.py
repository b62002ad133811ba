"""Addresses that people copy, and the options that say what counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ConnectorError
from connectors.drive import Scope
from connectors.drive.addresses import Address, read

ID = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"


@pytest.mark.parametrize(
    "address",
    [
        f"https://docs.google.com/document/d/{ID}/edit#heading=h.abc",
        f"https://docs.google.com/document/d/{ID}",
        f"https://docs.google.com/document/u/0/d/{ID}/edit?tab=t.0",
        f"https://docs.google.com/a/example.co.jp/document/d/{ID}/edit",
        f"https://docs.google.com/spreadsheets/d/{ID}/edit?gid=0#gid=0&range=A5:C9",
        f"https://docs.google.com/presentation/d/{ID}/edit#slide=id.g1",
        f"https://docs.google.com/forms/d/{ID}/viewform",
        f"https://drive.google.com/file/d/{ID}/view?usp=sharing",
        f"https://drive.google.com/file/u/1/d/{ID}/preview",
        f"https://drive.google.com/open?id={ID}&usp=drive_copy",
        f"https://drive.google.com/uc?export=download&id={ID}",
        f"https://drive.google.com/drive/folders/{ID}",
        f"https://drive.google.com/drive/u/0/folders/{ID}?hl=ja",
        f"https://drive.google.com/drive/mobile/folders/{ID}",
        f"https://drive.google.com/folderview?id={ID}",
        f"https://drive.usercontent.google.com/download?id={ID}&export=download",
        f"  {ID}\n",
    ],
)
def test_every_form_of_an_address_leads_to_its_id(address: str) -> None:
    assert read(address) == Address(ID)


def test_a_resource_key_comes_along() -> None:
    address = f"https://drive.google.com/file/d/{ID}/view?usp=sharing&resourcekey=0-abc_DEF"
    assert read(address) == Address(ID, "0-abc_DEF")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "no address",
        "https://[",
        f"https://elsewhere.example/document/d/{ID}/edit",
        f"https://docs.google.com.evil.example/document/d/{ID}/edit",
        f"ftp://docs.google.com/document/d/{ID}",
        "https://docs.google.com/document/d/e/2PACX-1vQ-published-copies-have-other-ids/pub",
        "https://drive.google.com/drive/my-drive",
        "https://drive.google.com/open?id=../../etc",
    ],
)
def test_what_leads_to_no_file_has_no_id(address: str) -> None:
    assert read(address) is None


@given(st.text())
@settings(deadline=None)
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = read(text)
    assert found is None or (found.id.isascii() and "/" not in found.id)


class TestScope:
    """Options."""

    def test_folders_are_named_by_id_or_address(self) -> None:
        scope = Scope(folders=(ID, f"https://drive.google.com/drive/folders/{ID}?resourcekey=0-a"))
        assert [root.id for root in scope.roots] == [ID]
        assert not scope.counts_my_drive
        assert not scope.counts_drive("0AD")

    def test_without_options_all_counts(self) -> None:
        assert Scope().counts_my_drive
        assert Scope().counts_drive("0AD")
        assert not Scope(my_drive=False).counts_my_drive
        assert not Scope(exclude_folders=("0ADrive",)).counts_drive("0ADrive")

    @pytest.mark.parametrize("option", ["folders", "exclude_folders", "drives"])
    def test_what_names_no_folder_is_refused(self, option: str) -> None:
        with pytest.raises(ConnectorError, match=f"`{option}`"):
            Scope(**{option: ("https://example.co.jp/規程",)})

    def test_the_fingerprint_changes_with_what_counts_alone(self) -> None:
        assert Scope(users=("A@x.jp", "b@x.jp")).fingerprint == (
            Scope(users=("b@x.jp", "a@x.jp")).fingerprint
        )
        others = [Scope(), Scope(my_drive=False), Scope(folders=(ID,)), Scope(drives=(ID,))]
        others += [Scope(exclude_folders=(ID,)), Scope(users=("a@x.jp",))]
        assert len({scope.fingerprint for scope in others}) == len(others)
