"""What the features of a sentence and the signals of a question are worth.

Learned by `bench/tune_extractive.py`, which says how and on what; `--write` replaces the tables.
Knows nothing of where the numbers that are weighed come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

THRESHOLD = 0.15
"""Confidence below which nothing is quoted.

Chosen so that at most one answerable question in ten is refused, on both sets: 2 % of `jsquad` and
9 % of `faq_kosodate`, whose wording is further from the documents'. It refuses 80 % of the questions
of `jsquad` whose article is absent, half of those whose paragraph is, and 64 % of the FAQ's.
"""

# Learned:
SENTENCE: Final[Mapping[str, float]] = {
    "covered": 2.014,
    "covered_before": 2.202,
    "points_back": 1.537,
    "covered_by_title": 2.937,
    "passage_covers": 5.150,
    "passage_dense": 3.142,
    "near": 3.435,
    "rank": 1.911,
    "pairs": 1.615,
    "triples": 1.332,
    "length": -0.648,
    "first": 0.808,
    "new_foreign": 0.701,
    "nothing_new": -3.867,
    "class_named": 0.814,
    "class_ends_word": 0.378,
    "when_date": 1.885,
    "when_neither": -0.594,
    "who_proper": 3.208,
    "where_proper": 2.541,
    "number_number": 2.650,
    "number_counter": 1.512,
    "why_reason": 1.140,
    "name_defines": 0.799,
    "name_bracketed": 1.047,
}

CONFIDENCE: Final[Mapping[str, float]] = {
    "score": 0.133,
    "margin": 0.243,
    "missing_terms": -1.625,
    "terms": 1.024,
    "lead": 2.564,
    "context_covers": 0.781,
}

INTERCEPT = -4.300
