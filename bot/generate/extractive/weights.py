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
point trusts the next answer less. Shares of questions refused that were not learned from (`jsquad`
is worded near to its documents, `faq_kosodate` and the handbook far from them):

| refused | `jsquad` | `faq_kosodate` | handbook, held-out half |
|---|---|---|---|
| answerable | 2 % | 5 % | 19 % |
| the article, or the category, is absent | 86 % | 65 % | |
| only the paragraph is absent | 44 % | | |
| nothing answers, the subject is there | | | 73 % (8 of 11) |

Of the handbook's answerable questions that are refused, four in ten would have been answered with
a sentence beside the point.
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
    "score": 0.093,
    "margin": 0.094,
    "missing_terms": -0.274,
    "terms": -0.290,
    "lead": 3.725,
    "context_covers": 0.537,
    "best_covers": 0.376,
    "evidence": 0.589,
    "document_share": 0.901,
    "best_says": -1.094,
    "best_wording": 1.628,
    "name_missing": -0.827,
}

INTERCEPT = -3.584
