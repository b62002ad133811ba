"""Every model family but Kurage: our prompt, client and reading, vLLM's own server.

The model has learned by heart what to say to the prompts that the families' profiles make, so that
an answer that is right has been asked for to the letter.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from asking import passages
from rigs import vllm_server
from rigs.vllm_server import PYTHON, VllmServer

from bot.exchange import Evidence, Generation, Statement, Style
from bot.generate.chat import ChatGenerator
from bot.generate.client import Client
from bot.generate.model import Piece, Prompt, RefusedError, Sampling
from bot.generate.profiles import profile
from bot.generate.profiles.karakuri import conversation
from bot.generate.repeatable import Repeatable
from bot.settings import Karakuri

QUESTION = "経費精算の締め日はいつですか？"
EVIDENCE = Evidence(
    passages("有給休暇は3営業日前までに申請する。", "経費精算の締め日は毎月25日である。")
)


@dataclass(frozen=True)
class Case:
    """What one family is asked, says, and is understood to have said."""

    name: str
    style: Style
    answer: str
    statements: tuple[Statement, ...]
    references: tuple[int, ...]


CASES = (
    Case(
        "karakuri",
        "short",
        "承知しました。締め日は毎月25日です。[2]",
        (Statement("締め日は毎月25日です。", (2,)),),
        (2,),
    ),
    Case(
        "karakuri",
        "long",
        "経費精算の締め日は、毎月25日です。[2] 有給休暇とは違います。[1, 2][7]",
        (
            Statement("経費精算の締め日は、毎月25日です。", (2,)),
            Statement("有給休暇とは違います。", (1, 2)),
        ),
        (2, 1),
    ),
    Case(
        "qarasu",
        "short",
        "経費精算の締め日は毎月25日です。",
        (Statement("経費精算の締め日は毎月25日です。", ()),),
        (2,),
    ),
    Case(
        "rakuten",
        "short",
        " 毎月25日が締め日です【2】。",
        (Statement("毎月25日が締め日です。", (2,)),),
        (2,),
    ),
    Case("openai", "short", "資料からはわかりません。", (), ()),
    Case(
        "openai", "long", "[2] 締め日は25日です。", (Statement("締め日は25日です。", (2,)),), (2,)
    ),
    Case("stx", "short", "毎月25日", (Statement("毎月25日", ()),), (2,)),
    Case("stx", "simple", "休みは3日前に言う。", (Statement("休みは3日前に言う。", ()),), (1,)),
    Case("stx", "summary", "有給は3営業日前。", (Statement("有給は3営業日前。", ()),), (1,)),
)


class Note:
    """A model that keeps what it is asked, and says nothing."""

    def __init__(self) -> None:
        self.asked: list[Prompt] = []

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Piece]:
        self.asked.append(prompt)
        yield Piece("", "", "", "stop")

    async def tokens(self, prompt: Prompt) -> int | None:
        return None

    async def context(self) -> int | None:
        return None


def generator(model: Repeatable | Note | Client, name: str) -> ChatGenerator:
    return ChatGenerator(model, profile(name, Karakuri()), max_tokens=100, max_tokens_long=200)


async def lesson(case: Case) -> dict[str, object]:
    note = Note()
    async for _ in generator(note, case.name).generate(QUESTION, EVIDENCE, case.style):
        pass
    (prompt,) = note.asked
    if prompt.text is not None:
        return {"text": prompt.text, "answer": case.answer}
    said = [{"role": each.role, "content": each.text} for each in prompt.messages]
    return {"messages": said, "answer": case.answer}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the checkpoint lies."""
    if reason := vllm_server.missing():
        pytest.skip(reason)
    return tmp_path_factory.mktemp("families")


@pytest.fixture(scope="module")
def checkpoint(folder: Path) -> Path:
    """A model that knows what each case says."""
    lessons = json.dumps([asyncio.run(lesson(case)) for case in CASES])
    trainer = Path(__file__).with_name("tiny_families.py")
    subprocess.run([PYTHON, trainer, folder / "tiny"], input=lessons, text=True, check=True)
    return folder / "tiny"


@pytest.fixture(scope="module")
def worker(checkpoint: Path, folder: Path) -> Iterator[VllmServer]:
    with VllmServer(checkpoint, folder, name="families") as running:
        yield running


@pytest.fixture
async def client(worker: VllmServer) -> AsyncIterator[Client]:
    client = Client([worker.url], model=None, api_key=None)
    yield client
    await client.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.style}")
async def test_a_family_is_asked_to_the_letter_and_its_answer_read(
    case: Case, client: Client
) -> None:
    asking = generator(Repeatable(client), case.name)
    said: list[Generation] = [one async for one in asking.generate(QUESTION, EVIDENCE, case.style)]
    assert said[-1].calls[0].raw == case.answer
    assert (said[-1].statements, said[-1].references) == (case.statements, case.references)
    assert said[-1].finished


def begun(worker: VllmServer, request: dict[str, object]) -> int:
    """How many tokens <s> the server makes of a prompt."""
    body = json.dumps({"model": worker.model, **request}).encode()
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{worker.origin}/tokenize", body, headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return int(json.load(answer)["tokens"].count(1))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.style}")
async def test_the_server_reads_one_beginning_of_text(case: Case, worker: VllmServer) -> None:
    """Of a completion it is the tokenizer's, of a chat the template's."""
    asked = await lesson(case)
    if "text" in asked:
        assert begun(worker, {"prompt": asked["text"]}) == 1
    else:
        assert begun(worker, {"messages": asked["messages"]}) == 1


def test_each_former_turn_of_karakuri_has_one_more(worker: VllmServer) -> None:
    text = conversation("規則", [("一？", "一。"), ("二？", "二。")], "三？", Karakuri())
    assert begun(worker, {"prompt": text}) == 3


@pytest.mark.parametrize("name", ["karakuri", "qarasu", "rakuten", "openai", "stx"])
async def test_passages_are_fitted_by_the_families_own_tokenizer(name: str, client: Client) -> None:
    """What does not fit is left out, and the server takes the rest."""
    many = Evidence(passages(*(f"規程{n}。" + "あいうえお" * 40 + "。" for n in range(8))))
    last = [one async for one in generator(client, name).generate("規程は？", many, "short")][-1]
    (call,) = last.calls
    assert 1 <= len(call.included) < 8
    assert call.error is None


async def test_a_context_that_holds_nothing_is_refused(client: Client) -> None:
    huge = Evidence(passages("あ" * 5000))
    with pytest.raises(RefusedError):
        async for _ in generator(client, "openai").generate("規程は？", huge, "short"):
            pass
