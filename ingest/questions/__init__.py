"""Questions that a model writes for chunks: asked for, checked, stored in SQL, held in the index.

SQL is the truth and the index follows it: `align` adds what the index lacks and removes what it
should not hold, so a run that dies loses nothing but what the model was saying.
"""

from ingest.questions.align import Aligned, Places, align, bring_back
from ingest.questions.generate import Report, generate
from ingest.questions.writer import Writer, WriterAwayError, WriterError

__all__ = [
    "Aligned",
    "Places",
    "Report",
    "Writer",
    "WriterAwayError",
    "WriterError",
    "align",
    "bring_back",
    "generate",
]
