"""`kurage explain`: why something is found, or is not.

Knows nothing of how it is found out (`bot.explain`), nor how it looks (`view`).
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from bot.cli.arguments import AsJson, AsPerson, FromSource
from bot.cli.console import LANGUAGE, fail, out, say

HELP = say(
    """Say why something is found, or is not.

    Of a question: its terms, filters, candidates with their scores, and the decision. Of a document
    (address, path or id): whether it is indexed, and if not, why. Of a turn of the log: what was
    found then, what a model was asked and said, and each check of its answer.

    [bold]Examples[/bold]

    kurage explain 'How many days of notice does paid leave need?'

    kurage explain 'paid leave notice' --document work-rules.md --as sato@example.co.jp

    kurage explain https://intranet.example.co.jp/handbook/work-rules.md

    kurage explain K7F3Q2
    """,
    """見つかる理由、見つからない理由を調べます。

    質問: 検索語、閲覧権限、候補と点数の内訳、答えるかどうかの判断

    文書（URL・パス・ID）: 索引にあるか、なければその理由

    記録の番号: そのとき見つかった資料、モデルへの入力と出力、回答の確認結果

    [bold]例[/bold]

    kurage explain '有給休暇は何日前までに申請すればいい？'

    kurage explain '有給の申請' --document 就業規則.md --as sato@example.co.jp

    kurage explain https://intranet.example.co.jp/handbook/就業規則.md

    kurage explain K7F3Q2
    """,
)


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION|DOCUMENT|TURN",
            help=say("What to explain.", "調べる質問・文書・番号"),
            show_default=False,
        ),
    ],
    document: Annotated[
        str | None,
        typer.Option(
            "--document",
            "-d",
            metavar="DOCUMENT",
            help=say(
                "Where this one stands for the question.", "質問に対するこの文書の順位も調べます。"
            ),
            show_default=False,
        ),
    ] = None,
    source: FromSource = None,
    as_: AsPerson = None,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help=say(
                "Pairs of characters, all chunks and whole prompts, too.",
                "文字の組、すべての断片、入力の全文も表示します。",
            ),
        ),
    ] = False,
    json_: AsJson = False,
) -> None:
    """Explain."""
    from bot import app

    with app.open_app() as kurage:
        found = _explained(kurage, what, document, source, as_)
    if json_:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    from bot.cli.explain import view

    view.show(out(), found, verbose=verbose)


def _explained(
    kurage: Any, what: str, document: str | None, sources: list[str] | None, email: str | None
) -> dict[str, Any]:
    from bot import explain, reply

    if document is None:
        found = explain.explain_turn(kurage, what)
        found = found or explain.explain_document(kurage, what, email=email)
        if found:
            return found
    if refusal := reply.refusal(what, LANGUAGE):
        fail(refusal)
    looked_for = None
    if document is not None:
        looked_for = explain.explain_document(kurage, document, email=email)
        if looked_for is None or looked_for["source"] is None:
            fail(
                say(
                    f"no source has {document!r}; `kurage explain {document}` says more",
                    f"{document!r} はどの取り込み元にもありません。"
                    f"kurage explain {document} で詳しく調べられます",
                )
            )
    place = (looked_for["source"], looked_for["document"]) if looked_for else None
    found = explain.explain_question(
        kurage, what, email=email, language=LANGUAGE, sources=sources, document=place
    )
    if looked_for:
        found["document"] = {**looked_for, **found["document"]}
    return found
