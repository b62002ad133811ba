"""The files of a Workspace, and what people do to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from rigs.drive import contents
from rigs.drive.changes import Log
from rigs.drive.people import DOMAIN, People
from rigs.drive.records import (
    DOCUMENT,
    FOLDER,
    FORM,
    PRESENTATION,
    SHORTCUT,
    SPREADSHEET,
    Body,
    Grant,
    Item,
    Role,
    SharedDrive,
)
from rigs.drive.sharing import Sharing

Grantee = Literal["user", "group", "domain", "anyone"]
_KEY_LENGTH = 22


class World(People):
    """A Workspace: `kurage@…iam.gserviceaccount.com` reads it, `sato@example.co.jp` writes it."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.drives: dict[str, SharedDrive] = {}
        self.children: dict[str, dict[str, None]] = {}
        self.log = Log()
        self.sharing = Sharing(self, self.drives)
        self.feed_tells_below = False
        """Whether the change logs tell of what lies below a folder that changed."""
        project = "iam.gserviceaccount.com"
        self.service = self.add_user(f"kurage@kurage-rig.{project}", "kurage", service=True)
        """The service account that files are shared with."""
        self.delegated = self.add_user(f"kurage-dwd@kurage-rig.{project}", "kurage", service=True)
        """The service account that may speak for everybody, and has nothing of its own."""
        self.owner = self.add_user(f"sato@{DOMAIN}", "佐藤花子")
        """Whose files they are where a test says nothing else."""
        self.admin = self.add_user(f"admin@{DOMAIN}", "管理者", admin=True)

    # Making

    def add_drive(self, name: str, *, organizer: str | None = None, service: bool = True) -> str:
        """Make a shared drive; returns its id. `service`: the service account is a writer."""
        with self.lock:
            drive_id = f"0A{self._drawn(14)}PVA"
            now = self.clock.now()
            drive = self.drives[drive_id] = SharedDrive(drive_id, name, now)
            who = (organizer or self.owner).lower()
            drive.members["user", who] = Grant("user", who, "organizer")
            if service:
                grant = Grant("user", self.service, "writer")
                drive.members[grant.key] = grant
            root = Item(drive_id, name, FOLDER, [], drive_id, None, now, now, who, root=True)
            self.items[drive_id] = root
            self.structure += 1
            self.log.add(now, drive_id, drive_id, is_drive=True, accounts=self._members_of(drive))
            return drive_id

    def add_folder(self, name: str, parent: str | None = None, **how: Any) -> str:
        """Make a folder in another one, a shared drive, or an owner's My Drive; returns its id."""
        return self._add(name, FOLDER, parent, None, **how)

    def add_doc(self, name: str, content: Any = "", parent: str | None = None, **how: Any) -> str:
        """Make a document: see `contents.document` for what `content` may be."""
        return self._add(name, DOCUMENT, parent, contents.document(name, content), **how)

    def add_sheet(self, name: str, content: Any = "", parent: str | None = None, **how: Any) -> str:
        """Make a spreadsheet: `{"シート1": [["日付", "金額"], …]}`, or see `contents`."""
        return self._add(name, SPREADSHEET, parent, contents.spreadsheet(content), **how)

    def add_slides(
        self, name: str, content: Any = "", parent: str | None = None, **how: Any
    ) -> str:
        """Make a presentation: `["一枚目", {"title": …, "notes": …, "skipped": True}]`."""
        return self._add(name, PRESENTATION, parent, contents.presentation(content), **how)

    def add_file(
        self,
        name: str,
        content: str | bytes | Body = b"",
        parent: str | None = None,
        *,
        media_type: str | None = None,
        **how: Any,
    ) -> str:
        """Upload a file; its type follows from the name where none is given. Text is UTF-8."""
        body = contents.uploaded(content)
        return self._add(name, media_type or contents.media_type(name), parent, body, **how)

    def add_form(self, name: str, parent: str | None = None, **how: Any) -> str:
        """Make a form, which has nothing to export."""
        return self._add(name, FORM, parent, None, **how)

    def add_shortcut(
        self, target: str, parent: str | None = None, *, name: str | None = None, **how: Any
    ) -> str:
        """Make a shortcut; it keeps what its target was when it was made."""
        with self.lock:
            aim = self.items[target]
            made = self._add(name or aim.name, SHORTCUT, parent, None, **how)
            item = self.items[made]
            item.target, item.target_type = target, aim.media_type
            item.target_key = aim.resource_key
            return made

    def _add(
        self,
        name: str,
        media_type: str,
        parent: str | None,
        body: Body | None,
        *,
        owner: str | None = None,
        shared: bool | None = None,
        modified: float | None = None,
    ) -> str:
        with self.lock:
            who = (owner or self.owner).lower()
            above = self.items[parent or self.people[who].root]
            long = media_type in {DOCUMENT, SPREADSHEET, PRESENTATION}
            made = f"1{self._drawn(43 if long else 32)}"
            now = self.clock.now()
            item = Item(
                made,
                name,
                media_type,
                [above.id],
                above.drive,
                None if above.drive else who,
                now,
                now if modified is None else modified,
                who,
                body,
            )
            if not above.drive:
                item.grants["user", who] = Grant("user", who, "owner")
            self.items[made] = item
            self.children.setdefault(above.id, {})[made] = None
            # What lies at the top of My Drive would be seen by nobody else.
            if shared or (shared is None and above.root and not above.drive):
                grant = Grant("user", self.service, "writer")
                item.grants.setdefault(grant.key, grant)
            self.log.add(now, made, item.drive)
            return made

    # Changing

    def edit(self, item_id: str, content: Any = None, *, modified: float | None = None) -> None:
        """Give an item other content; `modified` may be old, as uploads that keep it have it."""
        with self._changing(item_id) as item:
            if content is not None:
                item.body = contents.again(item, content)
            item.digest = None
            item.modified = self.clock.now() if modified is None else modified

    def rename(self, item_id: str, name: str) -> None:
        """Let an item be called otherwise. Of a shared drive too."""
        if item_id in self.drives:
            with self.lock:
                drive = self.drives[item_id]
                drive.name = self.items[item_id].name = name
                self._drive_changed(drive)
            return
        with self._changing(item_id) as item:
            item.name = name
            item.modified = self.clock.now()

    def move(self, item_id: str, parent: str) -> None:
        """Move an item with all that is below it, between drives too."""
        with self._changing(item_id) as item:
            for old in item.parents:
                self.children[old].pop(item_id, None)
            item.parents = [parent]
            self.children.setdefault(parent, {})[item_id] = None
            drive = self.items[parent].drive
            if drive != item.drive:
                for below in (item_id, *self.below(item_id)):
                    self._rehome(self.items[below], drive)
            self.structure += 1

    def _rehome(self, item: Item, drive: str | None) -> None:
        owner = next((one.to for one in item.grants.values() if one.role == "owner"), None)
        if drive:
            if owner:
                del item.grants["user", owner]
            item.owner = None
        else:
            item.owner = item.changed_by
            item.grants["user", item.owner] = Grant("user", item.owner, "owner")
        item.drive = drive

    def add_parent(self, item_id: str, parent: str) -> None:
        """Let an item lie in a second folder, as those of before 2020 may; so cycles are made."""
        with self._changing(item_id) as item:
            item.parents.append(parent)
            self.children.setdefault(parent, {})[item_id] = None
            self.structure += 1

    def trash(self, item_id: str) -> None:
        """Put an item into the trash; what is below it is there too, and no log tells so."""
        self._trash(item_id, trashed=True)

    def restore(self, item_id: str) -> None:
        """Take an item out of the trash."""
        self._trash(item_id, trashed=False)

    def _trash(self, item_id: str, *, trashed: bool) -> None:
        with self._changing(item_id) as item:
            item.trashed = trashed
            self.structure += 1

    def delete(self, item_id: str) -> None:
        """Delete an item, or a shared drive, with all that is below it, for good."""
        with self.lock:
            drive = self.drives.get(item_id)
            with self._changing(item_id, drive=drive):
                for one in (item_id, *self.below(item_id)):
                    item = self.items.pop(one, None)
                    for parent in item.parents if item else ():
                        self.children.get(parent, {}).pop(one, None)
                    self.children.pop(one, None)
                self.drives.pop(item_id, None)
                self.structure += 1

    def touch(self, item_id: str) -> None:
        """Let the log tell of an item although nothing of it changed: a view, a comment."""
        with self._changing(item_id):
            pass

    # Sharing

    def share(
        self,
        item_id: str,
        to: str | None = None,
        role: Role = "reader",
        *,
        kind: Grantee | None = None,
        discoverable: bool = False,
        expires: float | None = None,
    ) -> None:
        """Let somebody have an item, or be a member of a shared drive.

        `to`: an address of a person or group, a domain, or None for anyone. Who is known as neither
        becomes a person elsewhere. What lies below an item follows, and no log tells so.
        """
        with self.lock:
            name = (to or "").lower()
            grant = Grant(kind or self._kind(name), name, role, discoverable, expires)
            if grant.type == "user":
                self.add_user(name)
            if drive := self.drives.get(item_id):
                with self._membership(drive):
                    drive.members[grant.key] = grant
                return
            with self._changing(item_id) as item:
                item.grants[grant.key] = grant
                self.structure += 1

    def unshare(self, item_id: str, to: str | None = None) -> None:
        """Take that away; what is inherited stays. KeyError where there is nothing to take."""
        with self.lock:
            name = (to or "").lower()
            key = (self._kind(name), name)
            if drive := self.drives.get(item_id):
                with self._membership(drive):
                    del drive.members[key]
                return
            with self._changing(item_id) as item:
                del item.grants[key]
                self.structure += 1

    def limit(self, item_id: str, *, limited: bool = True) -> None:
        """Let what is inherited not count for an item and below, or let it count again."""
        with self._changing(item_id) as item:
            item.limited = limited
            self.structure += 1

    def key(self, item_id: str) -> str:
        """Let the link of an item need a resource key; returns it."""
        with self.lock:
            self.items[item_id].resource_key = f"0-{self._drawn(_KEY_LENGTH)}"
            return str(self.items[item_id].resource_key)

    def view(self, item_id: str, account: str) -> None:
        """Let somebody have opened an item by its link: from then on it is listed to them."""
        with self.lock:
            self.people[account].viewed.add(item_id)
            self.structure += 1

    def configure(self, item_id: str, **fields: Any) -> None:
        """Set fields of an item or shared drive, as `copy_restricted`, `writers_can_share`."""
        with self.lock:
            target: Any = self.drives.get(item_id)
            if target is None or not all(hasattr(target, name) for name in fields):
                target = self.items[item_id]
            for name, value in fields.items():
                setattr(target, name, value)
            self.structure += 1

    # Looking

    def below(self, item_id: str) -> list[str]:
        """Return the ids of everything below a folder or shared drive, each once."""
        found: dict[str, None] = {}
        ways = list(self.children.get(item_id, ()))
        while ways:
            one = ways.pop()
            if one not in found and one != item_id:
                found[one] = None
                ways += self.children.get(one, ())
        return list(found)

    def find(self, name: str) -> str:
        """Return the id of the one item of this name; KeyError where there is not just one."""
        with self.lock:
            found = [one.id for one in self.items.values() if one.name == name]
            if len(found) != 1:
                raise KeyError(f"{len(found)} items are called {name}")
            return found[0]

    def digest(self, item: Item) -> tuple[str, int]:
        """Return MD5 and size of an uploaded item."""
        if item.digest is None:
            bytes_ = item.body.stored() if item.body else b""
            item.digest = hashlib.md5(bytes_, usedforsecurity=False).hexdigest(), len(bytes_)
        return item.digest

    # How changes are told

    def _kind(self, name: str) -> Grantee:
        if not name:
            return "anyone"
        if name in self.groups:
            return "group"
        return "user" if "@" in name else "domain"

    @contextmanager
    def _changing(self, item_id: str, drive: SharedDrive | None = None) -> Iterator[Item]:
        with self.lock:
            item = self.items[item_id]
            was_in = item.drive
            before = self._seen_by(item)
            members = self._members_of(drive) if drive else frozenset()
            yield item
            item.version += 1
            still = self._seen_by(item) if item_id in self.items else frozenset()
            now = self.clock.now()
            if drive:
                self.log.add(now, item_id, item_id, is_drive=True, accounts=members)
                return
            if was_in != item.drive and was_in:  # the log of the drive that it left
                self.log.add(now, item_id, was_in, lost=before)
            self.log.add(now, item_id, item.drive, lost=before - still)
            if self.feed_tells_below:
                for one in self.below(item_id):
                    self.log.add(now, one, self.items[one].drive, lost=before - still)

    @contextmanager
    def _membership(self, drive: SharedDrive) -> Iterator[None]:
        before = self._members_of(drive)
        yield
        self.structure += 1
        concerned = before ^ self._members_of(drive)
        if concerned:  # only who came or went is told
            now = self.clock.now()
            self.log.add(now, drive.id, drive.id, is_drive=True, accounts=concerned)

    def _drive_changed(self, drive: SharedDrive) -> None:
        now = self.clock.now()
        self.log.add(now, drive.id, drive.id, is_drive=True, accounts=self._members_of(drive))

    def _members_of(self, drive: SharedDrive) -> frozenset[str]:
        return frozenset(one for one in self.log.watching if self.sharing.is_member(one, drive))

    def _seen_by(self, item: Item) -> frozenset[str]:
        return frozenset(
            one for one in self.log.watching if self.sharing.role(one, item) is not None
        )
