"""`kurage drive`: what is needed once to have Google Drive read as one person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import err, say
from bot.cli.help import OPTIONS, SUBCOMMAND, Group

app = typer.Typer(
    cls=Group,
    options_metavar=OPTIONS,
    subcommand_metavar=SUBCOMMAND,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=say(
        """Prepare Google Drive as a source.

        [bold]Examples[/bold]

        kurage drive login client_secret.json
        """,
        """Google ドライブを読み込む準備をします。

        [bold]例[/bold]

        kurage drive login client_secret.json
        """,
    ),
)


@app.callback()
def group() -> None:
    """Have `login` stay a command of its own though it is the only one."""


@app.command(
    help=say(
        "Log in to Google as yourself; what you can read in Drive, Kurage can read then.",
        "自分の Google アカウントでログインし、ドライブで読める資料を Kurage に読ませます。",
    )
)
def login(
    client_secrets: Annotated[
        Path,
        typer.Argument(
            metavar="CLIENT_SECRETS.json",
            show_default=False,
            help=say(
                "File of an OAuth client of the type Desktop app, from the Cloud console.",
                "Cloud コンソールで作った「デスクトップ アプリ」の OAuth クライアントのファイル。",
            ),
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="PATH",
            help=say("Where the login is written.", "ログイン情報の保存先。"),
        ),
    ] = Path("google-login.json"),
    no_browser: Annotated[
        bool,
        typer.Option(
            "--no-browser",
            help=say(
                "There is no browser on this machine: open the address elsewhere.",
                "このマシンにブラウザーがないとき。別のマシンでアドレスを開きます。",
            ),
        ),
    ] = False,
) -> None:
    """Log in, and say where the login belongs."""
    from connectors.drive.login import Words
    from connectors.drive.login import login as consent

    words = Words(
        visit=say(
            "If no browser opens, open this address:\n{url}",
            "ブラウザーが開かないときは、次のアドレスを開いてください。\n{url}",
        ),
        close=say(
            "Done. You may close this window.",
            "完了しました。このウィンドウは閉じてかまいません。",
        ),
    )
    consent(client_secrets, out, words=words, paste=_paste if no_browser else None)
    err().print(
        say(
            f"Written to {out}. Put into .env:",
            f"{out} に保存しました。.env に次の行を書いてください。",
        )
    )
    typer.echo(f"GOOGLE_APPLICATION_CREDENTIALS={out.resolve()}")


def _paste(url: str) -> str:
    """Return where the browser of another machine ended up."""
    typer.echo(
        say(
            f"Open this address in a browser, on any machine, and allow access:\n{url}\n\n"
            "The browser then shows that a page can not be reached. That is as it should be: copy "
            "the address of that page, and paste it here.",
            f"次のアドレスを、どのマシンのブラウザーでもかまわないので開き、許可してください。\n{url}\n\n"
            "許可すると「アクセスできません」という画面になりますが、問題ありません。"
            "その画面のアドレスをコピーして、ここに貼り付けてください。",
        )
    )
    return str(typer.prompt(say("Address", "アドレス")))
