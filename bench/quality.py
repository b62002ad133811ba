"""Retrieval, quotes and abstention on the shared sets, by `kurage eval`, whole pipeline.

python bench/quality.py
"""

from __future__ import annotations

import json
import tempfile

from figures import KURAGE, Figure, at_least, run, shared, table


def evaluated(name: str) -> dict[str, float]:
    """Return what `kurage eval` prints of one set."""
    with tempfile.TemporaryDirectory() as home:
        environ = {"KURAGE_HOME": home}
        done = run([*KURAGE, "eval", str(shared(name)), "--json"], environ)
    figures: dict[str, float] = json.loads(done.output)
    return figures


def figures() -> list[Figure]:
    """Return the rows of quality."""
    faq, jsquad = evaluated("faq_kosodate"), evaluated("jsquad")
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
