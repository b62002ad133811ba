"""Words what stands above a comment: who wrote it, when, and beside which words."""

from __future__ import annotations

from connectors.confluence.storage import Comment
from ingest.extract.prose import BREAK
from ingest.extract.when import JST, moment


def heading(comment: Comment) -> str:
    """Return `佐藤（2026年11月22日 14:05）`, in Japanese time; quoted words in a line below."""
    written = moment(comment.when)
    when = ""
    if written is not None:
        day = written.astimezone(JST)
        when = f"{day.year}年{day.month}月{day.day}日 {day:%H:%M}"
    author = comment.author.strip()
    above = f"{author}（{when}）" if author and when else author or when
    quoted = comment.quoted.strip()
    return f"{above}{BREAK}「{quoted}」" if quoted else above
