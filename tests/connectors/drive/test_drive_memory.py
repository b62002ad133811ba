"""The tree that is remembered: runs that are taken back, sources side by side, a broken file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.drive.database import Memory
from connectors.drive.memory import Tree
from connectors.drive.nodes import Node, packed, unpacked
from connectors.drive.values import FOLDER, SHORTCUT, File

ids = st.sampled_from(["a", "b", "c", "d", "e"])
nodes = st.builds(
    Node,
    file=st.builds(
        File,
        id=ids,
        name=st.text(max_size=3),
        media_type=st.sampled_from([FOLDER, SHORTCUT, "text/plain"]),
        parents=st.lists(ids, max_size=2, unique=True).map(tuple),
        target=st.none() | ids,
        drive=st.none() | st.just("D"),
        size=st.none() | st.integers(0, 9),
        permission_ids=st.none() | st.frozensets(ids),
        limited=st.booleans(),
        can_share=st.booleans(),
        can_download=st.booleans(),
        encrypted=st.booleans(),
    ),
    log=st.sampled_from(["me", "drive:D"]),
    listed=st.booleans(),
    readers=st.none() | st.just("nobody") | st.just((frozenset({"anyone"}),)),
    until=st.none() | st.floats(0, 10),
)
acts = st.lists(st.tuples(st.booleans(), nodes), max_size=8)


def everything(tree: Tree) -> tuple[dict[str, Node], dict[str, set[str]], dict[str, str]]:
    names = ["a", "b", "c", "d", "e"]
    below = {one: tree.children([one]) for one in names}
    return tree.among(names), below, tree.shortcuts()


def do(tree: Tree, what: list[tuple[bool, Node]]) -> None:
    for puts, node in what:
        if puts:
            tree.put([node])
        else:
            tree.remove([node.file.id])


@given(nodes)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_file_is_remembered_as_it_was(node: Node) -> None:
    file = node.file
    assert unpacked(file.id, file.media_type, packed(file)) == file
    tree = Tree(Memory(None), "x")
    tree.begin(None)
    tree.put([node])
    assert tree.get(file.id) == node


@given(acts, acts, acts, st.booleans())
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_a_run_whose_cursor_was_not_saved_is_taken_back(
    first: list[tuple[bool, Node]],
    lost: list[tuple[bool, Node]],
    second: list[tuple[bool, Node]],
    ended: bool,
) -> None:
    """Whether it came to its end or died; twice in a row, too."""
    memory = Memory(None)
    tree = Tree(memory, "x")
    tree.begin(None)
    do(tree, [*first, (True, Node(File("z", "z", FOLDER), "me", listed=True))])
    stamp, then = tree.end(), everything(tree)
    for _ in range(2):
        run = Tree(memory, "x")
        assert run.begin(stamp)
        assert everything(run) == then
        assert run.seen(then[0]) == set(), "no run has seen it"
        do(run, lost)
        if ended:
            run.end()
    kept = Tree(memory, "x")
    assert kept.begin(stamp)
    do(kept, second)
    after = kept.end()
    now = everything(kept)
    assert Tree(memory, "x").begin(after)
    assert everything(kept) == now


def test_a_stamp_of_no_run_can_not_be_gone_on_from() -> None:
    tree = Tree(Memory(None), "x")
    tree.begin(None)
    tree.end()
    assert not Tree(Memory(None), "x").begin("of another time")


def test_a_run_that_another_process_overtook_is_nobodys_past(tmp_path: Path) -> None:
    """The tree is the other one's then: what this one says of it can not be gone on from."""
    here, there = Memory(tmp_path / "drive.db"), Memory(tmp_path / "drive.db")
    first, second = Tree(here, "x"), Tree(there, "x")
    first.begin(None)
    second.begin(None)
    mine = first.end()
    theirs = second.end()
    assert Tree(here, "x").begin(theirs)
    assert not Tree(here, "x").begin(mine)
    here.close()
    there.close()


def test_sources_share_a_file(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "drive.db")
    one, other = Tree(memory, "one"), Tree(memory, "other")
    node = Node(File("a", "規程", "text/plain"), "me", listed=True)
    one.begin(None)
    other.begin(None)
    one.put([node])
    other.put([replace(node, listed=False)])
    one.remove(["a"])
    assert one.get("a") is None
    assert other.get("a") == replace(node, listed=False)
    assert (tmp_path / "drive.db").stat().st_mode & 0o077 == 0
    memory.close()


def test_cycles_end() -> None:
    tree = Tree(Memory(None), "x")
    tree.begin(None)
    for one, parent in (("a", "c"), ("b", "a"), ("c", "b")):
        tree.put([Node(File(one, one, FOLDER, parents=(parent,)), "me", listed=True)])
    assert tree.below(["a"]) == {"a", "b", "c"}
