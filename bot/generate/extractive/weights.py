"""What the features of a sentence and the signals of a question are worth.

Learned by `bench/tune_extractive.py`, which says how and on what; `--write` replaces the tables.
Knows nothing of where the numbers that are weighed come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

THRESHOLD = 0.15
"""Confidence below which nothing is quoted.

A reader who is refused still sees the nearest documents; one who is given a sentence beside the
point trusts the next answer less. Shares of questions refused that were not learned from (`jsquad`
is worded near to its documents, `faq_kosodate` and the handbook far from them):

| refused | `jsquad` | `faq_kosodate` | handbook, held-out half |
|---|---|---|---|
| answerable | 2 % | 3 % | 16 % |
| the article, or the category, is absent | 81 % | 60 % | |
| only the paragraph is absent | 38 % | | |
| nothing answers, the subject is there | | | 64 % (7 of 11) |
"""

# Learned:
SENTENCE: Final[Mapping[str, float]] = {
    "covered": 3.182,
    "covered_before": 3.400,
    "points_back": 1.297,
    "covered_by_title": 2.079,
    "passage_covers": 4.773,
    "passage_dense": 2.780,
    "near": 3.442,
    "rank": 1.029,
    "share_of_best": 1.710,
    "document_share": 2.333,
    "pairs": 3.915,
    "triples": -0.740,
    "length": -0.699,
    "first": 1.044,
    "row_names": 4.640,
    "new_foreign": 0.314,
    "nothing_new": -0.555,
    "class_named": 1.151,
    "class_ends_word": 0.153,
    "when_date": 0.980,
    "when_neither": -2.390,
    "who_proper": 5.995,
    "where_proper": 1.500,
    "number_number": 3.402,
    "money_given": 1.579,
    "contact_given": 2.617,
    "clock_given": 4.141,
    "decides": 1.706,
    "instructs": 1.128,
    "number_counter": 2.645,
    "why_reason": -0.436,
    "name_defines": 2.257,
    "name_bracketed": 2.238,
}

CONFIDENCE: Final[Mapping[str, float]] = {
    "score": 0.086,
    "margin": 0.122,
    "missing_terms": -0.852,
    "terms": 0.575,
    "lead": 3.278,
    "context_covers": 0.555,
    "best_covers": 0.614,
    "evidence": 0.152,
    "document_share": 1.146,
    "name_missing": -0.886,
}

INTERCEPT = -4.766
