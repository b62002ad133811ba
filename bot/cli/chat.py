"""`kurage chat`: a conversation in the terminal."""

from __future__ import annotations

import sys
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.arguments import AsPerson, FromSource
from bot.cli.console import LANGUAGE, hush, out, say, settle

if TYPE_CHECKING:
    from bot.app import App
    from bot.exchange import Answer, Style

_LONGER = {"詳しく", "もっと詳しく", "/詳しく", "/long", "more", "in detail"}
_SOURCES = {"出典", "/出典", "/sources", "sources"}
_HELP = {"使い方", "ヘルプ", "/使い方", "/ヘルプ", "help", "/help", "?", "/?"}
_QUIT = {"終了", "/終了", "exit", "quit", "/exit", "/quit", ":q"}

USAGE = say(
    """Type a question. Also: [b]/long[/b] a longer answer to the last question, \
[b]/sources[/b] its sources with the quoted sentences, [b]/help[/b], [b]/quit[/b].""",
    """質問を入力してください。ほかに [b]詳しく[/b]（直前の質問に詳しく答える）、\
[b]出典[/b]（引用した文を表示）、[b]使い方[/b]、[b]終了[/b] が使えます。""",
)


PAGE = say(
    """[b]What you can ask[/b]
  Anything that stands in your company's documents, in your own words. Answers quote them and link
  to the place; where they hold no answer, the nearest documents are named.
  Example: How many days in advance do I have to request paid leave?

[b]Commands[/b]
  /long      a longer answer to the last question
  /sources   its sources with the quoted sentences
  /help      this page (also ?)
  /quit      leave (also Ctrl-D); the arrow keys bring back former questions
""",
    """[b]聞けること[/b]
  社内の資料に書いてあることなら、ふだんの言葉で聞けます。資料の文を引用し、出典のリンクをつけて
  答えます。書いていないことには答えず、近い資料を示します。
  例: 有給休暇は何日前までに申請すればいい？

[b]コマンド[/b]
  詳しく   直前の質問に、より詳しく答えます（/詳しく）
  出典     直前の回答の出典と、引用した文を表示します（/出典）
  使い方   このページを表示します（ヘルプ、? でも）
  終了     会話を終えます（Ctrl-D でも）。上下キーで前の質問を呼び出せます
""",
)

HELP = say(
    """Converse in the terminal: history, links, longer answers, sources on demand.""",
    """ターミナルで会話します。履歴・リンク・「詳しく」・出典の表示に対応しています。""",
)


def command(source: FromSource = None, as_: AsPerson = None) -> None:
    """Converse."""
    from bot import app

    settle()
    with app.open_app() as kurage:
        hush(kurage.settings)
        conversation = Conversation(kurage, as_, source)
        if sys.stdin.isatty():
            conversation.console.print(USAGE)
        for line in _lines(kurage.settings.home / "chat_history"):
            if _folded(line) in _QUIT:
                break
            conversation.take(line)


class Conversation:
    """What one terminal remembers: the last question and its answer."""

    def __init__(self, kurage: App, as_: str | None, sources: list[str] | None) -> None:
        self.console = out()
        self._kurage = kurage
        self._as = as_
        self._sources = sources
        self._session = uuid.uuid4().hex
        self._question: str | None = None
        self._answer: Answer | None = None

    def take(self, line: str) -> None:
        """Do what a line says: a command of `USAGE`, or a question."""
        from bot import reply

        command = _folded(line)
        if not line:
            return
        if command in _HELP:
            self._show_usage()
        elif command in _SOURCES:
            self._show_sources()
        elif command in _LONGER and self._question:
            self._answer_to(self._question, "long")
        elif refusal := reply.refusal(line, LANGUAGE):
            self.console.print(refusal)
        else:
            self._question = line
            self._answer_to(line, "short")

    def _answer_to(self, question: str, style: Style) -> None:
        from bot import reply
        from bot.cli import render

        words = reply.WORDINGS[LANGUAGE]
        with _status(self.console, words.searching):
            answer = self._kurage.run(
                self._kurage.ask(
                    question,
                    as_=self._as,
                    language=LANGUAGE,
                    style=style,
                    sources=self._sources,
                    session=self._session,
                    about=self._answer if style == "long" else None,
                )
            )
        if answer.state == "failed":
            self.console.print(render.failure(answer, LANGUAGE))
        elif style == "long" and answer.nothing_more:
            self.console.print(words.nothing_more)
        else:
            render.answer(self.console, answer, LANGUAGE, style=style)
            self._answer = answer
        self.console.print()

    def _show_usage(self) -> None:
        self.console.print(PAGE)
        self.console.print(say("[b]Indexed now[/b]", "[b]いま入っている資料[/b]"))
        for line in _indexed(self._kurage, self._sources):
            self.console.print(f"  {line}", markup=False, soft_wrap=True)
        self.console.print()

    def _show_sources(self) -> None:
        from bot.cli import render

        if self._answer is None or not self._answer.sources:
            self.console.print(say("No sources yet.", "まだ出典はありません。"))
            return
        render.sources(self.console, self._answer, LANGUAGE)
        for source in self._answer.sources:
            if source.quote:
                self.console.print(f"\\[{source.number}] ", end="", style="cyan")
                self.console.print(render.printable(source.quote), markup=False, style="dim")
        self.console.print()


def _folded(line: str) -> str:
    """Return a line as commands are compared: ？ is ?, ／ＨＥＬＰ is /help."""
    return unicodedata.normalize("NFKC", line).strip().lower()


def _indexed(kurage: App, wanted: list[str] | None) -> list[str]:
    """Return a line a source: how many documents it holds, and when it was synced."""
    from bot.reply.indexed import indexed_lines
    from ingest.index import SearchIndexError
    from ingest.state import StateError

    try:
        held = [source for source in kurage.indexed() if not wanted or source.name in wanted]
    except (SearchIndexError, StateError) as error:
        return [str(error)]
    return indexed_lines(held, LANGUAGE)


def _status(console: Any, text: str) -> Any:
    """Return a spinner on a terminal; nothing elsewhere."""
    return console.status(text) if console.is_terminal else nullcontext()


def _lines(history: Path) -> Iterator[str]:
    """Yield what is typed, a stripped line each, until the end of input or Ctrl-C."""
    read: Callable[[], str] = _prompt(history) if sys.stdin.isatty() else _piped
    while True:
        try:
            yield read().strip()
        except (EOFError, KeyboardInterrupt):
            return


def _piped() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _prompt(history: Path) -> Callable[[], str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory

    session: PromptSession[str] = PromptSession(history=FileHistory(str(history)))
    return lambda: session.prompt("❓ ")
