"""Fills a Workspace from a seed: people, groups, drives, folders with their sharing, and files.

Docs 40 %, Sheets 10 %, Slides 6 %, PDF 12 %, Office 14 %, text 15 %, others 3 %; two fifths in four
My Drives, the rest in two shared drives. Some folders are limited, some shared with more people, in
every way that there is; a few files are shared by a link.
"""

from __future__ import annotations

from random import Random
from typing import Any

from rigs.confluence import prose
from rigs.drive import oracle
from rigs.drive.generated import Generated
from rigs.drive.people import DOMAIN, EVERYBODY
from rigs.drive.records import Item
from rigs.drive.truth import Truth
from rigs.drive.world import World

_MIX = (
    ("doc", 400, ""),
    ("sheet", 100, ""),
    ("slides", 60, ""),
    ("pdf", 120, ".pdf"),
    ("docx", 70, ".docx"),
    ("xlsx", 40, ".xlsx"),
    ("pptx", 30, ".pptx"),
    ("txt", 50, ".txt"),
    ("txt-cp932", 40, ".txt"),
    ("txt-euc", 15, ".txt"),
    ("csv", 10, ".csv"),
    ("csv-cp932", 20, ".csv"),
    ("md", 15, ".md"),
    ("png", 20, ".png"),
    ("form", 10, ""),
)
_KINDS = [one[0] for one in _MIX]
_SHARES = [one[1] for one in _MIX]
_SUFFIX = {one[0]: one[2] for one in _MIX}
_UNREADABLE = {"png", "form"}
_TEAMS = ("soumu", "jinji", "keiri", "eigyo", "kaihatsu", "houmu", "josys", "hinshitsu")
_FILES_A_FOLDER = 25
_YEAR_S = 365 * 86400


class Generator:
    """Fills a site, and goes on writing in it."""

    def __init__(self, world: World, *, seed: int = 0) -> None:
        self._world = world
        self._random = Random(seed)
        self._number = 0
        self.drives: list[str] = []
        self.people: list[str] = []
        self.teams: list[str] = []
        self.folders: list[str] = []
        self.files: list[str] = []
        """Everything that was generated, folders left out, in order."""

    def fill(self, files: int) -> list[str]:
        """Make so many files, and shortcuts to one in a hundred of them; return their ids."""
        with self._world.lock:
            if not self.people:
                self._people()
            folders = self._folders(max(6, files // _FILES_A_FOLDER))
            made = [self._file(self._random.choice(folders)) for _ in range(files)]
            for target in self._random.sample(made, files // 100):
                self._world.add_shortcut(
                    target, self._random.choice(folders), name="ショートカット"
                )
            for one in self._random.sample(made, files // 200):
                self._world.trash(one)
            return made

    # Who is there

    def _people(self) -> None:
        world = self._world
        self.people = [world.add_user(f"user{n:02}@{DOMAIN}", prose.person(n)) for n in range(24)]
        self.people[:0] = [world.owner]
        for n, team in enumerate(_TEAMS):
            members = [one for k, one in enumerate(self.people) if k % len(_TEAMS) == n]
            self.teams.append(world.add_group(f"{team}@{DOMAIN}", prose.DEPARTMENTS[n], members))
        managers = self.people[1:5]
        world.add_group(f"managers@{DOMAIN}", "管理職", managers)
        # Groups in groups, and one of everybody.
        self.teams.append(
            world.add_group(f"soudan@{DOMAIN}", "相談窓口", [f"managers@{DOMAIN}", self.teams[1]])
        )
        self.teams.append(world.add_group(f"all@{DOMAIN}", "全社", [EVERYBODY]))
        world.add_user("partner@example.com", "社外の人")

    # Where files lie

    def _folders(self, count: int) -> list[str]:
        world, random = self._world, self._random
        if not self.drives:
            self.drives = [world.add_drive("全社共有"), world.add_drive("開発本部")]
            world.share(self.drives[0], f"all@{DOMAIN}", "reader")
            world.share(self.drives[1], self.teams[4], "writer")
            world.share(self.drives[1], f"managers@{DOMAIN}", "commenter")
        tops = list(self.drives)
        for owner in self.people[:4]:
            top = world.add_folder(f"{world.people[owner].name}の共有", owner=owner, shared=True)
            self._open(top)
            tops += [top, top] if owner == self.people[0] else [top]
        places = [*tops, *self.drives, *self.drives]
        made: list[str] = []
        for n in range(count):
            within = (
                random.choice(made) if made and random.random() < 0.6 else random.choice(places)
            )
            folder = world.add_folder(
                f"{prose.term(random)} {n:04}", within, owner=self._owner(within)
            )
            made.append(folder)
            drawn = random.random()
            if drawn < 0.1:
                world.limit(folder)
                self._open(folder)
                if random.random() < 0.67:
                    world.share(folder, world.service, "writer")
            elif drawn < 0.25:
                self._open(folder)
        self.folders += made
        return made + tops

    def _owner(self, parent: str) -> str:
        return self._world.items[parent].owner or self._world.owner

    def _open(self, item_id: str) -> None:
        world, random = self._world, self._random
        way = random.randrange(6)
        if way == 0:
            world.share(item_id, DOMAIN, discoverable=True)
        elif way == 1:
            world.share(item_id, DOMAIN)
        elif way == 2:
            world.share(item_id, random.choice(self.people), "commenter")
        elif way == 3:
            world.share(item_id, "partner@example.com")
        else:
            world.share(item_id, random.choice(self.teams))

    # Files

    def _file(self, parent: str) -> str:
        world, random = self._world, self._random
        self._number += 1
        kind = random.choices(_KINDS, _SHARES)[0]
        body = Generated(kind, self._number)
        name = prose.title(random, self._number) + _SUFFIX[kind]
        how: dict[str, Any] = {
            "owner": self._owner(parent),
            "modified": world.clock.now() - random.random() * 2 * _YEAR_S,
        }
        if kind == "doc":
            made = world.add_doc(name, body, parent, **how)
        elif kind == "sheet":
            made = world.add_sheet(name, body, parent, **how)
        elif kind == "slides":
            made = world.add_slides(name, body, parent, **how)
        elif kind == "form":
            made = world.add_form(name, parent, **how)
        else:
            made = world.add_file(name, body, parent, **how)
        drawn = random.random()
        if drawn < 0.05:
            self._open(made)
        elif drawn < 0.07:
            world.share(made)
        elif drawn < 0.08:
            world.share(made)
            world.key(made)
        elif drawn < 0.085:
            world.share(made, discoverable=True)
        self.files.append(made)
        return made

    def add(self, parent: str | None = None) -> str:
        """Make one more file; returns its id."""
        with self._world.lock:
            return self._file(parent or self._random.choice(self.folders))

    def grow(self, parent: str, files: int, *, depth: int = 3) -> list[str]:
        """Put so many files below a folder, in folders in folders; return the files' ids."""
        with self._world.lock:
            places = [parent]
            for _ in range(max(depth, files // _FILES_A_FOLDER)):
                within = self._random.choice(places[-depth:])
                name = f"{prose.term(self._random)} {len(self._world.items):05}"
                places.append(self._world.add_folder(name, within, owner=self._owner(within)))
            return [self._file(self._random.choice(places)) for _ in range(files)]

    def rewrite(self, item_id: str) -> None:
        """Let a generated file say something else; KeyError where it was not generated."""
        with self._world.lock:
            body = self._world.items[item_id].body
            if not isinstance(body, Generated):
                raise KeyError(item_id)
            self._world.edit(item_id, Generated(body.kind, body.number, body.revision + 1))

    def warm(self) -> None:
        """Work out sizes and checksums now, and not while somebody waits for a list."""
        with self._world.lock:
            for one in self.files:
                item = self._world.items.get(one)
                if item and not item.native:
                    self._world.digest(item)

    # What is true

    def truth(self, item_id: str) -> Truth:
        """Return the truth of a generated file as things are now.

        KeyError where it was not generated, was written anew by hand, holds no text (a picture, a
        form), or lies in the trash.
        """
        with self._world.lock:
            item = self._world.items[item_id]
            if not self._has_text(item):
                raise KeyError(item_id)
            return self._told(item)

    def truths(self) -> dict[str, Truth]:
        """Return the same for everything that was generated and has one, by id."""
        with self._world.lock:
            return {
                one: self._told(item)
                for one in self.files
                if (item := self._world.items.get(one)) and self._has_text(item)
            }

    def _has_text(self, item: Item) -> bool:
        body = item.body
        return (
            isinstance(body, Generated)
            and body.kind not in _UNREADABLE
            and not self._world.sharing.trashed(item)
        )

    def _told(self, item: Item) -> Truth:
        assert isinstance(item.body, Generated), "it has a text"
        written = item.body.truth()
        world = self._world
        readers = oracle.readers(world, item.id)
        shown = "\n".join(written.present)
        return Truth(
            tuple(dict.fromkeys(written.present)),
            tuple(one for one in dict.fromkeys(written.absent) if one not in shown),
            tuple(written.comments),
            {text: anchor for text, anchor in written.anchors.items() if anchor},
            world.service in readers,
            readers - {world.service},
            oracle.readers(world, item.id, by_link=True) - {world.service},
        )
