"""The questions of `kurage init`, one at a time, in the language that the first one settles.

Knows nothing of files. Each answer is checked where it is given; an answer that can not be used is
explained and asked for again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from rich.console import Console
from rich.text import Text

from bot.cli.init import answers, checks
from bot.cli.init.answers import EVERY, Answers, Folder
from bot.cli.render import printable
from bot.exchange import Language

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

_T = TypeVar("_T")
_SUFFIXES = 4
"""So many kinds of files are named of a folder; the others are one number."""


class Reader(Protocol):
    """Where answers come from. Raises EOFError and KeyboardInterrupt when somebody leaves."""

    def __call__(self, prompt: str, *, secret: bool = False, paths: bool = False) -> str:
        """Return one line; a `secret` is not echoed, and `paths` are completed with Tab."""
        ...


def terminal() -> Reader:
    """Return what reads from the terminal of this process."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import PathCompleter

    session: PromptSession[str] = PromptSession()
    folders = PathCompleter(only_directories=True, expanduser=True)

    def read(prompt: str, *, secret: bool = False, paths: bool = False) -> str:
        completer = folders if paths else None
        # The session keeps what it was last told, so each call says all of it.
        return session.prompt(
            prompt, is_password=secret, completer=completer, complete_while_typing=False
        )

    return read


class Dialogue:
    """One run of the questions."""

    def __init__(self, console: Console, read: Reader, defaults: Answers) -> None:
        self._console = console
        self._read = read
        self._defaults = defaults
        self._language: Language = defaults.language

    def say(self, en: str, ja: str) -> str:
        """Return the text in the language of the dialogue."""
        return ja if self._language == "ja" else en

    def run(self, *, taken: Collection[str], generators: Sequence[str]) -> Answers:
        """Return the answers to all questions.

        `taken` are names of sources that are there already; `generators` what can write answers.
        """
        self._tell(
            self.say(
                "This sets up Kurage Bot in the present folder. Enter takes what stands in [ ]; "
                "nothing is written before the end, and Ctrl-C leaves.",
                "いまいるフォルダーに Kurage Bot の設定を作ります。"
                "Enter だけを押すと [ ] の中の値になります。"
                "最後に確認するまで何も書き込みません。Ctrl-C でいつでもやめられます。",
            )
        )
        self._language = self._ask_language()
        folders = self._ask_folders(taken)
        every = self._ask_every() if folders else self._defaults.every
        url, key = self._ask_index()
        database = self._ask_database()
        generator = self._ask_generator(generators)
        return Answers(self._language, folders, every, generator, database, url, key)

    def confirm(self, question: str, *, default: bool = True) -> bool:
        """Ask something to be answered by yes or no."""
        hint = "Y/n" if default else "y/N"

        def parse(text: str) -> bool:
            word = text.strip().lower()
            if word in {"", "y", "yes", "はい", "ｙ"}:
                return default if not word else True
            if word in {"n", "no", "いいえ", "ｎ"}:
                return False
            raise ValueError(word)

        again = self.say("Please answer y or n.", "y（はい）か n（いいえ）で答えてください。")
        return self._until(question, parse, lambda _: again, shown=hint)

    # The questions

    def _ask_language(self) -> Language:
        default = self._defaults.language
        chosen = self._choose("言語 / Language", {"ja": "日本語", "en": "English"}, default)
        return cast("Language", chosen)

    def _ask_folders(self, taken: Collection[str]) -> tuple[Folder, ...]:
        if taken:
            so_far = ", ".join(taken)
            self._tell(self.say(f"Sources so far: {so_far}", f"いまの取り込み元: {so_far}"))
        found: list[Folder] = []
        while True:
            path = self._ask_folder(needed=not found and not taken)
            if path is None:
                return tuple(found)
            self._tell_documents(path)
            names = [*taken, *(folder.name for folder in found)]
            name = self._ask_name(path, names)
            found.append(Folder(name, path, self._ask_prefix()))

    def _ask_folder(self, *, needed: bool) -> Path | None:
        first = self.say("Folder with your documents", "資料が入っているフォルダー")
        more = self.say("Another folder (Enter: none)", "ほかのフォルダー（なければ Enter）")

        def parse(text: str) -> Path | None:
            return answers.folder(text) if text.strip() or needed else None

        def why(error: Exception) -> str:
            if isinstance(error, FileNotFoundError):
                return self.say(
                    f"There is no folder {error}.", f"フォルダー {error} が見つかりません。"
                )
            return self.say(
                f"{error} is a file; name the folder that it lies in.",
                f"{error} はファイルです。入っているフォルダーを指定してください。",
            )

        return self._until(first if needed else more, parse, why, paths=True)

    def _tell_documents(self, path: Path) -> None:
        seen = checks.documents(path)
        kinds = seen.suffixes.most_common(_SUFFIXES)
        listed = ", ".join(f"{suffix} {count}" for suffix, count in kinds)
        rest = seen.readable - sum(count for _, count in kinds)
        if rest:
            listed += self.say(f", others {rest}", f", ほか {rest}")
        if not seen.readable:
            self._warn(
                self.say(
                    "It holds no document that can be read; is this the right folder?",
                    "読める文書がありません。このフォルダーでよいか確かめてください。",
                )
            )
        else:
            more = "" if seen.whole else self.say(" or more", " 以上")
            self._tell(
                self.say(
                    f"{seen.readable}{more} documents can be read ({listed}).",
                    f"{seen.readable} 件{more}の文書を読めます（{listed}）。",
                )
            )
        if seen.unreadable:
            self._tell(
                self.say(
                    f"{seen.unreadable} can not, such as {seen.example}",
                    f"読めないもの: {seen.unreadable} 件（例: {seen.example}）",
                )
            )

    def _ask_name(self, path: Path, taken: Collection[str]) -> str:
        default = answers.suggested_name(path, taken)

        def parse(text: str) -> str:
            name = answers.source_name(text or default)
            if name in taken:
                raise ValueError(name)
            return name

        why = self.say(
            "Please choose another name: without blanks and / \\ :, "
            "not one that is taken, and none of folder, web, confluence, drive.",
            "別の名前にしてください（空白と / \\ : は使えません。"
            "使用中の名前と folder・web・confluence・drive も使えません）。",
        )
        prompt = self.say("Name of this source", "この取り込み元の名前")
        return self._until(prompt, parse, lambda _: why, shown=default)

    def _ask_prefix(self) -> str | None:
        prompt = self.say(
            "Links in answers start with, e.g. https://intranet.example.co.jp/docs/ "
            "(Enter: links to the files)",
            "回答のリンクの先頭に付けるURL（例: https://intranet.example.co.jp/docs/。"
            "なければ Enter でファイルへのリンク）",
        )
        why = self.say(
            "Please begin with https:// or http://.",
            "https:// か http:// で始めてください。",
        )

        def parse(text: str) -> str | None:
            return answers.web_address(text) if text.strip() else None

        return self._until(prompt, parse, lambda _: why)

    def _ask_every(self) -> str | None:
        default = self._defaults.every or EVERY
        prompt = self.say(
            "How often to sync, such as 30m, 1h, 1d (0: only by hand)",
            "同期の間隔。30m（30分）、1h（1時間）、1d（1日）など。0 なら手動のみ",
        )
        why = self.say(
            "Please write a number and m, h or d, such as 30m.",
            "30m や 1h のように、数字と m・h・d で書いてください。",
        )
        return self._until(
            prompt, lambda text: answers.every(text or default), lambda _: why, shown=default
        )

    def _ask_index(self) -> tuple[str | None, str | None]:
        where = {
            "1": self.say("on this computer", "このコンピューター"),
            "2": self.say("a Qdrant server", "Qdrant サーバー"),
        }
        prompt = self.say("Where the search index lives", "検索の索引の置き場所")
        default = "2" if self._defaults.qdrant_url else "1"
        while self._choose(prompt, where, default) == "2":
            known = self._defaults.qdrant_url
            url = self._read_default(
                self.say(
                    "Its address, such as https://HOST:6333", "アドレス（例: https://HOST:6333）"
                ),
                known,
            )
            key = self._secret(
                self.say(
                    "API key (not shown; Enter: none)", "APIキー（表示されません。なければ Enter）"
                ),
                self._defaults.qdrant_api_key if url == known else None,
            )
            try:
                count = checks.qdrant(url, key)
            except checks.CheckError as error:
                self._warn(str(error))
                continue
            self._tell(
                self.say(
                    f"The server answers; it has {count} collections.",
                    f"サーバーに接続できました（コレクション {count} 件）。",
                )
            )
            return url, key
        return None, None

    def _ask_database(self) -> str | None:
        where = {
            "1": self.say(
                "SQLite, a file on this computer", "SQLite（このコンピューターのファイル）"
            ),
            "2": self.say("a PostgreSQL server", "PostgreSQL サーバー"),
        }
        prompt = self.say("Where conversations are logged", "質問と回答の記録の置き場所")
        known = self._defaults.database_url
        while self._choose(prompt, where, "2" if known else "1") == "2":
            url = self._database_url(known)
            try:
                found = checks.database(url)
            except checks.CheckError as error:
                self._warn(str(error))
                continue
            self._tell(self._database_line(found))
            return url
        return None

    def _database_url(self, known: str | None) -> str:
        prompt = self.say(
            "Its URL without the password, such as postgresql://USER@HOST/DATABASE",
            "接続先（パスワードは書かずに。例: postgresql://ユーザー@ホスト/データベース名）",
        )
        kept = self.say("as before", "前のまま") if known else ""
        url = self._until(prompt, str.strip, str, shown=kept)
        if known and not url:
            return known
        if checks.has_password(url):
            return url
        secret = self._secret(
            self.say(
                "Password (not shown; Enter: none)", "パスワード（表示されません。なければ Enter）"
            ),
            None,
        )
        try:
            return checks.with_password(url, secret) if secret else url
        except checks.CheckError:
            return url  # the check of the database says what is wrong with it

    def _database_line(self, found: checks.Database) -> str:
        if found.current:
            return self.say(
                f"The database {found.place} answers and is up to date.",
                f"データベース {found.place} に接続できました。テーブルも最新です。",
            )
        if found.revision is None:
            return self.say(
                f"The database {found.place} answers; its tables are made at the first start.",
                f"データベース {found.place} に接続できました。テーブルは最初の起動時に作ります。",
            )
        return self.say(
            f"The database {found.place} answers; run `kurage db upgrade` before you start.",
            f"データベース {found.place} に接続できました。"
            "始める前に kurage db upgrade を実行してください。",
        )

    def _ask_generator(self, names: Sequence[str]) -> str:
        default = self._defaults.generator or names[0]
        if len(names) > 1:
            prompt = self.say("What writes the answers", "回答の方式")
            return self._choose(prompt, dict.fromkeys(names, ""), default)
        if names == ["extractive"]:
            self._tell(
                self.say(
                    "Answers quote the sentences of your documents (extractive): no model needed.",
                    "回答は資料の文をそのまま引用します（extractive）。モデルは要りません。",
                )
            )
        return names[0]

    # How they are asked

    def _until(
        self,
        question: str,
        parse: Callable[[str], _T],
        why: Callable[[Exception], str],
        *,
        shown: str = "",
        paths: bool = False,
    ) -> _T:
        """Ask until `parse` takes the answer; `why` says what was wrong with one.

        `shown` is what an empty answer means.
        """
        self._head(question)
        while True:
            try:
                return parse(self._read(_prompt(shown), paths=paths))
            except (ValueError, OSError) as error:
                self._warn(why(error))

    def _choose(self, question: str, choices: dict[str, str], default: str) -> str:
        listed = "・".join(choices)
        why = self.say(f"Please choose one of {listed}.", f"{listed} から選んでください。")

        def parse(text: str) -> str:
            typed = unicodedata.normalize("NFKC", text).strip().lower() or default
            if typed not in choices:
                raise ValueError(typed)
            return typed

        named = "".join(f"\n    {key}  {label}".rstrip() for key, label in choices.items())
        return self._until(f"{question}{named}", parse, lambda _: why, shown=default)

    def _read_default(self, question: str, default: str | None) -> str:
        return self._until(question, str.strip, str, shown=default or "") or default or ""

    def _secret(self, prompt: str, default: str | None) -> str | None:
        self._head(prompt)
        return self._read(_prompt(""), secret=True).strip() or default

    def _head(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(f"■ {text}", style="bold"), soft_wrap=True)

    def _tell(self, text: str) -> None:
        self._console.print(Text(f"  {printable(text)}", style="dim"), soft_wrap=True)

    def _warn(self, text: str) -> None:
        self._console.print(Text(f"  ▲ {printable(text)}", style="yellow"), soft_wrap=True)


def _prompt(default: str) -> str:
    return f"  [{default}] › " if default else "  › "
