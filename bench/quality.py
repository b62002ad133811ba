"""Retrieval, quotes and abstention on the shared sets, by `kurage eval`, whole pipeline.

python -m bench.quality
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from bench import peers
from bench.figures import KURAGE, ROOT, Figure, at_least, documents, run, shared, table
from bot.evaluate import RunLine, read_questions, score

MEMBER = "member@example.co.jp"
"""Who asks the handbook where a question does not say: somebody without special rights."""


def evaluated(*arguments: str) -> dict[str, float]:
    """Return what `kurage eval` prints with these arguments."""
    with tempfile.TemporaryDirectory() as home:
        done = run([*KURAGE, "eval", *arguments, "--json"], {"KURAGE_HOME": home})
    figures: dict[str, float] = json.loads(done.output[done.output.index("{") :])
    return figures


def figures() -> list[Figure]:
    """Return the rows of quality."""
    return [*_published(), *_documents(), *_handbook(), *map(_peer, peers.RETRIEVERS)]


def _peer(name: str) -> Figure:
    """Return how well a peer ranks the set that tells retrievers apart."""
    row = f"`faq_kosodate` nDCG@10: {name}"
    try:
        search = peers.RETRIEVERS[name](peers.passages("faq_kosodate"))
    except ImportError as error:
        return Figure(row, "", "", f"not run: {error.name} is missing", None)
    questions = read_questions(shared("faq_kosodate") / "questions.jsonl.gz")
    ranked = [RunLine(q.id, search(q.question), None, None, []) for q in questions]
    return Figure(row, "", "", f"{score(questions, ranked)['ndcg@10']:.3f}", None)


def _documents() -> list[Figure]:
    questions = str(shared("docs_questions.jsonl.gz"))
    with tempfile.TemporaryDirectory() as folder:
        docs = documents(Path(folder)) / "docs"
        found = evaluated(str(docs), "--questions", questions)
    return [
        at_least("`docs` page hit@1", found["hit@1"], 0.57, "heading chunks, Sudachi A .540"),
        at_least("`docs` page hit@10", found["hit@10"], 0.965, "heading chunks, Sudachi A .958"),
    ]


def _handbook() -> list[Figure]:
    examples = ROOT / "examples"
    found = evaluated(
        str(examples / "handbook"),
        *("--questions", str(examples / "questions.jsonl"), "--as", MEMBER),
    )
    wrongly = found["over_abstention"]
    return [
        at_least("handbook: gold document in the first 3", found["hit@3"], 0.95, ""),
        at_least("handbook: best two quotes hold the answer", found["quote_holds@2"], 0.85, ""),
        Figure("handbook: the answer shown holds it", "", "", f"{found['answer_holds']:.3f}", None),
        at_least("handbook: abstains rightly", found["abstention_recall"], 0.8, ""),
        Figure("handbook: abstains wrongly", "", "≤ 0.050", f"{wrongly:.3f}", wrongly <= 0.05),
    ]


def _published() -> list[Figure]:
    faq, jsquad = evaluated(str(shared("faq_kosodate"))), evaluated(str(shared("jsquad")))
    return [
        at_least(
            "`faq_kosodate` nDCG@10", faq["ndcg@10"], 0.74, "BM25 Sudachi A .727, Haystack .695"
        ),
        at_least("`jsquad` recall@1", jsquad["recall@1"], 0.895, "BM25 Sudachi A .895"),
        at_least("`jsquad` nDCG@10", jsquad["ndcg@10"], 0.938, "BM25 Sudachi A .938"),
        at_least("`jsquad` best quote holds the answer", jsquad["quote_holds@1"], 0.82, ".773"),
        at_least("`jsquad` best two quotes hold it", jsquad["quote_holds@2"], 0.90, ".856"),
        Figure(
            "`jsquad` characters of the best quote, mean",
            "",
            "≤ 120",
            f"{jsquad['quote_characters']:.0f}",
            jsquad["quote_characters"] <= 120,
        ),
        at_least("`jsquad` AUROC, article absent", jsquad["auroc[article_removed]"], 0.97, ".967"),
        at_least(
            "`jsquad` AUROC, paragraph absent",
            next(v for k, v in jsquad.items() if k.startswith("auroc[para")),
            0.86,
            ".836",
        ),
        Figure(
            "`jsquad` abstains wrongly / rightly",
            "",
            "",
            f"{jsquad['over_abstention']:.3f} / {jsquad['abstention_recall']:.3f}",
            None,
        ),
        Figure(
            "`faq_kosodate` abstains wrongly / rightly",
            "",
            "",
            f"{faq['over_abstention']:.3f} / {faq['abstention_recall']:.3f}",
            None,
        ),
    ]


if __name__ == "__main__":
    print(table(figures()))
