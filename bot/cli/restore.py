"""`kurage restore`: what a backup holds, on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from bot.cli.arguments import AsJson
from bot.cli.backup import STANDARD_STREAM, show, summary
from bot.cli.console import out, say, settle

if TYPE_CHECKING:
    from bot.app import App
    from bot.backup import Manifest, Restored

HELP = say(
    """Put a backup into this installation, whatever its index and database.

    The file is checked before anything is changed; then all of it is restored,
    or nothing. If it is broken off, the same command finishes it.
    End kurage serve first.

    What is here already is only replaced with --force.

    [bold]Examples[/bold]

    kurage restore kurage-2026-11-22.backup

    QDRANT_URL=http://localhost:6333 kurage restore kurage-2026-11-22.backup
    """,
    """バックアップを、この環境に復元します（索引・データベースの種類を問いません）。

    先にファイルを検査し、すべてを復元するか、何も変えないかのどちらかです。
    途中で止まったときは、同じコマンドをもう一度実行すると最後まで終わります。
    始める前に kurage serve を終了してください。

    すでに内容のある環境は、--force を付けたときだけ置き換えます。

    [bold]例[/bold]

    kurage restore kurage-2026-11-22.backup

    QDRANT_URL=http://localhost:6333 kurage restore kurage-2026-11-22.backup
    """,
)


def command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar=say("FILE", "ファイル"),
            help=say(
                "What `kurage backup` wrote; - is standard input.",
                "kurage backup のファイル（- は標準入力）",
            ),
            show_default=False,
        ),
    ],
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help=say("Replace what is here.", "この環境の内容を置き換えます。"),
        ),
    ] = False,
    json_: AsJson = False,
) -> None:
    """Restore."""
    from bot import app, backup, migrations
    from bot.cli import progress

    settle()
    with app.open_app() as kurage, _opened(file, kurage.home) as stored:
        target = backup.Target(
            home=kurage.home,
            engine=migrations.connect(kurage.settings.database_url.get_secret_value()),
            open_index=kurage.open_index,
            open_writer=kurage.index_writer,
            configuration=kurage.settings.config_path or Path("kurage.toml").absolute(),
        )
        try:
            with progress.bar() as bar:
                restored = backup.restore(stored, target, force=force, on_progress=bar.advance_to)
        finally:
            target.engine.dispose()
        remarks = [*_remarks(restored), *_differences(restored.manifest, kurage)]
    if json_:
        held = {**summary(restored.manifest), "remarks": remarks}
        typer.echo(json.dumps(held, ensure_ascii=False, indent=2))
    else:
        made = backup.moment(restored.manifest.created)
        show(
            out(),
            say(f"Restored, as of {made}", f"{made} 時点の内容を復元しました"),
            restored.manifest,
        )
        for remark in remarks:
            out().print(f"▲ {remark}", style="yellow", markup=False)


@contextmanager
def _opened(file: Path, home: Path) -> Iterator[BinaryIO]:
    """Yield the backup as a file that can be read at any place."""
    from bot.backup import BackupError

    if file == STANDARD_STREAM:
        import shutil
        import sys
        import tempfile

        with tempfile.TemporaryFile(dir=home) as spooled:
            shutil.copyfileobj(sys.stdin.buffer, spooled, 1 << 20)
            spooled.seek(0)
            yield cast("BinaryIO", spooled)
        return
    try:
        stored = file.open("rb")
    except OSError as error:
        raise BackupError(f"{file} can not be read: {error.strerror}") from None
    with stored:
        yield stored


def _remarks(restored: Restored) -> Iterator[str]:
    path, masked = restored.configuration, restored.manifest.masked
    if path and path.name.endswith(".restored"):
        yield say(
            f"kurage.toml here was left alone; the one of the backup is {path}",
            f"この環境の kurage.toml はそのままです。バックアップのものは {path} にあります",
        )
    if path and masked:
        yield say(
            f"{masked} values in {path} read ***: they looked like secrets when it was backed up",
            f"{path} の {masked} 個の値は、秘密と思われたため *** になっています",
        )
    if restored.manifest.index and restored.manifest.index.torn:
        count = len(restored.manifest.index.torn)
        yield say(
            f"{count} documents were being changed while they were backed up; "
            "`kurage ingest --all` reads them again",
            f"バックアップ中に更新されていた文書が {count} 件あります。"
            "kurage ingest --all で取り込み直してください",
        )


def _differences(manifest: Manifest, kurage: App) -> Iterator[str]:
    """Yield what is set otherwise here than where the backup was made."""
    settings = kurage.settings
    for name, there, here in (
        ("KURAGE_ENCODER", manifest.encoder, settings.encoder),
        ("KURAGE_GENERATOR", manifest.generator, settings.generator),
    ):
        if there != here:
            yield say(
                f"{name} was {there} where the backup was made; here it is {here}",
                f"{name} は、バックアップ元では {there}、この環境では {here} です",
            )
    if manifest.index and manifest.index.encoder != kurage.encoder.fingerprint:
        yield say(
            "the index was made by another encoder or with other words; set them as they were, or "
            "run `kurage ingest --all`",
            "索引は別のエンコーダーまたは別の登録語で作られています。設定を元に合わせるか、"
            "kurage ingest --all を実行してください",
        )
