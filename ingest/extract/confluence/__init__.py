"""Confluence's storage format becomes blocks: what a reader of the page sees, and nothing else.

Reads what the connector hands over (`connectors.confluence.storage`); asks no site. `markup` makes
a tree, `walker` walks it, `elements`, `tables`, `macros` and `includes` read what it holds.
"""

from __future__ import annotations

from connectors.confluence.storage import Storage
from ingest.extract.blocks import Block, Extracted, ExtractError
from ingest.extract.confluence.elements import ELEMENTS
from ingest.extract.confluence.macros import MACROS
from ingest.extract.confluence.tables import TABLES
from ingest.extract.confluence.thread import heading
from ingest.extract.confluence.walker import Reader
from ingest.extract.prose import fold

_FOREIGN = "this is no page that the Confluence connector wrote"
_READ = {**ELEMENTS, **TABLES, **MACROS}


def extract(data: bytes, _name: str) -> Extracted:
    """Return the blocks of a page, a blog post or a thread of comments, with its title.

    Text that is hidden, parameters of macros and ids are no text. Dates read 2026年11月22日, tasks
    begin with ☐ or ☑. Macros that are not read are named in the warnings. A page without any text
    is one block, its title; a thread without any has none.

    Raises `ExtractError` for what the connector did not write, and for markup too large to read.
    """
    storage = _storage(data)
    reader = Reader(storage, _READ)
    if storage.storage:
        reader.read(storage.storage)
    for comment in storage.comments:
        reader.outline.text(heading(comment))
        reader.read(comment.storage)
    blocks = reader.outline.finish()
    title = fold(storage.title).replace("\n", " ")
    if not (blocks or storage.comments or reader.markup.warnings) and title:
        # A page that only lists those below it, or holds a diagram, is found by what it is called.
        blocks = (Block(title, "paragraph"),)
    return Extracted(blocks, title=title or None, warnings=reader.warnings())


def _storage(data: bytes) -> Storage:
    try:
        storage = Storage.from_bytes(data)
    except (ValueError, RecursionError) as error:
        raise ExtractError(_FOREIGN) from error
    if not (isinstance(storage.users, dict) and isinstance(storage.included, dict)):
        raise ExtractError(_FOREIGN)
    texts = [storage.title, storage.storage, *storage.users.values()]
    texts += [text for text in storage.included.values() if text is not None]
    for comment in storage.comments:
        texts += [comment.author, comment.when, comment.storage, comment.quoted]
    if not all(isinstance(text, str) for text in texts):
        raise ExtractError(_FOREIGN)
    return storage
