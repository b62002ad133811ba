"""The language of `q` on the Drive rig."""

from __future__ import annotations

import pytest
from drive_asking import FLAGS, Asking, refused
from drive_fixtures import Account, account, asking, google
from hypothesis import given, settings
from hypothesis import strategies as st
from rigs.drive import DriveRig
from rigs.drive.core import Call, Core, RefusedError, Settings
from rigs.drive.fields import applied, mask
from rigs.drive.query import parsed
from rigs.drive.world import World

__all__ = ["account", "asking", "google"]


@pytest.fixture
def filled(google: DriveRig) -> DriveRig:
    """Return a Workspace with a few things in it."""
    site = google.site
    folder = site.add_folder("規程")
    site.add_doc("休暇の申請", "本文", folder, modified=1_700_000_000)
    site.add_sheet("経費", {"一": [["a"]]}, folder)
    site.add_file("旧規程.pdf", b"%PDF-")
    site.trash(site.add_doc("捨てた", "本文"))
    return google


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("", ["休暇の申請", "捨てた", "旧規程.pdf", "経費", "規程"]),
        ("trashed = true", ["捨てた"]),
        ("trashed != true and mimeType = 'application/pdf'", ["旧規程.pdf"]),
        ("mimeType contains 'application/vnd.google-apps.s'", ["経費"]),
        ("not mimeType contains 'application/vnd.google-apps'", ["旧規程.pdf"]),
        ("name = '経費'", ["経費"]),
        ("name contains '休暇'", ["休暇の申請"]),
        ("name != '経費' and trashed=false", ["休暇の申請", "旧規程.pdf", "規程"]),
        ("modifiedTime < '2024-01-01T00:00:00'", ["休暇の申請"]),
        ("modifiedTime <= '2023-11-14T22:13:20Z'", ["休暇の申請"]),
        ("modifiedTime > '2024-01-01T00:00:00+09:00' and name='規程'", ["規程"]),
        ("'sato@example.co.jp' in owners and trashed = true", ["捨てた"]),
        ("'me' in owners", []),
        ("'me' in writers and trashed = true", ["捨てた"]),
        ("sharedWithMe and mimeType = 'application/pdf'", ["旧規程.pdf"]),
        ("sharedWithMe = false", ["休暇の申請", "経費"]),
        ("visibility = 'limited' and trashed = true", ["捨てた"]),
        ("(name='経費' or name='規程') and not trashed=true", ["経費", "規程"]),
        # From left to right: `and` binds no closer than `or`.
        ("name='経費' or name='規程' and trashed=true", []),
        ("name='経費' or (name='規程' and trashed=true)", ["経費"]),
    ],
)
def test_what_is_asked_for_is_found(
    filled: DriveRig, asking: Asking, q: str, names: list[str]
) -> None:
    assert asking.names(q) == names


def test_folders_are_looked_into(filled: DriveRig, asking: Asking) -> None:
    folder = filled.site.find("規程")
    root = filled.site.people[filled.site.owner].root
    assert asking.names(f"'{folder}' in parents") == ["休暇の申請", "経費"]
    assert asking.names(f"not '{folder}' in parents and trashed=false") == ["旧規程.pdf", "規程"]
    assert refused(lambda: asking.names(f"'{root}' in parents")) == (404, "notFound")
    assert refused(lambda: asking.names("'1nothing' in parents")) == (404, "notFound")
    both = f"'{folder}' in parents or '1nothing' in parents"
    assert refused(lambda: asking.names(both)) == (404, "notFound")


def test_root_is_ones_own_drive(filled: DriveRig, account: Account) -> None:
    owner = account("delegated", filled.site.owner)
    assert owner.names("'root' in parents and trashed=false") == ["旧規程.pdf", "規程"]
    assert owner.names("'me' in owners and trashed=false") == [
        "休暇の申請",
        "旧規程.pdf",
        "経費",
        "規程",
    ]
    assert account("delegated", filled.site.admin).names("'root' in parents") == []


def test_a_folder_of_a_shared_drive_is_looked_into(google: DriveRig, asking: Asking) -> None:
    drive = google.site.add_drive("全社")
    folder = google.site.add_folder("規程", drive)
    google.site.add_doc("休暇", "本文", folder)
    assert asking.names(f"'{folder}' in parents", **FLAGS) == ["休暇"]
    assert asking.names(f"'{drive}' in parents", **FLAGS) == ["規程"]
    assert refused(lambda: asking.names(f"'{folder}' in parents")) == (404, "notFound")


def test_a_quotation_mark_in_a_name_is_escaped(google: DriveRig, asking: Asking) -> None:
    google.site.add_doc("Sato's \\ 文書", "本文")
    assert asking.names(r"name = 'Sato\'s \\ 文書'") == ["Sato's \\ 文書"]


def test_lists_are_in_the_order_that_was_asked_for(filled: DriveRig, asking: Asking) -> None:
    found = asking.files(orderBy="folder,name desc")
    assert [one["name"] for one in found] == ["規程", "経費", "旧規程.pdf", "休暇の申請"]


@pytest.mark.parametrize(
    "q",
    [
        "trashed",
        "trashed = maybe",
        "name = 経費",
        "name < 'a'",
        "nonsense = 'a'",
        "'a' in nonsense",
        "'a'",
        "(trashed = true",
        "trashed = true)",
        "trashed = true and",
        "trashed = true trashed = true",
        "name = 'open",
        "modifiedTime > 'yesterday'",
        "trashed = true && trashed = true",
        "name contains",
    ],
)
def test_what_the_service_would_not_understand_is_refused(
    google: DriveRig, asking: Asking, q: str
) -> None:
    assert refused(lambda: asking.names(q)) == (400, "invalid")


_WORDS = st.sampled_from(
    ["and", "or", "not", "(", ")", "'a'", "in", "parents", "owners", "name", "=", "!=", "trashed",
     "true", "contains", "sharedWithMe", "mimeType", "<", "'\\'", "''"]
)  # fmt: skip


@given(st.lists(_WORDS, max_size=12).map(" ".join) | st.text(max_size=30))
@settings(deadline=None)
def test_anything_is_understood_or_refused(text: str) -> None:
    """Whatever is asked: an answer for every item, or the service's refusal."""
    world = World()
    world.add_doc("a", "本文")
    core = Core(world, Settings())
    call = Call("", (), {}, world.service)
    try:
        query = parsed(core, call, text)
    except RefusedError as refusal:
        refusals = [refusal.status]
    else:
        refusals = []
        assert all(query.test(one) in {True, False} for one in world.items.values())
    assert refusals in ([], [400])


_MASKS = st.lists(
    st.sampled_from(["files", "id", "(", ")", ",", "/", "*", "owners", ".", "nextPageToken", " "]),
    max_size=12,
).map("".join)


@given(_MASKS | st.text(max_size=20), st.booleans())
@settings(deadline=None)
def test_any_mask_is_taken_or_refused(text: str, dotted: bool) -> None:
    try:
        found = mask(text, dotted=dotted)
    except RefusedError as refusal:
        assert refusal.status == 400  # noqa: PT017 - one of two good ends
    else:
        assert found
        assert applied({"files": [{"id": 1}], "x": 2}, {"files": {"id": None}}) == {
            "files": [{"id": 1}]
        }


def test_a_mask_reads_as_the_service_reads_it() -> None:
    """Slashes and brackets say the same; a field that is asked for whole is whole."""
    assert mask("files/owners/emailAddress") == mask("files(owners(emailAddress))")
    assert mask("a(b),a/c") == {"a": {"b": None, "c": None}}
    assert mask("a,a/b") == {"a": None}
    assert mask("a.b(c)", dotted=True) == mask("a/b/c")
    assert applied({"a": {"b": 1, "c": 2}}, mask("*/b")) == {"a": {"b": 1}}
