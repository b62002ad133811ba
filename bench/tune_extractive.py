"""Learns the weights of the extractive generator, and says what they are worth on unseen articles.

python bench/tune_extractive.py            prints figures and tables (about 4 minutes)
python bench/tune_extractive.py --write    puts the tables into bot/generate/extractive/weights.py

Sentences: a conditional logit over the candidates of each answerable question of `jsquad`; the
sentences of the right paragraph that hold an answer are right. Confidence: a logistic regression on
the questions of `jsquad` and `faq_kosodate`, each asked three times: of the whole collection, of
one without the right paragraph, and of one without the right article. The sets' own unanswerable
questions are never learned from. Everything printed as "unseen" comes from five folds by article.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from figures import ROOT, shared
from numpy.typing import NDArray

from bot.evaluate import auroc
from bot.exchange import Passage
from bot.generate.extractive import confidence, generator
from bot.generate.extractive.candidates import Candidate, candidates
from bot.generate.extractive.question import Asked, folded, read
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument
from ingest.japanese import Analyzer
from ingest.lexical import VECTOR, LexicalEncoder

Vector = NDArray[np.float64]
Row = Mapping[str, Any]

PASSAGES = 8
FOLDS = 5
FAQ_SHARE = 0.5
"""Weight of all questions of faq_kosodate beside all of jsquad, for confidence."""
REMOVED = ("paragraph", "article")


def rows(path: str) -> list[Row]:
    """Return the objects of a gzipped JSON Lines file of the shared sets."""
    with gzip.open(shared(path), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Search:
    """What the index does, with passages that can be taken away: BM25 in memory."""

    def __init__(self, name: str, analyzer: Analyzer) -> None:
        self.encoder = LexicalEncoder(analyzer)
        self.rows = rows(f"{name}/passages.jsonl.gz")
        self.position = {row["id"]: i for i, row in enumerate(self.rows)}
        self.article: dict[str, list[int]] = defaultdict(list)
        for i, row in enumerate(self.rows):
            self.article[row["title"]].append(i)
        self.chunks = [
            Chunk(0, row["title"], (), row["text"], "paragraph", "") for row in self.rows
        ]
        postings: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for i, encoding in enumerate(self.encoder.encode_documents(self.chunks)):
            vector: Any = encoding[VECTOR]
            for index, value in zip(vector.indices, vector.values, strict=True):
                postings[index].append((i, value))
        self.postings = {
            index: (np.array([i for i, _ in found]), np.array([v for _, v in found]))
            for index, found in postings.items()
        }

    def __call__(
        self, question: str, gone: Collection[int]
    ) -> tuple[list[Passage], dict[str, float]]:
        """Return the best passages and the IDF of the question's terms, without `gone`."""
        query = self.encoder.encode_query(question)
        vector: Any = query.vectors[VECTOR]
        names = {term.index: term.term for term in query.terms}
        left = np.ones(len(self.rows), bool)
        left[list(gone)] = False
        scores, idf = np.zeros(len(self.rows)), {}
        for index, weight in zip(vector.indices, vector.values, strict=True):
            if index not in self.postings:
                continue
            places, values = self.postings[index]
            frequency = int(left[places].sum())
            if not frequency:
                continue
            rarity = np.log(1 + (left.sum() - frequency + 0.5) / (frequency + 0.5))
            scores[places] += weight * rarity * values
            if index in names:
                idf[names[index]] = float(rarity)
        scores[~left] = 0
        best = [int(i) for i in np.argsort(-scores, kind="stable")[:PASSAGES] if scores[i] > 0]
        return [self._passage(n, i, scores[i]) for n, i in enumerate(best, start=1)], idf

    def _passage(self, number: int, position: int, score: float) -> Passage:
        row = self.rows[position]
        document = IndexedDocument("eval", row["title"], row["id"], "", 0, row["title"], "")
        return Passage(number, Hit(float(score), document, self.chunks[position]))


@dataclass
class Sample:
    """One question, asked of one collection."""

    kind: str
    """`whole`, `paragraph` or `article` (what was taken away), or the set's own kind."""
    article: str | None
    question: Row
    asked: Asked
    passages: list[Passage]
    found: list[Candidate]

    def right(self, candidate: Candidate) -> bool:
        """Tell whether a candidate holds an answer and stands in the right paragraph."""
        gold = self.passages[candidate.passage].hit.document.version
        return gold in self.question["passage_ids"] and self.holds(candidate.unit.text)

    def finds(self, table: Mapping[str, float]) -> bool:
        """Tell whether the best unit stands in the right paragraph."""
        best = generator.rank(self.found, table)[:1]
        gold = self.question["passage_ids"]
        return any(self.passages[c.passage].hit.document.version in gold for _, c in best)

    def holds(self, text: str) -> bool:
        """Tell whether a text holds an answer, compared as `score.py` does."""
        return any(folded(answer) in folded(text) for answer in self.question["answers"])


def samples(name: str, *, every: int = 1) -> Iterator[Sample]:
    """Yield the questions of a set, the answerable ones (each `every`-th) three times."""
    analyzer = Analyzer()
    search = Search(name, analyzer)
    for n, question in enumerate(rows(f"{name}/questions.jsonl.gz")):
        article: str | None = None
        asks: list[tuple[str, list[int]]] = [(question.get("unanswerable_kind", "whole"), [])]
        if question["answerable"]:
            if n % every:
                continue
            gold = [search.position[id_] for id_ in question["passage_ids"]]
            article = search.rows[gold[0]]["title"]
            asks += [("paragraph", gold), ("article", search.article[article])]
        for kind, gone in asks:
            passages, idf = search(question["question"], gone)
            asked = read(question["question"], analyzer, idf)
            found = candidates(asked, passages, analyzer)
            yield Sample(kind, article, question, asked, passages, found)


def folds(articles: Sequence[str | None]) -> list[int]:
    """Return each sample's fold, whole articles together; -1 for those without."""
    sizes, fold = [0] * FOLDS, {}
    for article, count in Counter(a for a in articles if a).most_common():
        fold[article] = sizes.index(min(sizes))
        sizes[fold[article]] += count
    return [fold[article] if article else -1 for article in articles]


class Sentences:
    """The conditional logit over candidates."""

    def __init__(self, data: Sequence[Sample]) -> None:
        self.data = [s for s in data if s.kind == "whole" and s.found]
        self.names = list(self.data[0].found[0].features)
        self.fold = np.array(folds([s.article for s in self.data]))
        counts = [len(s.found) for s in self.data]
        self.group = np.repeat(np.arange(len(self.data)), counts)
        features = [[c.features[n] for n in self.names] for s in self.data for c in s.found]
        self.features = np.array(features)
        self.scale = np.maximum(self.features.std(0), 1e-9)
        self.right = np.array([s.right(c) for s in self.data for c in s.found], float)

    def fit(self, chosen: NDArray[np.bool_]) -> dict[str, float]:
        """Return the weights learned from the questions chosen (Adam, 300 steps, L2 0.001)."""
        kept = chosen[self.group] & (np.bincount(self.group, self.right) > 0)[self.group]
        x, y = self.features[kept] / self.scale, self.right[kept]
        group = np.unique(self.group[kept], return_inverse=True)[1]
        starts = np.r_[0, np.flatnonzero(np.diff(group)) + 1]
        w, m, v = (np.zeros(x.shape[1]) for _ in range(3))
        for step in range(1, 301):
            score = x @ w
            e = np.exp(score - np.maximum.reduceat(score, starts)[group])
            p = e / np.add.reduceat(e, starts)[group]
            target = p * y / np.add.reduceat(p * y, starts)[group]
            gradient = x.T @ (p - target) / len(starts) + 0.001 * w
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            rate = 0.08 * (1 - 0.9 * step / 300)
            w -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        return dict(zip(self.names, w / self.scale, strict=True))

    def report(self) -> list[dict[str, float]]:
        """Print what the quotes hold on unseen articles; return the weights of each fold."""
        tables = [self.fit(self.fold != k) for k in range(FOLDS)]
        everything = self.fit(np.ones(len(self.data), bool))
        learned_from = [everything] * FOLDS
        for name, used in (("unseen articles", tables), ("learned from", learned_from)):
            first = two = characters = 0
            for sample, k in zip(self.data, self.fold, strict=True):
                best = [c.unit.text for _, c in generator.rank(sample.found, used[k])[:2]]
                first += sample.holds(best[0])
                two += sample.holds("".join(best))
                characters += len(best[0])
            n = len(self.data)
            print(
                f"quotes, {name}: best {first / n:.4f}, best two {two / n:.4f}, "
                f"{characters / n:.0f} characters"
            )
        return [*tables, everything]


class Confidence:
    """The logistic regression over signals."""

    def __init__(
        self, sets: Mapping[str, Sequence[Sample]], tables: Sequence[Mapping[str, float]]
    ) -> None:
        self.data = [(name, s) for name, data in sets.items() for s in data]
        fold = [k for data in sets.values() for k in folds([s.article for s in data])]
        self.fold = np.array(fold)
        self.name = np.array([name for name, _ in self.data])
        self.kind = np.array([s.kind for _, s in self.data])
        signals = [
            confidence.signals(s.asked, generator.rank(s.found, tables[k]), s.passages)
            if s.found
            else {}
            for (_, s), k in zip(self.data, self.fold, strict=True)
        ]
        self.names = list(next(s for s in signals if s))
        self.found = np.array([bool(s) for s in signals])
        self.x = np.array([[s.get(n, 0.0) for n in self.names] for s in signals])
        self.y = (self.kind == "whole").astype(float)
        self.right = np.array(
            [s.finds(tables[k]) for (_, s), k in zip(self.data, self.fold, strict=True)]
        )
        self.learned = self.found & np.isin(self.kind, ["whole", *REMOVED])
        # As many answerable as not; all of the FAQ weighs `FAQ_SHARE` of all of jsquad.
        weight = np.where(self.y > 0, 2.0, 1.0)
        faq = self.name == "faq_kosodate"
        weight[faq] *= FAQ_SHARE * (~faq & self.learned).sum() / (faq & self.learned).sum()
        self.weight = weight

    def fit(self, chosen: NDArray[np.bool_]) -> tuple[float, dict[str, float]]:
        """Return intercept and weights (Newton's method, L2 0.001 on standardised signals)."""
        kept = chosen & self.learned
        mean, scale = self.x[kept].mean(0), np.maximum(self.x[kept].std(0), 1e-9)
        x = np.c_[(self.x[kept] - mean) / scale, np.ones(kept.sum())]
        y, weight = self.y[kept], self.weight[kept] / self.weight[kept].sum()
        w = np.zeros(x.shape[1])
        for _ in range(30):
            p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
            gradient = x.T @ ((p - y) * weight) + 0.001 * w
            hessian = x.T @ (x * (p * (1 - p) * weight)[:, None]) + 0.001 * np.eye(len(w))
            w -= np.linalg.solve(hessian, gradient)
        slopes = w[:-1] / scale
        return float(w[-1] - slopes @ mean), dict(zip(self.names, slopes, strict=True))

    def report(self) -> tuple[float, dict[str, float]]:
        """Print AUROC and thresholds on unseen articles; return what was learned from all."""
        sure = np.full(len(self.x), -30.0)
        for k in (*range(FOLDS), -1):
            intercept, table = self.fit(self.fold != k)
            here = self.found & (self.fold == k)
            sure[here] = intercept + self.x[here] @ np.array([table[n] for n in self.names])
        for name in dict.fromkeys(self.name):
            self._report_set(name, sure)
        return self.fit(np.ones(len(self.x), bool))

    def _report_set(self, name: str, sure: Vector) -> None:
        mine = self.name == name
        answerable = sure[mine & (self.kind == "whole")]
        kinds = [k for k in dict.fromkeys(self.kind[mine]) if k != "whole"]
        print(f"\n{name}, unseen: AUROC of answerable against")
        for kind in kinds:
            others = sure[mine & (self.kind == kind)]
            print(f"  {kind:18s} {auroc(list(answerable), list(others)):.4f}")
        found = sure[mine & (self.kind == "whole") & self.right]
        print(
            "  share abstained by threshold: of the answerable, of those with the right paragraph"
        )
        print("  quoted first, and of: " + ", ".join(kinds))
        for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6):
            cut = np.log(threshold / (1 - threshold))
            rightly = [(sure[mine & (self.kind == kind)] < cut).mean() for kind in kinds]
            shares = [(answerable < cut).mean(), (found < cut).mean(), *rightly]
            print(f"  {threshold:9.2f}   " + "  ".join(f"{share:.3f}" for share in shares))


def main() -> None:
    """Learn, report, and write if asked to."""
    sets = {name: list(samples(name)) for name in ("jsquad", "faq_kosodate")}
    tables = Sentences(sets["jsquad"]).report()
    intercept, signals = Confidence(sets, tables).report()
    print()
    literal = f"{_literal('SENTENCE', tables[-1])}\n\n{_literal('CONFIDENCE', signals)}\n"
    literal += f"\nINTERCEPT = {intercept:.3f}\n"
    print(literal)
    if "--write" in sys.argv:
        path = ROOT / "bot/generate/extractive/weights.py"
        head, tail = path.read_text("utf-8").split("# Learned:\n")[0], ""
        path.write_text(f"{head}# Learned:\n{literal}{tail}", encoding="utf-8")


def _literal(name: str, table: Mapping[str, float]) -> str:
    lines = "".join(f'    "{feature}": {weight:.3f},\n' for feature, weight in table.items())
    return f"{name}: Final[Mapping[str, float]] = {{\n{lines}}}"


if __name__ == "__main__":
    main()
