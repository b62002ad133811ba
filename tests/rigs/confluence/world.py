"""A site with its operations: what people do to spaces, pages, comments, files and groups.

Knows nothing of requests. What is true of a content when it is looked at (who may view it, what it
stands under) is in `rigs.confluence.sight`; when the search finds it, in `rigs.confluence.index`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from rigs.confluence.company import LICENSED, Company
from rigs.confluence.index import Index
from rigs.confluence.records import Content, Edition, Kind, Status


class World(Company):
    """One site."""

    def __init__(self, edition: Edition, *, seed: int = 0, lag: float = 0.0) -> None:
        super().__init__(edition, seed=seed)
        self.index = Index(self.clock, lag)
        self.contents: dict[str, Content] = {}
        self.children: defaultdict[str, list[str]] = defaultdict(list)
        """Pages, posts and folders by what they stand under; replies by what they answer."""
        self.contained: defaultdict[str, list[str]] = defaultdict(list)
        """Comments and attachments by their page."""

    def remove_space(self, key: str) -> None:
        """Delete a space and everything in it, for good."""
        with self.lock:
            for content in [one for one in self.contents.values() if one.space == key]:
                self._forget(content)
            del self.spaces[key]
            self.structure += 1

    # Pages

    def add_page(
        self,
        space: str,
        title: str,
        storage: str = "",
        *,
        parent: str | None = None,
        draft: bool = False,
        author: str | None = None,
        labels: Iterable[str] = (),
        at: float | None = None,
    ) -> str:
        """Write a page; returns its id. `at` is when, in seconds; by default now."""
        with self.lock:
            page = self._add("page", space, title, storage, author=author, parent=parent, at=at)
            page.labels = list(labels)
            page.status = "draft" if draft else "current"
            self._changed(page)
            return page.id

    def add_blogpost(
        self,
        space: str,
        title: str,
        storage: str = "",
        *,
        author: str | None = None,
        labels: Iterable[str] = (),
        at: float | None = None,
    ) -> str:
        """Write a blog post; returns its id."""
        with self.lock:
            post = self._add("blogpost", space, title, storage, author=author, at=at)
            post.labels = list(labels)
            self._changed(post)
            return post.id

    def add_folder(self, space: str, title: str, *, parent: str | None = None) -> str:
        """Make a folder (Cloud), in which pages stand; returns its id."""
        folder = self._add("folder", space, title, "", parent=parent)
        self._changed(folder)
        return folder.id

    def edit(
        self,
        content_id: str,
        storage: str,
        *,
        title: str | None = None,
        author: str | None = None,
        at: float | None = None,
    ) -> int:
        """Write a new version of a page, post or comment; returns its number."""
        with self.lock:
            content = self.contents[content_id]
            if title is not None and title != content.title:
                content.title = title
                self.structure += 1
            content.body = storage
            content.author = author or content.author
            return self._written(content, at)

    def rename(self, content_id: str, title: str, *, at: float | None = None) -> int:
        """Give a page or file another title: a new version; returns its number."""
        with self.lock:
            content = self.contents[content_id]
            content.title = title
            self.structure += 1
            return self._written(content, at)

    def move(self, content_id: str, *, parent: str | None = None, space: str | None = None) -> None:
        """Put a page and all below it elsewhere; neither version nor date change by it."""
        with self.lock:
            content = self.contents[content_id]
            if content.parent:
                self.children[content.parent].remove(content_id)
            content.parent = parent
            if parent:
                self.children[parent].append(content_id)
            target = space or (self.contents[parent].space if parent else content.space)
            for one in list(self.below(content_id)):
                one.space = target
                self._changed(one)
            self.structure += 1

    def delete(self, content_id: str, *, tree: bool = False) -> None:
        """Put a content into the trash; pages below it come to stand where it stood.

        `tree`: they go along. Comments and files of a page always do.
        """
        with self.lock:
            content = self.contents[content_id]
            for child in [self.contents[one] for one in self.children[content_id]]:
                if tree or content.kind == "comment":
                    self.delete(child.id, tree=True)
                else:
                    self.move(child.id, parent=content.parent)
            self._become(content, "trashed")

    def restore(self, content_id: str) -> None:
        """Take a content out of the trash."""
        with self.lock:
            self._become(self.contents[content_id], "current")

    def purge(self, content_id: str) -> None:
        """Delete a content for good, with all that is on it."""
        with self.lock:
            self.delete(content_id)
            for one in [*self.contained.pop(content_id, ())]:
                self._forget(self.contents[one])
            self._forget(self.contents[content_id])

    def archive(self, content_id: str) -> None:
        """Archive a page (Cloud): it is no longer current."""
        with self.lock:
            self._become(self.contents[content_id], "archived")

    def publish(self, content_id: str) -> None:
        """Turn a draft into a page."""
        self.restore(content_id)

    # Who may view it

    def restrict(
        self,
        content_id: str,
        users: Iterable[str] = (),
        groups: Iterable[str] = (),
        *,
        account: bool = True,
    ) -> None:
        """Let only these view a content; no version or date shows it.

        `account`: also the one that reads the site, as whoever sets a restriction is in it.
        """
        with self.lock:
            content = self.contents[content_id]
            content.users = list(dict.fromkeys([*users, *([self.account] if account else [])]))
            content.groups = list(dict.fromkeys(groups))
            content.stamp += 1
            self.structure += 1

    def unrestrict(self, content_id: str) -> None:
        """Take a content's own restriction away."""
        with self.lock:
            content = self.contents[content_id]
            content.users, content.groups = [], []
            content.stamp += 1
            self.structure += 1

    # What is on a page

    def comment(
        self,
        page_id: str,
        storage: str,
        *,
        inline: str | None = None,
        reply_to: str | None = None,
        author: str | None = None,
        at: float | None = None,
    ) -> str:
        """Write a comment; `inline` are the words beside which it stands. Returns its id."""
        with self.lock:
            page = self.contents[page_id]
            first = self.contents[reply_to] if reply_to else None
            title = f"Re: {page.title}"
            comment = self._add(
                "comment", page.space, title, storage, author=author, parent=reply_to, at=at
            )
            comment.container = page_id
            comment.inline = inline is not None or (first is not None and first.inline)
            comment.quoted = inline or ""
            self.contained[page_id].append(comment.id)
            self._changed(comment)
            return comment.id

    def resolve(
        self,
        comment_id: str,
        resolution: Literal["resolved", "reopened", "dangling"] = "resolved",
        *,
        at: float | None = None,
    ) -> None:
        """Close a thread of inline comments, or open it again: a new version of its first."""
        with self.lock:
            self.contents[comment_id].resolution = resolution
            self.structure += 1  # its replies show it, too
            self._written(self.contents[comment_id], at)

    def attach(
        self,
        page_id: str,
        name: str,
        data: bytes,
        media_type: str = "application/octet-stream",
        *,
        author: str | None = None,
        at: float | None = None,
    ) -> str:
        """Attach a file; returns its id."""
        with self.lock:
            page = self.contents[page_id]
            file = self._add("attachment", page.space, name, "", author=author, at=at)
            file.container, file.data, file.media_type = page_id, data, media_type
            self.contained[page_id].append(file.id)
            self._changed(file)
            return file.id

    def reattach(self, attachment_id: str, data: bytes, *, at: float | None = None) -> int:
        """Upload a new version of a file; returns its number."""
        with self.lock:
            file = self.contents[attachment_id]
            file.data = data
            return self._written(file, at)

    def label(self, content_id: str, *names: str) -> None:
        """Add labels; no version or date shows it."""
        self._relabel(content_id, lambda labels: list(dict.fromkeys([*labels, *names])))

    def unlabel(self, content_id: str, *names: str) -> None:
        """Take labels away."""
        self._relabel(content_id, lambda labels: [one for one in labels if one not in names])

    def break_body(self, content_id: str, *, broken: bool = True) -> None:
        """Let the storage format of a content be impossible to expand (CONFCLOUD-76433)."""
        with self.lock:
            self.contents[content_id].broken = broken
            self.contents[content_id].stamp += 1

    # Within

    def ids(self, *kinds: Kind) -> list[str]:
        """Return the ids of what is current of these kinds, by age."""
        with self.lock:
            return [
                one.id
                for one in self.contents.values()
                if one.kind in kinds and one.status == "current"
            ]

    def below(self, content_id: str) -> Iterator[Content]:
        """Yield a content and all that stands under or on it."""
        yield self.contents[content_id]
        for one in self.children[content_id]:
            yield from self.below(one)
        for one in self.contained[content_id]:
            if not self.contents[one].parent:  # a reply stands under what it replies to
                yield from self.below(one)

    def _add(
        self,
        kind: Kind,
        space: str,
        title: str,
        body: str,
        *,
        author: str | None = None,
        parent: str | None = None,
        at: float | None = None,
    ) -> Content:
        with self.lock:
            if space not in self.spaces:
                raise KeyError(f"no space {space}")
            at = self.clock.now() if at is None else at
            content_id = f"att{self._id()}" if kind == "attachment" else self._id()
            content = Content(
                content_id, kind, space, title, body, author or self.account, at, at, parent=parent
            )
            self.contents[content_id] = content
            if parent:
                self.children[parent].append(content_id)
            return content

    def _written(self, content: Content, at: float | None) -> int:
        content.version += 1
        content.updated = self.clock.now() if at is None else at
        self._changed(content)
        return content.version

    def _become(self, content: Content, status: Status) -> None:
        content.status = status
        self._changed(content)
        for one in self.contained[content.id]:
            self._changed(self.contents[one])
        self.structure += 1

    def _relabel(self, content_id: str, change: Callable[[list[str]], list[str]]) -> None:
        with self.lock:
            content = self.contents[content_id]
            content.labels = change(content.labels)
            self._changed(content)

    def _changed(self, content: Content) -> None:
        content.stamp += 1
        holder = self.contents.get(content.container or "")
        here = content.status == "current" and (not holder or holder.status == "current")
        self.index.changed(content, present=here)

    def _forget(self, content: Content) -> None:
        self.contents.pop(content.id, None)
        self.index.changed(content, present=False)
        if content.parent and content.id in self.children[content.parent]:
            self.children[content.parent].remove(content.id)
        if content.container and content.id in self.contained[content.container]:
            self.contained[content.container].remove(content.id)
        self.structure += 1


__all__ = ["LICENSED", "World"]
