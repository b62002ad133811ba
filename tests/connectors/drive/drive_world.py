"""A Workspace in which people do anything, drawn from a seed; and who may read what in it.

The rig itself says who sees a file: the connector's readers are held against that.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from drive_site import DriveSite

from connectors.base import ANYONE, Readers

PEOPLE = [f"p{number}@example.co.jp" for number in range(4)]
TEAMS = ["dev@example.co.jp", "hr@example.co.jp"]
OUTSIDE = "guest@partner.example"


class RandomWorld:
    """Some people, groups, shared drives and folders, and what is done to them."""

    def __init__(self, drive: DriveSite, seed: int) -> None:
        self.drive = drive
        self.site = drive.site
        self.draw = random.Random(seed)
        self.folders: list[str] = []
        self.files: list[str] = []
        self.shortcuts: list[str] = []
        self.drives: list[str] = []
        self.count = 0
        for person in (*PEOPLE, OUTSIDE):
            self.site.add_user(person)
        for team in TEAMS:
            self.site.add_group(team, members=self.draw.sample(PEOPLE, 2))
        for number in range(2):
            self.drives.append(self.site.add_drive(f"ドライブ{number}"))
        self.root = self.site.add_folder("根")
        self.closed = self.site.add_folder("除外")
        self.folders += [self.root, self.closed]
        for _ in range(25):
            self.add()

    def step(self) -> str:
        """Do one thing; return its name."""
        acts: list[Callable[[], None]] = [
            *[self.add] * 4,
            *[self.edit, self.rename, self.restore, self.limit, self.touch],
            *[self.trash, self.delete, self.shortcut, self.member] * 2,
            *[self.move] * 4,
            *[self.share, self.unshare] * 5,
        ]
        act = self.draw.choice(acts)
        act()
        return act.__name__

    # What may be done

    def add(self) -> None:
        self.count += 1
        name, parent = f"書類{self.count}", self.place()
        owner = self.draw.choice(PEOPLE) if parent is None and self.draw.random() < 0.3 else None
        if self.draw.random() < 0.35:
            self.folders.append(self.site.add_folder(name, parent, owner=owner))
        elif self.draw.random() < 0.3:
            self.files.append(self.site.add_doc(name, f"# {name}", parent, owner=owner))
        else:
            self.files.append(self.site.add_file(f"{name}.md", name, parent, owner=owner))

    def edit(self) -> None:
        if item := self.any(self.files):
            self.count += 1
            self.site.edit(item, f"第{self.count}版")

    def rename(self) -> None:
        if item := self.any(self.files + self.folders):
            self.count += 1
            self.site.rename(item, f"新{self.count}")

    def touch(self) -> None:
        if item := self.any(self.files + self.folders):
            self.site.touch(item)

    def move(self) -> None:
        item = self.any(self.files + self.folders)
        to = self.place()
        if item and to and item not in {self.root, self.closed, to}:
            if to in self.site.below(item):
                return  # cycles are made by `add_parent` alone
            self.site.move(item, to)

    def trash(self) -> None:
        item = self.any(self.files + self.folders + self.shortcuts)
        if item and item != self.root:
            self.site.trash(item)

    def restore(self) -> None:
        trashed = [one for one in self.files + self.folders if self.there(one, trashed=True)]
        if trashed:
            self.site.restore(self.draw.choice(trashed))

    def delete(self) -> None:
        item = self.any(self.files + self.shortcuts + self.folders[2:])
        if item and self.root not in self.site.below(item):
            self.site.delete(item)

    def shortcut(self) -> None:
        target, place = self.any(self.files + self.folders), self.place()
        if target:
            self.shortcuts.append(self.site.add_shortcut(target, place))

    def share(self) -> None:
        item = self.any(self.files + self.folders)
        if item is None:
            return
        to = self.draw.choice([*PEOPLE, *TEAMS, OUTSIDE, "example.co.jp", None, "service"])
        if to == "service":
            self.site.share(item, self.drive.rig.email, "writer")
        else:
            findable = (to is None or "@" not in to) and self.draw.random() < 0.5
            self.site.share(item, to, discoverable=findable)

    def unshare(self) -> None:
        item = self.any([one for one in self.files + self.folders if one != self.root])
        grants = list(self.site.items[item].grants.values()) if item else []
        grants = [one for one in grants if one.role != "owner"]
        if item and grants:
            self.site.unshare(item, self.draw.choice(grants).to or None)

    def limit(self) -> None:
        item = self.any([one for one in self.folders if self.there(one)])
        if item and self.site.items[item].drive and self.draw.random() < 0.7:
            self.site.limit(item, limited=not self.site.items[item].limited)

    def member(self) -> None:
        drive = self.draw.choice(self.drives)
        who = self.draw.choice([*PEOPLE, *TEAMS])
        if ("group" if who in TEAMS else "user", who) in self.site.drives[drive].members:
            self.site.unshare(drive, who)
        else:
            self.site.share(drive, who)

    # Choosing

    def there(self, item: str, *, trashed: bool = False) -> bool:
        found = self.site.items.get(item)
        return found is not None and (found.trashed or not trashed)

    def any(self, items: list[str]) -> str | None:
        there = [one for one in items if self.there(one)]
        return self.draw.choice(there) if there else None

    def place(self) -> str | None:
        if self.draw.random() < 0.25:
            return self.draw.choice(self.drives)
        return self.any(self.folders) if self.draw.random() < 0.85 else None


def may_read(drive: DriveSite, person: str, readers: Readers) -> bool:
    """Tell whether a person is in every layer, by the groups and domain of the rig."""
    site = drive.site
    mine = {f"{kind}:{name}" for kind, name in site.principals(person) if kind != "group"}
    mine |= {f"group:google:{name}" for kind, name in site.principals(person) if kind == "group"}
    return all((mine | {ANYONE}) & layer for layer in readers)


def truly_may(drive: DriveSite, person: str, item: str) -> bool:
    """Tell whether the Workspace lets a person find a file, without knowing a link."""
    found = drive.site.items[item]
    sharing = drive.site.sharing
    return sharing.role(person, found, by_link=False, metadata=False) is not None
