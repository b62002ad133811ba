"""Makes a company's site of any size from a seed: spaces, groups, page trees, threads, files.

The same seed makes the same site. Of ten pages two have a file and one a restriction of its own, so
that many stand under several restricted ones; one has a thread of comments; one in fifty is a blog
post. Knows nothing of requests.
"""

from __future__ import annotations

from random import Random

from rigs.confluence import blocks, macros, prose
from rigs.confluence.blocks import Block, Make, Writer
from rigs.confluence.company import LICENSED
from rigs.confluence.truth import Truths, Written, written
from rigs.confluence.world import World

_DAY = 86_400.0
_YEAR = 365 * _DAY
_PEOPLE = 40
_DEEPEST = 6
_SECTION = 1300
"""Bytes of a heading and what stands below it, on average."""
_GROUPS = ("soumu", "jinji", "keiri", "kaihatsu", "eigyo", "yakuin", "プロジェクト 海月")
_SPACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("GA", "総務", (LICENSED,)),
    ("HR", "人事", ("jinji", "yakuin")),
    ("ENG", "開発", ("licensed",)),
    ("FIN", "経理", ("keiri", "yakuin")),
    ("PR", "広報", ("anonymous",)),
)
_MAKES: tuple[Make, ...] = (*blocks.PLAIN, *macros.MACROS)


class Generator:
    """Fills a site, and goes on writing in it."""

    def __init__(self, world: World, truths: Truths, *, seed: int, size: int = 5000) -> None:
        self._world, self._truths = world, truths
        self._random = Random(seed)
        self._size = size
        """Bytes of storage format that a page has, on average."""
        self._people: list[tuple[str, str]] = []
        self._named: dict[str, list[str]] = {}
        """Titles of pages by space."""
        self._trees: dict[str, list[tuple[str, int]]] = {}
        """Ids of pages and how deep they stand, by space."""
        self._made = 0

    def fill(self, pages: int, *, extras: bool = False) -> None:
        """Write so many pages and posts, with what is on them.

        `extras`: also what most mirrors leave out or stumble over (a personal space, an archived
        one, folders, drafts, pages that the account may not view), beyond the number.
        """
        with self._world.lock:
            if not self._people:
                self._furnish()
            for _ in range(pages):
                self._page()
            if extras:
                self._extras()

    def rewrite(self, page_id: str, *, at: float | None = None) -> str:
        """Give a page a new body; returns a sentence of it that no other page holds."""
        with self._world.lock:
            self._made += 1
            page = self._world.contents[page_id]
            fresh = f"この節は改定第{self._made}号で改められました。"
            writer = self._writer(page.space, self._truths.code(page_id))
            made = [*self._composed(writer, inline=False), Block(f"<p>{fresh}</p>", (fresh,))]
            body = "".join(one.storage for one in made)
            self._world.edit(page_id, body, at=at)
            self._truths.note(page_id, written(body, writer.code, made))
            return fresh

    def remark(self, page_id: str, *, at: float | None = None) -> str:
        """Put a thread of one comment on a page; returns the comment's id."""
        with self._world.lock:
            return self._remark(page_id, at)

    # The company

    def _furnish(self) -> None:
        world, random = self._world, self._random
        for number in range(_PEOPLE):
            name = prose.person(number)
            address = f"user{number:02}@example.co.jp"
            key = world.add_user(name, address, hidden=number % 8 == 5)
            self._people.append((key, name))
        for name in _GROUPS:
            members = random.sample([key for key, _ in self._people], random.randint(3, 12))
            world.add_group(name, members)
        for key, name, readers in _SPACES:
            self._space(key, name, readers)

    def _space(self, key: str, name: str, readers: tuple[str, ...]) -> None:
        cloud = self._world.edition == "cloud"
        # Data Center knows the licensed as members of a group alone.
        groups = [one for one in readers if one not in {"licensed", "anonymous"}]
        if "licensed" in readers and not cloud:
            groups.append(LICENSED)
        self._world.add_space(
            key,
            name,
            groups=groups,
            licensed="licensed" in readers and cloud,
            anonymous="anonymous" in readers,
        )
        self._named[key], self._trees[key] = [], []

    # A page

    def _page(self) -> None:
        world, random = self._world, self._random
        self._made += 1
        number = self._made
        space = _SPACES[random.randrange(len(_SPACES))][0]
        author = random.choice(self._people)[0]
        at = world.clock.now() - _DAY - random.random() * _YEAR
        inline = number % 20 == 17
        made = self._composed(self._writer(space, f"KRG-{number:06}"), inline=inline)
        body = "".join(one.storage for one in made)
        name = prose.title(random, number)
        labels = random.sample(("規程", "公開", "draft-review", "onboarding"), random.randint(0, 2))
        if number % 50 == 11:
            page = world.add_blogpost(space, name, body, author=author, labels=labels, at=at)
        else:
            parent, depth = self._parent(space)
            page = world.add_page(
                space, name, body, parent=parent, author=author, labels=labels, at=at
            )
            self._trees[space].append((page, depth))
            self._named[space].append(name)
        self._truths.note(page, written(body, f"KRG-{number:06}", made))
        if number % 10 == 3:
            self._restrict(page)
        if number % 5 == 0:
            self._attach(page, number, at)
        if number % 20 == 7 or inline:
            quoted = next((one.quoted for one in made if one.quoted), None)
            self._thread(page, at, quoted, resolved=inline and number % 60 == 17)

    def _writer(self, space: str, code: str) -> Writer:
        random, targets = self._random, []
        if own := self._named[space]:
            targets = [("", random.choice(own)) for _ in range(2)]
        if others := self._named[random.choice(_SPACES)[0]]:
            elsewhere = random.choice(others)
            key = next(one for one, names in self._named.items() if names is others)
            targets.append(("" if key == space else key, elsewhere))
        return Writer(random, self._world.edition, self._people, targets, code)

    def _composed(self, w: Writer, *, inline: bool) -> list[Block]:
        random = w.random
        made = [macros.contents(w)] if random.random() < 0.1 else []
        made.append(blocks.numbered(w))
        if random.random() < 0.3:
            made.append(macros.excerpt(w))
        if random.random() < 0.15:
            made.append(macros.include(w))
        if inline:
            made.append(blocks.marked(w))
        length = sum(len(one.storage.encode()) for one in made)
        # The last section goes over: half of it, on average.
        while length < self._size - _SECTION // 2:
            part = [blocks.heading(w, random.choice((1, 2, 2, 3)))]
            part += [random.choice(_MAKES)(w) for _ in range(random.randint(2, 4))]
            made += part
            length += sum(len(one.storage.encode()) for one in part)
        return made

    def _parent(self, space: str) -> tuple[str | None, int]:
        tree = self._trees[space]
        if not tree or self._random.random() < 0.02:
            return None, 0
        parent, depth = self._random.choice(tree)
        return (parent, depth + 1) if depth < _DEEPEST else (None, 0)

    # What is on it

    def _restrict(self, page: str) -> None:
        random = self._random
        users = [key for key, _ in random.sample(self._people, random.randint(0, 3))]
        groups = random.sample(_GROUPS, random.randint(0 if users else 1, 2))
        self._world.restrict(page, users, groups)

    def _attach(self, page: str, number: int, at: float) -> None:
        lines = [prose.sentence(self._random) for _ in range(12)]
        kinds = (("txt", "text/plain"), ("md", "text/markdown"), ("csv", "text/csv"))
        ending, media_type = kinds[number // 5 % len(kinds)]
        lines = [f"{n},{line}" for n, line in enumerate(lines)] if ending == "csv" else lines
        joint = "\n\n" if ending == "md" else "\n"
        data = joint.join(lines).encode()
        file = self._world.attach(page, f"添付 {number:05}.{ending}", data, media_type, at=at + 60)
        seen = tuple(line.partition(",")[2] if ending == "csv" else line for line in lines)
        self._truths.note(file, Written("", "", seen))

    def _thread(self, page: str, at: float, quoted: str | None, *, resolved: bool) -> None:
        first = self._remark(page, at + 3600, inline=quoted)
        for number in range(self._random.randint(0, 3)):
            self._remark(page, at + 7200 + 600 * number, reply_to=first)
        if resolved:
            self._world.resolve(first, at=at + 20_000)

    def _remark(
        self,
        page: str,
        at: float | None,
        *,
        inline: str | None = None,
        reply_to: str | None = None,
    ) -> str:
        lines = (prose.sentence(self._random), prose.sentence(self._random))
        body = f"<p>{lines[0]}</p><p>{lines[1]}</p>"
        comment = self._world.comment(
            page,
            body,
            inline=inline,
            reply_to=reply_to,
            author=self._random.choice(self._people)[0],
            at=at,
        )
        self._truths.note(comment, Written(body, "", lines))
        return comment

    def _extras(self) -> None:
        world = self._world
        owner = self._people[0][0]
        world.add_space(f"~{owner}", "個人", users=[owner], groups=(), personal=True)
        world.add_page(f"~{owner}", "個人の覚え書き", "<p>個人の覚え書きです。</p>")
        world.add_space("OLD", "旧社屋", archived=True)
        world.add_page("OLD", "旧社屋の入館", "<p>旧社屋への入館方法です。</p>")
        draft = world.add_page("GA", "下書きの規程", "<p>まだ下書きです。</p>", draft=True)
        world.add_page("GA", "下書きの下の規程", "<p>公開されています。</p>", parent=draft)
        if world.edition == "cloud":
            folder = world.add_folder("GA", "フォルダー")
            world.add_page("GA", "フォルダーの中の規程", "<p>棚の中です。</p>", parent=folder)
        secret = world.add_page("GA", "役員だけの規程", "<p>役員だけが読みます。</p>")
        world.restrict(secret, [owner], account=False)
