"""Scores a run over a set of questions. Knows nothing of how a run is made; `experiment` does.

`files` reads and writes sets, `figures` has the definitions, `report` a table of several runs.
"""

from bot.evaluate.figures import auroc, exact, f1, normalise, ranks, score, table
from bot.evaluate.files import check_ids, read_lines, read_questions, write_run
from bot.evaluate.report import Outcome, Report, in_markdown
from bot.evaluate.values import EvaluationError, GoldQuestion, RunLine

__all__ = [
    "EvaluationError",
    "GoldQuestion",
    "Outcome",
    "Report",
    "RunLine",
    "auroc",
    "check_ids",
    "exact",
    "f1",
    "in_markdown",
    "normalise",
    "ranks",
    "read_lines",
    "read_questions",
    "score",
    "table",
    "write_run",
]
