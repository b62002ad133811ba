"""How likely it is that the passages answer the question at all.

Knows nothing of how the signals are weighed: `weights.py` does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bot.exchange import Passage
from bot.generate.extractive.candidates import Candidate
from bot.generate.extractive.question import Asked, folded

Scored = tuple[float, Candidate]
"""A candidate with its score, best first where there are several."""

_ALONE = 3.0
"""Margin of the only candidate: what one in ten has over its second."""
_FIRST = 3
"""Passages in which a name is looked for."""
_OTHER_HITS = 4
"""Position of the passage beside which the best one is measured."""


def signals(
    asked: Asked, ranked: Sequence[Scored], passages: Sequence[Passage]
) -> dict[str, float]:
    """Return what tells an answerable question from another, by name; `ranked` is not empty.

    In shares of the question's weight, what the collection never holds is not covered.
    """
    score, best = ranked[0][0], ranked[0][1].features
    passage_covers = max(candidate.features["passage_covers"] for _, candidate in ranked)
    return {
        "score": score,
        "margin": score - ranked[1][0] if len(ranked) > 1 else _ALONE,
        "missing_terms": math.log1p((1 - passage_covers) * len(asked.spellings)),
        "terms": math.log1p(len(asked.weights)),
        # One rare word puts a passage far ahead of all others, and says little of a long question.
        "lead": _lead(passages) * passage_covers,
        "context_covers": max(_in_context(c.features) for _, c in ranked),
        "best_covers": best["passage_covers"],
        "evidence": math.log1p(_in_context(best) * len(asked.weights)),
        "document_share": best["document_share"],
        "best_says": best["covered"],
        "best_wording": best["triples"],
        "name_missing": float(_lacks_a_name(asked, passages[:_FIRST])),
    }


def _in_context(features: Mapping[str, float]) -> float:
    return features["covered"] + features["covered_before"] + features["covered_by_title"]


def _lacks_a_name(asked: Asked, passages: Sequence[Passage]) -> bool:
    """Tell whether the question names what none of the passages does: another town's office."""
    if not asked.names:
        return False
    whole = "".join(
        folded("\n".join((p.hit.chunk.title, *p.hit.chunk.headings, p.text))) for p in passages
    )
    return any(
        not any(spelling in whole for spelling in asked.spellings[name]) for name in asked.names
    )


def _lead(passages: Sequence[Passage]) -> float:
    """Return how far the best passage's score stands above the fifth's, from 0 to 1."""
    best, other = passages[0].hit.score, passages[min(_OTHER_HITS, len(passages) - 1)].hit.score
    return max(0.0, (best - other) / best) if best > 0 else 0.0
