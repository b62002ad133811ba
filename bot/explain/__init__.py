"""Says why: why a question is answered as it is, and what became of a document.

`questions` takes a question apart (terms, filters, scores, the decision), `documents` looks for a
document in every state that one can be in, `turns` reads the log. Everything comes back as plain
values that are ready for JSON; `bot.cli.explain` words them. It reads as an administrator does, and
is for nobody else.
"""

from bot.explain.documents import explain_document, looks_like_a_document
from bot.explain.questions import explain_question
from bot.explain.turns import explain_turn

__all__ = ["explain_document", "explain_question", "explain_turn", "looks_like_a_document"]
