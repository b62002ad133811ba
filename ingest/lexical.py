"""The default encoder: BM25 without a model, over words and over pairs of characters.

A chunk's weights are BM25's saturated and length-normalised frequencies, a question's say how much
each of its terms counts, and the index multiplies by IDF. Pairs of characters are in the same
vector: they find what was cut into words differently, and favour a chunk in the question's wording.
Knows nothing of stores, and leaves what a Japanese word is to `japanese`.
"""

from __future__ import annotations

import operator
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoding, QueryTerm, SparseVector, VectorSpec
from ingest.japanese import Analyzer, Morpheme, characters, rewrites

VECTOR = "lexical"
_REVISION = 2
"""Raised by hand when chunks are encoded otherwise than before."""

# Chosen on one half of the questions of three Japanese sets and confirmed on the other half; all
# lie on a plateau (docs/decisions.md).
_K1 = 1.0
_B = 0.75
_CONTEXT = 2
"""How often a word of the title or of a heading counts."""
_GRAM_WEIGHT = 0.3
"""How much a gram of a question counts beside a word."""
_RELATED = 0.5
"""How much a word counts that says the same as one of the question."""
# Lengths of a chunk with its context, in words and in grams. Constants, so that one more document
# changes no other one's weights.
_AVERAGE_WORDS = 110
_AVERAGE_GRAMS = 150

# Words of any question (どこ, この, そして, はい), as verbs like する and ある are. Leaving them
# out changes no figure that was measured, and spares the longest posting lists.
_OF_ANY_QUESTION = frozenset({"代名詞", "連体詞", "接続詞", "感動詞"})

_LETTERS = re.compile("[a-z]{4,}")
_BATCH = 32
"""Chunks that are counted before they are weighed."""
_CACHE = 1 << 17
"""Pairs of characters, 20 MB of them; a large collection has twice as many, most of them rare."""

_NO_GRAM = 0

Counts = Mapping[int, int]
"""How often each dimension occurs."""


class LexicalEncoder:
    """BM25 over words and grams, in one sparse vector."""

    vectors: Mapping[str, VectorSpec] = {VECTOR: VectorSpec("sparse", idf=True)}

    def __init__(self, analyzer: Analyzer) -> None:
        """Take the analyzer that chunks and questions alike are read with."""
        self._analyzer = analyzer
        # The title stands above all chunks of a document, a heading above several.
        self._context = lru_cache(maxsize=256)(self._context_counts)

    @property
    def fingerprint(self) -> str:
        """Identify what it emits: a different fingerprint needs a new generation of the index."""
        return f"lexical-{_REVISION}-{self._analyzer.fingerprint}"

    def encode_documents(self, chunks: Sequence[Chunk]) -> list[Encoding]:
        """Return one sparse vector a chunk; its title and headings count as if repeated in it."""
        batches = (chunks[i : i + _BATCH] for i in range(0, len(chunks), _BATCH))
        return [{VECTOR: vector} for batch in batches for vector in self._documents(batch)]

    def encode_query(self, text: str) -> EncodedQuery:
        """Return the question's words, but for those of any question, and its grams."""
        names: dict[int, str] = {}
        weights: dict[int, float] = {}
        morphemes = self._analyzer.morphemes(text)
        for morpheme in _content(morphemes):
            names.setdefault(morpheme.key, morpheme.term)
            weights[morpheme.key] = weights.get(morpheme.key, 0.0) + 1.0
        for related in self._analyzer.related(morphemes):
            for morpheme in chain.from_iterable(related.ways):
                if weights.setdefault(morpheme.key, _RELATED) == _RELATED:
                    names.setdefault(morpheme.key, morpheme.term)
        terms = tuple(QueryTerm(name, key, weights[key]) for key, name in names.items())
        for index, count in grams(text).items():
            weights[index] = _GRAM_WEIGHT * count
        return EncodedQuery({VECTOR: SparseVector(list(weights), list(weights.values()))}, terms)

    def _documents(self, chunks: Sequence[Chunk]) -> Iterator[SparseVector]:
        # Two passes: taking turns, words and grams would throw each other out of the CPU's cache.
        words = [Counter(self._analyzer.keys(chunk.text)) for chunk in chunks]
        pairs = [grams(chunk.text) for chunk in chunks]
        return map(self._document, chunks, words, pairs)

    def _document(self, chunk: Chunk, words: Counter[int], pairs: Counter[int]) -> SparseVector:
        for text in (chunk.title, *chunk.headings):
            more_words, more_pairs = self._context(text)
            words.update(more_words)
            pairs.update(more_pairs)
        weights = chain(_weights(words, _AVERAGE_WORDS), _weights(pairs, _AVERAGE_GRAMS))
        return SparseVector([*words, *pairs], list(weights))

    def _context_counts(self, text: str) -> tuple[Counts, Counts]:
        """Return the counts of a title's or heading's words and grams, as they are added."""
        words, pairs = Counter(self._analyzer.keys(text)), grams(text)
        for counts in (words, pairs):
            for index in counts:
                counts[index] *= _CONTEXT
        return words, pairs


def _weights(counts: Counts, average_length: float) -> Iterator[float]:
    """Return BM25's weight of each dimension in order, without the IDF."""
    length = sum(counts.values()) / average_length
    penalty = _K1 * (1 - _B + _B * length)
    weights = {n: n * (_K1 + 1) / (n + penalty) for n in set(counts.values())}
    return map(weights.__getitem__, counts.values())


def _content(morphemes: Sequence[Morpheme]) -> list[Morpheme]:
    """Return those that tell one question from another, or all that are named if none does."""
    named = [morpheme for morpheme in morphemes if morpheme.key]
    return [morpheme for morpheme in named if _tells(morpheme)] or named


def _tells(morpheme: Morpheme) -> bool:
    if morpheme.part_of_speech == "動詞":
        return morpheme.detail != "非自立可能"
    # An era's year is asked for as a western year already.
    return morpheme.part_of_speech not in _OF_ANY_QUESTION and morpheme.detail != rewrites.ERA


def grams(text: str) -> Counter[int]:
    """Return how often each gram occurs: pairs of characters, and of Latin letters triples.

    Pairs of hiragana only are left out: they are grammar, and the most frequent of all.
    """
    folded = characters.folded(text)
    counts = Counter(map(_PAIR_INDICES.__getitem__, map(operator.add, folded, folded[1:])))
    del counts[_NO_GRAM]
    for word in _LETTERS.findall(folded):
        counts.update(_triples(word))
    return counts


def _pair_index(pair: str) -> int:
    if not pair.isalnum() or pair.isascii():
        return _NO_GRAM
    return _NO_GRAM if all("ぁ" <= char <= "ゖ" for char in pair) else _gram_index(pair)


@lru_cache(maxsize=1 << 14)
def _triples(word: str) -> tuple[int, ...]:
    return tuple(_gram_index(word[i : i + 3]) for i in range(len(word) - 2))


def _gram_index(gram: str) -> int:
    """Return a gram's dimension: odd, where the keys of words are even."""
    return zlib.crc32(gram.encode()) | 1


class _PairIndices(dict[str, int]):
    """Dimensions of pairs, each computed once: counting through it runs at the speed of C."""

    def __missing__(self, pair: str) -> int:
        if len(self) >= _CACHE:
            self.clear()
        index = self[pair] = _pair_index(pair)
        return index


_PAIR_INDICES = _PairIndices()
