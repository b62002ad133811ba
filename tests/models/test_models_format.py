"""The tiny Kurage behind vLLM's own server: it speaks the format, as it was trained to."""

from __future__ import annotations

from itertools import islice

import pytest
import raw_requests
from kurage_cases import drawn
from rigs.vllm_server import VllmServer

CASES = 200
# The test's own noise: of a model with 95 % a sample of this size has less in one of 40 draws.
LEAST = 0.92


async def test_new_cases_come_out_to_the_letter(kurage_worker: VllmServer) -> None:
    """Greedily, of every feature; it was not trained on these orders of chunks."""
    cases = list(islice(drawn("served"), CASES))
    async with raw_requests.server(kurage_worker) as client:
        said = await raw_requests.said(client, cases)
    wrong = [
        (case.task, text, case.output)
        for case, text in zip(cases, said, strict=True)
        if text != case.output
    ]
    assert len(wrong) <= (1 - LEAST) * CASES, wrong[:5]


@pytest.mark.parametrize(
    "task", ["multi", "several", "single", "none", "long", "other language", "questions"]
)
async def test_each_feature_by_itself(kurage_worker: VllmServer, task: str) -> None:
    cases = list(islice((case for case in drawn("by task") if case.task == task), 40))
    async with raw_requests.server(kurage_worker) as client:
        said = await raw_requests.said(client, cases)
    right = sum(text == case.output for case, text in zip(cases, said, strict=True))
    # Two references are harder than one.
    assert right >= 32, list(zip(said, (case.output for case in cases), strict=True))


async def test_64_at_once_say_what_each_says_alone(kurage_worker: VllmServer) -> None:
    """Batched or not: greedy answers do not depend on the neighbours."""
    cases = list(islice(drawn("at once"), 64))
    async with raw_requests.server(kurage_worker) as client:
        together = await raw_requests.said(client, cases)
        alone = [(await raw_requests.said(client, [case]))[0] for case in cases[:16]]
    different = sum(one != other for one, other in zip(alone, together, strict=False))
    # Sums in another order: a tie may break the other way.
    assert different <= 1


async def test_its_chat_template_is_chatml_without_a_system_message(
    kurage_worker: VllmServer,
) -> None:
    async with raw_requests.server(kurage_worker) as client:
        message = {"role": "user", "content": "あ"}
        told = await raw_requests.tokenized(client, messages=[message])
        text = await client.post("/detokenize", json={"model": "kurage", "tokens": told["tokens"]})
    assert text.json()["prompt"] == "<|im_start|>user\nあ<|im_end|>\n<|im_start|>assistant\n"
