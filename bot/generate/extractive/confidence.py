"""How likely it is that the passages answer the question at all.

Knows nothing of how the signals are weighed: `weights.py` does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bot.exchange import Passage
from bot.generate.extractive.candidates import Candidate
from bot.generate.extractive.question import Asked

Scored = tuple[float, Candidate]
"""A candidate with its score, best first where there are several."""

_ALONE = 3.0
"""Margin of the only candidate: what one in ten has over its second."""
_OTHER_HITS = 4
"""Position of the passage beside which the best one is measured."""


def signals(
    asked: Asked, ranked: Sequence[Scored], passages: Sequence[Passage]
) -> dict[str, float]:
    """Return what tells an answerable question from another, by name; `ranked` is not empty.

    In shares of the question's weight, what the collection never holds is not covered.
    """
    score = ranked[0][0]
    passage_covers = max(candidate.features["passage_covers"] for _, candidate in ranked)
    return {
        "score": score,
        "margin": score - ranked[1][0] if len(ranked) > 1 else _ALONE,
        "missing_terms": math.log1p((1 - passage_covers) * len(asked.spellings)),
        "terms": math.log1p(len(asked.weights)),
        "lead": _lead(passages),
        "context_covers": max(_in_context(c.features) for _, c in ranked),
    }


def _in_context(features: Mapping[str, float]) -> float:
    return features["covered"] + features["covered_before"] + features["covered_by_title"]


def _lead(passages: Sequence[Passage]) -> float:
    """Return how far the best passage's score stands above the fifth's, from 0 to 1."""
    best, other = passages[0].hit.score, passages[min(_OTHER_HITS, len(passages) - 1)].hit.score
    return max(0.0, (best - other) / best) if best > 0 else 0.0
