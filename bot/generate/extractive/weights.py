"""What the features of a sentence and the signals of a question are worth.

Learned by `bench/tune_extractive.py`, which says how and on what; `--write` replaces the tables.
Knows nothing of where the numbers that are weighed come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

THRESHOLD = 0.2
"""Confidence below which nothing is quoted.

A reader who is refused still sees the nearest documents; one who is given a sentence beside the
point trusts the next answer less. Shares of questions refused, on articles that the weights were
not learned from (`jsquad` is worded near to its documents, `faq_kosodate` far from them):

| refused | `jsquad` | `faq_kosodate` |
|---|---|---|
| answerable | 3 % | 13 % |
| answerable, with the right paragraph quoted first | 1 % | 4 % |
| the article, or the category, is absent | 84 % | 65 % |
| only the paragraph is absent | 61 % | |
"""

# Learned:
SENTENCE: Final[Mapping[str, float]] = {
    "covered": 2.142,
    "covered_before": 2.243,
    "points_back": 1.545,
    "covered_by_title": 2.957,
    "passage_covers": 5.158,
    "passage_dense": 3.289,
    "near": 3.424,
    "rank": 1.886,
    "pairs": 1.629,
    "triples": 1.267,
    "length": -0.654,
    "first": 0.817,
    "new_foreign": 0.707,
    "nothing_new": -3.875,
    "class_named": 0.789,
    "class_ends_word": 0.383,
    "when_date": 1.890,
    "when_neither": -0.593,
    "who_proper": 3.227,
    "where_proper": 2.551,
    "number_number": 2.656,
    "number_counter": 1.514,
    "why_reason": 1.141,
    "name_defines": 0.801,
    "name_bracketed": 1.051,
}

CONFIDENCE: Final[Mapping[str, float]] = {
    "score": 0.136,
    "margin": 0.236,
    "missing_terms": -1.674,
    "terms": 1.092,
    "lead": 2.557,
    "context_covers": 0.695,
}

INTERCEPT = -4.392
