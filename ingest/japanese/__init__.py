"""Japanese text becomes search terms: normalisation and morphemes, by SudachiPy in mode A.

Two spellings of one thing become one term: width, case, kana and kanji variants, okurigana, long
vowels, digit grouping, company types, imperial and western years. Knows nothing of weights, vectors
or documents: `ingest.lexical` weighs the terms, and readers of passages use the offsets.
"""

from ingest.japanese.analyzer import Analyzer, Morpheme, Related
from ingest.japanese.user_dictionary import DictionaryError

__all__ = ["Analyzer", "DictionaryError", "Morpheme", "Related"]
