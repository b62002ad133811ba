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
| answerable | 1.5 % | 5.6 % | 13 % |
| the article, or the category, is absent | 78 % | 54 % | |
| only the paragraph is absent | 35 % | | |
| nothing answers, the subject is there | | | 73 % (8 of 11) |
"""

# Learned:
SENTENCE: Final[Mapping[str, float]] = {
    "covered": 2.968,
    "covered_before": 2.247,
    "points_back": 1.924,
    "covered_by_title": 2.174,
    "passage_covers": 5.506,
    "passage_dense": 1.464,
    "near": 3.680,
    "rank": 1.356,
    "share_of_best": 3.083,
    "document_share": 1.841,
    "pairs": 2.446,
    "triples": -0.564,
    "length": -0.952,
    "first": 0.896,
    "row_names": 6.097,
    "new_foreign": 0.829,
    "nothing_new": -4.214,
    "class_named": 1.500,
    "class_ends_word": 0.575,
    "when_date": 1.203,
    "when_neither": -3.212,
    "who_proper": 2.473,
    "where_proper": 0.973,
    "number_number": 4.142,
    "money_given": 1.849,
    "contact_given": 2.543,
    "clock_given": 3.564,
    "decides": 1.679,
    "instructs": 0.992,
    "number_counter": 3.133,
    "why_reason": -4.118,
    "name_defines": 1.028,
    "name_bracketed": 2.864,
}

CONFIDENCE: Final[Mapping[str, float]] = {
    "score": 0.095,
    "margin": 0.116,
    "missing_terms": -0.699,
    "terms": -0.184,
    "lead": 3.296,
    "context_covers": 0.296,
    "best_covers": 0.570,
    "evidence": 0.763,
    "document_share": 1.101,
    "name_missing": -0.806,
}

INTERCEPT = -4.194
