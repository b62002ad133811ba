"""`kurage init`: a short dialogue that writes `kurage.toml` and `.env`.

Nothing is written before all questions are answered and confirmed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import LANGUAGE, err, fail, out, say

if TYPE_CHECKING:
    from bot.cli.init.answers import Answers
    from bot.cli.init.dialogue import Dialogue
    from bot.cli.init.files import Draft
    from bot.exchange import Language
    from bot.settings import Settings

HELP = say(
    """Set up: a few questions, then kurage.toml and .env are written.

    What is named is tried on the spot: folders are counted, databases and servers are asked.
    Files that are there are changed only after you saw the difference, and a .bak stays.

    [bold]Examples[/bold]

    kurage init

    kurage init --yes --folder ~/handbook --every 1h
    """,
    """質問に答えて初期設定をします（kurage.toml と .env を作ります）。

    フォルダーの文書数、データベースやサーバーへの接続は、その場で確かめます。
    すでにあるファイルは、変更点を確認してから書き換え、元の内容を .bak に残します。

    [bold]例[/bold]

    kurage init

    kurage init --yes --folder ~/handbook --every 1h
    """,
)


def command(
    *,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            "-y",
            help=say(
                "Ask nothing: options and defaults.", "質問せず、オプションと既定値で作ります。"
            ),
        ),
    ] = False,
    folder: Annotated[
        list[Path] | None,
        typer.Option(
            "--folder",
            metavar="PATH",
            help=say("With documents; may be repeated.", "資料のフォルダー（複数可）"),
            show_default=False,
        ),
    ] = None,
    url_prefix: Annotated[
        str | None,
        typer.Option(
            "--url-prefix",
            metavar="URL",
            help=say("Links start with this.", "リンクの先頭に付けるURL"),
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(
            "--every",
            metavar=say("TIME", "間隔"),
            help=say(
                "How often to sync: 30m, 1h, 1d; 0: by hand.", "同期の間隔: 30m・1h・1d。0 は手動"
            ),
            show_default="1h",
        ),
    ] = None,
    answers_in: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="ja|en",
            help=say("Of the program; by locale.", "表示と回答の言語（既定はロケール）"),
            show_default=False,
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            "--database-url",
            envvar="KURAGE_DATABASE_URL",
            metavar="URL",
            help=say(
                "PostgreSQL instead of SQLite; a password is safer in the variable.",
                "SQLite の代わりに PostgreSQL（パスワードは環境変数で渡すほうが安全です）",
            ),
            show_default=False,
        ),
    ] = None,
    qdrant_url: Annotated[
        str | None,
        typer.Option(
            "--qdrant-url",
            envvar="QDRANT_URL",
            metavar="URL",
            help=say(
                "A Qdrant server instead of the embedded index; its key in QDRANT_API_KEY.",
                "組み込みの索引の代わりに Qdrant サーバー（APIキーは QDRANT_API_KEY）",
            ),
            show_default=False,
        ),
    ] = None,
    qdrant_api_key: Annotated[
        str | None, typer.Option("--qdrant-api-key", envvar="QDRANT_API_KEY", hidden=True)
    ] = None,
    generator: Annotated[
        str | None,
        typer.Option(
            "--generator",
            metavar="NAME",
            help=say("What writes the answers.", "回答の方式"),
            show_default="extractive",
        ),
    ] = None,
    no_test: Annotated[
        bool,
        typer.Option(
            "--no-test",
            help=say("Do not try servers.", "サーバーへの接続を確かめません。"),
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help=say(
                "With --yes: change files that are there.",
                "--yes のとき、すでにあるファイルも書き換えます。",
            ),
        ),
    ] = False,
) -> None:
    """Set up."""
    from bot.settings import load

    directory = Path.cwd()
    # Read as it will be read: whoever has a broken file learns so before the first question.
    settings = load(environ={}, directory=directory)
    given = _given(
        settings,
        language=answers_in,
        folders=folder or [],
        url_prefix=url_prefix,
        every=every,
        generator=generator,
        database_url=database_url,
        qdrant_url=qdrant_url,
        qdrant_api_key=qdrant_api_key,
    )
    if yes:
        _without_questions(given, directory, test=not no_test, overwrite=overwrite)
        return
    if not sys.stdin.isatty():
        fail(
            say(
                "there is no terminal to ask on; use --yes with options (see --help)",
                "質問できる端末がありません。--yes とオプションを使ってください（--help を参照）",
            )
        )
    try:
        _with_questions(given, directory, settings)
    except (KeyboardInterrupt, EOFError):
        err().print()
        fail(
            say("left before the end; nothing was written", "中止しました。何も書き込んでいません")
        )


def _given(
    settings: Settings,
    *,
    language: str | None,
    folders: list[Path],
    url_prefix: str | None,
    every: str | None,
    generator: str | None,
    database_url: str | None,
    qdrant_url: str | None,
    qdrant_api_key: str | None,
) -> Answers:
    """Return what the options say, and the files that are there where they say nothing."""
    from bot.cli.init import answers
    from bot.cli.init.folders import named_folders

    if language not in {None, "ja", "en"}:
        raise typer.BadParameter(say("use ja or en", "ja か en を指定してください"))
    spoken: Language = language or settings.config.language or LANGUAGE  # type: ignore[assignment]
    if generator is not None and generator not in _generators():
        known = ", ".join(_generators())
        raise typer.BadParameter(
            say(
                f"no generator {generator!r}; there is {known}",
                f"{generator!r} はありません。使えるもの: {known}",
            )
        )
    try:
        prefix = answers.web_address(url_prefix) if url_prefix else None
        often = answers.every(every) if every is not None else answers.EVERY
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    held_key = settings.qdrant_api_key
    return answers.Answers(
        language=spoken,
        folders=named_folders(folders, prefix, settings),
        every=often,
        generator=generator or settings.generator,
        database_url=database_url or _database_url(settings),
        qdrant_url=qdrant_url or settings.qdrant_url,
        qdrant_api_key=qdrant_api_key or (held_key.get_secret_value() if held_key else None),
    )


def _without_questions(given: Answers, directory: Path, *, test: bool, overwrite: bool) -> None:
    from bot.cli.init import checks

    if test:
        try:
            if given.database_url:
                checks.database(given.database_url)
            if given.qdrant_url:
                checks.qdrant(given.qdrant_url, given.qdrant_api_key)
        except checks.CheckError as error:
            fail(
                say(
                    f"{error}; --no-test does without", f"{error}（--no-test で確かめずに作れます）"
                )
            )
    made = _changed(given, directory)
    there = [draft for draft in made if draft.before is not None]
    if there and not overwrite:
        for draft in there:
            _show(draft)
        names = ", ".join(draft.path.name for draft in there)
        fail(
            say(
                f"{names} would change as shown; say --overwrite to do it (a .bak stays)",
                f"{names} が上のように変わります。書き換えるには --overwrite をつけてください"
                "（元の内容は .bak に残ります）",
            )
        )
    _write(made, given.language)


def _with_questions(given: Answers, directory: Path, settings: Settings) -> None:
    from bot.cli.init.dialogue import Dialogue, terminal

    dialogue = Dialogue(out(), terminal(), given)
    found = dialogue.run(
        taken=tuple(settings.config.sources),
        generators=_generators(),
    )
    if given.folders:
        found = replace(found, folders=(*given.folders, *found.folders))
    made = _changed(found, directory)
    for draft in made:
        _show(draft)
    if made and not dialogue.confirm(_permission(made, dialogue)):
        raise EOFError
    _write(made, found.language)


def _permission(made: list[Draft], dialogue: Dialogue) -> str:
    names = ", ".join(draft.path.name for draft in made)
    if any(draft.before is not None for draft in made):
        return dialogue.say(
            f"Change {names} so? The former content stays in a .bak",
            f"{names} をこのように書き換えますか？ 元の内容は .bak に残します",
        )
    return dialogue.say(f"Write {names}?", f"{names} を作りますか？")


def _changed(answers: Answers, directory: Path) -> list[Draft]:
    from bot.cli.init import files

    return [draft for draft in files.drafts(answers, directory) if draft.changes]


def _show(draft: Draft) -> None:
    """Print what a file becomes: all of a new one, the difference of one that is there."""
    from rich.text import Text

    from bot.cli.render import printable

    console = out()
    console.print()
    console.print(Text(draft.path.name, style="bold"))
    lines = draft.shown().splitlines() if draft.before is None else draft.diff()
    if not lines:
        lines = [say("(only secret values change)", "（秘密の値だけが変わります）")]
    colours = {"+": "green", "-": "red"}
    for line in lines:
        style = colours.get(line[:1], "dim") if draft.before is not None else "dim"
        console.print(Text(f"  {printable(line)}", style=style), soft_wrap=True)


def _write(made: list[Draft], language: Language) -> None:
    from bot.cli.init import files

    def tell(en: str, ja: str) -> None:
        out().print(ja if language == "ja" else en, markup=False, soft_wrap=True)

    if made:
        try:
            kept = files.write(made)
        except OSError as error:
            fail(
                say(
                    f"{error.filename or made[0].path} can not be written ({error.strerror})",
                    f"{error.filename or made[0].path} に書き込めません（{error.strerror}）",
                )
            )
        out().print()
        for draft in made:
            tell(f"✔ {draft.path.name} is written", f"✔ {draft.path.name} を書き込みました")
        for copy in kept:
            tell(f"  former content: {copy.name}", f"  元の内容: {copy.name}")
        secret = Path.cwd() / files.ENVIRONMENT
        exposed = [path for path in (secret, *kept) if _is_exposed(path)]
        if exposed:
            names = ", ".join(path.name for path in exposed)
            tell(
                f"▲ git does not ignore {names}: add it to .gitignore, it may hold secrets",
                f"▲ git の管理対象になっています: {names}。.gitignore に加えてください"
                "（秘密の値が入ることがあります）",
            )
    else:
        tell("Nothing to change.", "変更はありません。")
    _next(tell)


def _is_exposed(path: Path) -> bool:
    from bot.cli.init import files

    private = path.name.startswith(files.ENVIRONMENT)
    return private and path.exists() and files.tracked_by_git(path)


def _next(tell: Any) -> None:
    """Say what to run now; what was written must be what the next command reads."""
    from bot.settings import load

    config = load().config_path
    if config is not None and config != Path.cwd().resolve() / "kurage.toml":
        tell(
            f"▲ KURAGE_CONFIG names {config}: what was written here is not read",
            f"▲ KURAGE_CONFIG が {config} を指しているため、ここに書いた設定は読まれません",
        )
    tell("\nNext:", "\n次はこの2つを実行してください:")
    if load().config.sources:
        tell("  kurage ingest --all", "  kurage ingest --all    （資料を取り込む）")
    else:
        tell(
            "  kurage ingest folder PATH", "  kurage ingest folder フォルダー    （資料を取り込む）"
        )
    tell("  kurage chat", "  kurage chat            （質問する）")


def _generators() -> list[str]:
    from typing import get_args

    from bot.settings import GeneratorName

    return list(get_args(GeneratorName))


def _database_url(settings: Settings) -> str | None:
    """Return the database that is named already, None for SQLite in KURAGE_HOME."""
    url = settings.database_url.get_secret_value()
    return None if url == f"sqlite:///{settings.home / 'kurage.db'}" else url
