"""`kurage backup`: index, database and configuration in one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.arguments import AsJson
from bot.cli.console import err, fail, out, say, settle

if TYPE_CHECKING:
    from rich.console import Console

    from bot.backup import Manifest

HELP = say(
    """Write index, conversations and configuration into one file.

    It moves between machines, and between SQLite and PostgreSQL, the embedded
    index and a Qdrant server. Everything else may go on meanwhile.

    Secrets (.env) are no part of it. Conversations are: keep it private.

    [bold]Examples[/bold]

    kurage backup kurage-2026-11-22.backup

    kurage backup - | ssh other-host kurage restore -
    """,
    """索引・会話の記録・設定を1つのファイルに書き出します。

    別のマシンへ、またSQLiteとPostgreSQL、組み込みの索引とQdrantサーバーの
    間でも移せます。実行中も、ほかの処理は続けられます。

    秘密の値（.env）は含みませんが、会話の記録は含むのでご注意ください。

    [bold]例[/bold]

    kurage backup kurage-2026-11-22.backup

    kurage backup - | ssh other-host kurage restore -
    """,
)
STANDARD_STREAM = Path("-")


def command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar=say("FILE", "ファイル"),
            help=say("Where to; - is standard output.", "書き出し先（- は標準出力）"),
            show_default=False,
        ),
    ],
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help=say("Replace the file if there is one.", "すでにあるファイルを置き換えます。"),
        ),
    ] = False,
    json_: AsJson = False,
) -> None:
    """Back up."""
    from bot import backup

    settle()
    if file == STANDARD_STREAM:
        manifest = _to_standard_output()
    else:
        with backup.new_file(file.absolute(), force=force) as target:
            manifest = _save(target)
    if json_ and file != STANDARD_STREAM:
        typer.echo(json.dumps(summary(manifest), ensure_ascii=False, indent=2))
    else:
        console = err() if file == STANDARD_STREAM else out()
        show(console, say(f"Written to {file}", f"{file} に書き出しました"), manifest)
        if manifest.masked:
            console.print(
                say(
                    f"{manifest.masked} values of kurage.toml that look like secrets were left "
                    "out; move them to .env",
                    f"kurage.toml の、秘密と思われる値 {manifest.masked} 個は含めていません。"
                    ".env に移してください",
                ),
                style="yellow",
            )


def _save(target: Any) -> Manifest:
    from bot import app, backup
    from bot.cli import progress

    with app.open_app() as kurage, progress.bar() as bar:
        index = kurage.open_index()
        try:
            installation = backup.Installation(
                kurage.engine,
                index,
                kurage.settings.config_path,
                kurage.settings.encoder,
                kurage.settings.generator,
            )
            return backup.save(installation, target, bar.advance_to)
        finally:
            index.close()


def _to_standard_output() -> Manifest:
    import shutil
    import sys
    import tempfile

    from bot import settings

    if sys.stdout.isatty():
        fail(say("a backup is no text; pipe it", "バックアップはパイプに出力してください"))
    home = settings.load().home
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=home) as spooled:
        manifest = _save(spooled)
        spooled.seek(0)
        shutil.copyfileobj(spooled, sys.stdout.buffer, 1 << 20)
        sys.stdout.buffer.flush()
    return manifest


def summary(manifest: Manifest) -> dict[str, Any]:
    """Return what a backup holds, for programs."""
    index = manifest.index
    return {
        "created": manifest.created.isoformat(),
        "program": manifest.program,
        "documents": index.documents if index else 0,
        "chunks": index.chunks if index else 0,
        "rows": {table.name: table.rows for table in manifest.tables if table.rows},
        "configuration": any(part.name == "kurage.toml" for part in manifest.parts),
        "bytes": sum(part.bytes for part in manifest.parts),
    }


def show(console: Console, headline: str, manifest: Manifest) -> None:
    """Print what a backup holds."""
    held = summary(manifest)
    rows = held["rows"]
    console.print(headline, markup=False, style="bold")
    console.print(
        say(
            f"{held['documents']} documents, {held['chunks']} chunks, {rows.get('turns', 0)} "
            f"turns, {rows.get('sources', 0)} sources; {held['bytes'] / 1e6:.1f} MB",
            f"文書 {held['documents']}、断片 {held['chunks']}、会話 {rows.get('turns', 0)}、"
            f"取り込み元 {rows.get('sources', 0)}（{held['bytes'] / 1e6:.1f} MB）",
        ),
        markup=False,
    )
