"""Worlds made by chance, and what people do in them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from rigs.confluence.sight import Sight
from rigs.confluence.world import LICENSED, World
from world_site import WorldSite

INCLUDE = (
    '<ac:structured-macro ac:name="{name}"><ac:parameter ac:name=""><ac:link>'
    '<ri:page ri:content-title="{title}"{space}/></ac:link></ac:parameter></ac:structured-macro>'
)


def include(title: str, space: str = "", *, name: str = "include") -> str:
    """Return the macro by which a page includes another."""
    where = f' ri:space-key="{space}"' if space else ""
    return f"<p>前</p>{INCLUDE.format(name=name, title=title, space=where)}<p>後</p>"


class RandomWorld:
    """A site of two to three spaces, some groups and people, and a few dozen pages."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.site = WorldSite(edition=random.choice(["cloud", "data-center"]))
        self.world: World = self.site.world
        self.people = [
            self.world.add_user(f"人{n}", f"p{n}@example.co.jp", hidden=random.random() < 0.2)
            for n in range(6)
        ]
        self.groups = [
            self.world.add_group(f"g {n}", random.sample(self.people, random.randint(0, 4)))
            for n in range(4)
        ]
        self.spaces = [self._space(f"S{n}") for n in range(random.randint(1, 3))]
        self.pages: list[str] = []
        for _ in range(random.randint(5, 25)):
            self.add()

    def add(self) -> None:
        """Write a page, or something that pages stand under."""
        random, world, space = self.random, self.world, self.random.choice(self.spaces)
        above = [one for one in self.pages if world.contents[one].space == space]
        parent = random.choice([None, *above])
        title = f"頁{len(self.pages)}"
        kind = random.random()
        if kind < 0.1 and world.edition == "cloud":
            page = world.add_folder(space, title, parent=parent)
        elif kind < 0.2:
            page = world.add_page(space, title, "<p>草稿</p>", parent=parent, draft=True)
        elif kind < 0.3:
            world.add_blogpost(space, title, "<p>記事</p>")
            return
        else:
            page = world.add_page(space, title, self._body(), parent=parent)
        self.pages.append(page)
        if random.random() < 0.3 and world.contents[page].status == "current":
            self.restrict(page)

    def restrict(self, page: str) -> None:
        """Let only some view a page and what is below."""
        users = self.random.sample(self.people, self.random.randint(0, 3))
        groups = self.random.sample(self.groups, self.random.randint(0, 2))
        self.world.restrict(page, users, groups)

    def change(self) -> None:
        """Let somebody do something."""
        random, world = self.random, self.world
        pages = world_pages(world)
        if not pages:
            return
        page = random.choice(pages)
        comments = [one.id for one in world.contents.values() if one.kind == "comment"]
        files = [one.id for one in world.contents.values() if one.kind == "attachment"]
        ways: list[Callable[[], object]] = [
            self.add,
            lambda: world.edit(page, self._body()),
            lambda: world.rename(page, f"新{random.randint(0, 10**6)}"),
            lambda: world.comment(page, "<p>所見</p>", inline=random.choice([None, "語"])),
            lambda: world.attach(page, f"{random.random()}.txt", b"text", "text/plain"),
        ]
        if comments:
            comment = world.contents[random.choice(comments)]
            ways += [
                lambda: world.edit(comment.id, "<p>直した</p>"),
                lambda: world.comment(
                    comment.container or "", "<p>返信</p>", reply_to=comment.parent or comment.id
                ),
                lambda: world.resolve(comment.parent or comment.id),
            ]
        if files:
            ways.append(lambda: world.reattach(random.choice(files), random.randbytes(5)))
        random.choice(ways)()

    def upheave(self) -> None:
        """Let somebody do what no date shows."""
        random, world = self.random, self.world
        page = random.choice(world_pages(world))
        random.choice(
            [
                lambda: world.delete(page),
                lambda: self.restrict(page),
                lambda: world.unrestrict(page),
                lambda: self._move(page),
                lambda: world.label(page, "内部"),
            ]
        )()

    def viewers(self, content_id: str) -> set[str]:
        """Return who may view a content by the world's own rules, but the account that reads it."""
        account = self.world.account
        found = set()
        for person in self.people:
            self.world.account = person
            if Sight(self.world).viewable(self.world.contents[content_id]):
                found.add(person)
        self.world.account = account
        return found

    def _move(self, page: str) -> None:
        """Put a page and all that is on and below it into some space, replies among them."""
        self.world.move(page, space=self.random.choice(self.spaces))
        for one in self.world.contents.values():
            if one.kind == "comment":
                one.space = self.world.contents[one.container or ""].space
                self.world._changed(one)

    def _space(self, key: str) -> str:
        random = self.random
        return self.world.add_space(
            key,
            users=random.sample(self.people, random.randint(0, 2)),
            groups=random.sample([*self.groups, LICENSED], random.randint(0, 2)),
            licensed=random.random() < 0.3,
            anonymous=random.random() < 0.2,
        )

    def _body(self) -> str:
        random = self.random
        if random.random() < 0.6:
            return f"<p>本文{random.random()}</p>"
        title = f"頁{random.randint(0, len(self.pages) + 1)}"
        name = random.choice(["include", "excerpt-include"])
        return include(title, random.choice(["", *self.spaces]), name=name)


def world_pages(world: World) -> list[str]:
    """Return the ids of the pages and posts that are current."""
    return [
        one.id
        for one in world.contents.values()
        if one.kind in {"page", "blogpost"} and one.status == "current"
    ]
