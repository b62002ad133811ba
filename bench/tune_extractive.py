"""Learns the weights of the extractive generator, and says what they are worth on unseen questions.

python -m bench.tune_extractive            prints figures and tables (about 4 minutes)
python -m bench.tune_extractive --write    puts the tables into bot/generate/extractive/weights.py

Sentences: a conditional logit over the candidates of each answerable question of `jsquad` and of
one half of the handbook's questions; the sentences of the right paragraph (of the right document)
that hold an answer are right. Confidence: a logistic regression on the questions of `jsquad`,
`faq_kosodate` and the same half, each asked of the whole collection, of one without the right
paragraph, and of one without the right article. The sets' own unanswerable questions and the other
half of the handbook's are never learned from. What is printed as "unseen" comes from five folds by
article, and of the handbook from the other half.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import compress
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.figures import ROOT, shared
from bot import settings
from bot.app import open_app
from bot.evaluate import auroc, read_questions
from bot.exchange import Passage
from bot.generate.extractive import confidence, generator
from bot.generate.extractive.candidates import Candidate, candidates
from bot.generate.extractive.question import Asked, folded, read
from bot.retrieve import distinct, freshest_first
from bot.settings import FolderSource
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument
from ingest.japanese import Analyzer
from ingest.lexical import VECTOR, LexicalEncoder

Vector = NDArray[np.float64]
Row = Mapping[str, Any]

PASSAGES = 8
FOLDS = 5
EVERY = {"jsquad": 12, "faq_kosodate": 4}
"""Of the answerable questions, each so many-th is learned from: more change the second decimal."""
HANDBOOK = "handbook"
HANDBOOK_SHARE = 0.4
"""Of what all questions weigh together when sentences are learned."""
SHARES = {"jsquad": 1.0, "faq_kosodate": 0.5, HANDBOOK: 1.0}
"""Weight of the sets beside each other when confidence is learned."""
L2 = 0.002
MEMBER = "member@example.co.jp"
"""Who asks the handbook where a question does not say: somebody without special rights."""
REMOVED = ("paragraph", "article")


def rows(path: str) -> list[Row]:
    """Return the objects of a gzipped JSON Lines file of the shared sets."""
    with gzip.open(shared(path), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Search:
    """What the index does, with passages that can be taken away: BM25 in memory."""

    def __init__(self, analyzer: Analyzer, hits: Sequence[Hit]) -> None:
        self.encoder = LexicalEncoder(analyzer)
        self.hits = hits
        postings: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for i, encoding in enumerate(self.encoder.encode_documents([hit.chunk for hit in hits])):
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
        left = np.ones(len(self.hits), bool)
        left[list(gone)] = False
        scores, idf = np.zeros(len(self.hits)), {}
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
        order = np.argsort(-scores, kind="stable")[: 2 * PASSAGES]
        found = [replace(self.hits[i], score=float(scores[i])) for i in order if scores[i] > 0]
        best = distinct(freshest_first(found, datetime.now(UTC)))[:PASSAGES]
        return [Passage(n, hit) for n, hit in enumerate(best, start=1)], idf


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

    unseen: bool = False
    """Whether it is of the handbook's half that nothing is learned from."""

    def right(self, candidate: Candidate) -> bool:
        """Tell whether a candidate holds an answer and stands where the right one does."""
        document = self.passages[candidate.passage].hit.document
        names = {document.version, document.id} if self.handbook else {document.version}
        return not names.isdisjoint(self.question["passage_ids"]) and self.holds(
            candidate.unit.text
        )

    @property
    def handbook(self) -> bool:
        """Tell whether it is asked of the handbook."""
        return "document" in self.question

    def holds(self, text: str) -> bool:
        """Tell whether a text holds an answer, compared as `score.py` does."""
        return any(folded(answer) in folded(text) for answer in self.question["answers"])


def handbook_samples() -> Iterator[Sample]:
    """Yield the questions of the handbook, those that may be learned from three times."""
    examples = ROOT / "examples"
    with TemporaryDirectory() as home, open_app(settings.load({"KURAGE_HOME": home})) as app:
        source = FolderSource(kind="folder", path=examples / "handbook")
        app.sync(HANDBOOK, source)
        versions = app.index.versions(HANDBOOK)
        hits = [hit for id_ in sorted(versions) for hit in app.index.chunks(HANDBOOK, id_)]
        search = Search(app.analyzer, hits)
        for gold in read_questions(examples / "questions.jsonl"):
            allowed = app.retriever.readers.allowed(app.principals(gold.asker or MEMBER))
            hidden = {i for i, hit in enumerate(hits) if hit.document.readers not in allowed}
            asks = [("whole" if gold.answerable else "unanswerable", hidden)]
            unseen = hashlib.sha256(gold.id.encode()).digest()[0] % 2 == 1
            if gold.answerable and not unseen:
                of = {i for i, hit in enumerate(hits) if hit.document.id in gold.passage_ids}
                holds = {i for i, h in enumerate(hits) if _holds(gold.answers, h.chunk.text)}
                asks += [("paragraph", hidden | holds), ("article", hidden | holds | of)]
            row = {
                "id": gold.id,
                "question": gold.question,
                "answers": gold.answers,
                "passage_ids": gold.passage_ids,
                "document": True,
            }
            for kind, gone in asks:
                passages, idf = search(gold.question, gone)
                asked = read(gold.question, app.analyzer, idf)
                found = candidates(asked, passages, app.analyzer.morphemes)
                yield Sample(kind, gold.id, row, asked, passages, found, unseen)


def _holds(answers: Collection[str], text: str) -> bool:
    return any(folded(answer) in folded(text) for answer in answers)


def samples(name: str) -> Iterator[Sample]:
    """Yield the questions of a set, the answerable ones (each `EVERY`-th) three times."""
    every = EVERY[name]
    analyzer = Analyzer()
    passages = rows(f"{name}/passages.jsonl.gz")
    position = {row["id"]: i for i, row in enumerate(passages)}
    articles: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(passages):
        articles[row["title"]].append(i)
    search = Search(analyzer, [_hit(row) for row in passages])
    for n, question in enumerate(rows(f"{name}/questions.jsonl.gz")):
        article: str | None = None
        asks: list[tuple[str, list[int]]] = [(question.get("unanswerable_kind", "whole"), [])]
        if question["answerable"]:
            if n % every:
                continue
            gold = [position[id_] for id_ in question["passage_ids"]]
            article = passages[gold[0]]["title"]
            asks += [("paragraph", gold), ("article", articles[article])]
        for kind, gone in asks:
            best, idf = search(question["question"], gone)
            asked = read(question["question"], analyzer, idf)
            yield Sample(
                kind, article, question, asked, best, candidates(asked, best, analyzer.morphemes)
            )


def _hit(row: Row) -> Hit:
    document = IndexedDocument("eval", row["title"], row["id"], "", 0, row["title"], "")
    return Hit(0.0, document, Chunk(0, row["title"], (), row["text"], "paragraph", ""))


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
        self.handbook = np.array([s.handbook for s in self.data])
        self.unseen = np.array([s.unseen for s in self.data])
        counts = [len(s.found) for s in self.data]
        self.group = np.repeat(np.arange(len(self.data)), counts)
        features = [[c.features[n] for n in self.names] for s in self.data for c in s.found]
        self.features = np.array(features)
        self.scale = np.maximum(self.features.std(0), 1e-9)
        self.right = np.array([s.right(c) for s in self.data for c in s.found], float)

    def fit(self, chosen: NDArray[np.bool_]) -> dict[str, float]:
        """Return the weights learned from the questions chosen (Adam, 300 steps)."""
        kept = (chosen & ~self.unseen)[self.group] & (np.bincount(self.group, self.right) > 0)[
            self.group
        ]
        x, y = self.features[kept] / self.scale, self.right[kept]
        learned, group = np.unique(self.group[kept], return_inverse=True)
        ours = self.handbook[learned]
        each = np.where(ours, HANDBOOK_SHARE / ours.sum(), (1 - HANDBOOK_SHARE) / (~ours).sum())
        starts = np.r_[0, np.flatnonzero(np.diff(group)) + 1]
        w, m, v = (np.zeros(x.shape[1]) for _ in range(3))
        for step in range(1, 301):
            score = x @ w
            e = np.exp(score - np.maximum.reduceat(score, starts)[group])
            p = e / np.add.reduceat(e, starts)[group]
            target = p * y / np.add.reduceat(p * y, starts)[group]
            gradient = x.T @ ((p - target) * each[group]) + L2 * w
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            rate = 0.08 * (1 - 0.9 * step / 300)
            w -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        return dict(zip(self.names, w / self.scale, strict=True))

    def report(self) -> list[dict[str, float]]:
        """Print what the quotes hold on unseen articles; return the weights of each fold."""
        tables = [self.fit(self.fold != k) for k in range(FOLDS)]
        everything = self.fit(np.ones(len(self.data), bool))
        shown = {
            "jsquad, unseen articles": (tables, ~self.handbook),
            "jsquad, learned from": ([everything] * FOLDS, ~self.handbook),
            "handbook, learned from": ([everything] * FOLDS, self.handbook & ~self.unseen),
            "handbook, unseen half": ([everything] * FOLDS, self.unseen),
        }
        for name, (used, chosen) in shown.items():
            print(f"quotes, {name}: {self._held(used, chosen)}")
        return [*tables, everything]

    def _held(self, tables: Sequence[Mapping[str, float]], chosen: NDArray[np.bool_]) -> str:
        first = two = characters = 0
        for sample, k in compress(zip(self.data, self.fold, strict=True), chosen):
            ranked = generator.rank(sample.found, tables[k])
            best = [quote.text for quote in generator.quotes(ranked, sample.passages)][:2]
            first += sample.holds(best[0])
            two += sample.holds("".join(best))
            characters += len(best[0])
        n = int(chosen.sum())
        return f"best {first / n:.4f}, best two {two / n:.4f}, {characters / n:.0f} characters"


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
        self.unseen = np.array([s.unseen for _, s in self.data])
        self.learned = self.found & ~self.unseen & np.isin(self.kind, ["whole", *REMOVED])
        # As much weight on the answerable as on the others, of each set its share.
        self.weight = np.zeros(len(self.y))
        for set_, share in SHARES.items():
            for answerable in (0.0, 1.0):
                of = self.learned & (self.name == set_) & (self.y == answerable)
                self.weight[of] = share / max(1, of.sum())

    def fit(self, chosen: NDArray[np.bool_]) -> tuple[float, dict[str, float]]:
        """Return intercept and weights (Newton's method, L2 on standardised signals)."""
        kept = chosen & self.learned
        mean, scale = self.x[kept].mean(0), np.maximum(self.x[kept].std(0), 1e-9)
        x = np.c_[(self.x[kept] - mean) / scale, np.ones(kept.sum())]
        y, weight = self.y[kept], self.weight[kept] / self.weight[kept].sum()
        w = np.zeros(x.shape[1])
        for _ in range(30):
            p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
            gradient = x.T @ ((p - y) * weight) + L2 * w
            hessian = x.T @ (x * (p * (1 - p) * weight)[:, None]) + L2 * np.eye(len(w))
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
            self._report_set(name, sure, (self.name == name) & ~self.unseen)
        self._report_set(f"{HANDBOOK}, the half", sure, self.unseen)
        return self.fit(np.ones(len(self.x), bool))

    def _report_set(self, name: str, sure: Vector, mine: NDArray[np.bool_]) -> None:
        answerable = sure[mine & (self.kind == "whole")]
        kinds = [k for k in dict.fromkeys(self.kind[mine]) if k != "whole"]
        print(f"\n{name}, unseen: AUROC of answerable against")
        for kind in kinds:
            others = sure[mine & (self.kind == kind)]
            print(f"  {kind:18s} {auroc(list(answerable), list(others)):.4f}")
        print("  share abstained by threshold: of the answerable, and of: " + ", ".join(kinds))
        for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6):
            cut = np.log(threshold / (1 - threshold))
            rightly = [(sure[mine & (self.kind == kind)] < cut).mean() for kind in kinds]
            shares = [(answerable < cut).mean(), *rightly]
            print(f"  {threshold:9.2f}   " + "  ".join(f"{share:.3f}" for share in shares))


def main() -> None:
    """Learn, report, and write if asked to."""
    sets = {name: list(samples(name)) for name in EVERY}
    sets[HANDBOOK] = list(handbook_samples())
    tables = Sentences([*sets["jsquad"], *sets[HANDBOOK]]).report()
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
