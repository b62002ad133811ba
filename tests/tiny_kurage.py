"""Builds the tiny Kurage: a Qwen2 checkpoint of two megabytes that speaks Kurage's format.

    .venv-models/bin/python tests/tiny_kurage.py [OUT]

It knows the answers of `kurage_cases` by heart and finds out in which of the chunks before it each
one stands: so it exercises the real prompts, server, stream and parser, and says nothing of how
well the real Kurage answers. Without OUT the checkpoint goes into the user's cache, under the hash
of all that it is made of. One that is there is not made again; its folder is printed. It ends with
an error where fewer than 95 % of new cases come out to the letter.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import math
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import kurage_cases
import torch
from kurage_cases import CHUNK, GENERATION, LONG, NONE, QUESTION, Case, chunks, drawn
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

LEAST_EXACT = 0.95
_ENOUGH = 0.995
"""Of the cases of a first test: training ends."""
_TESTED = 500
_STEPS = 1600
_TEST_EVERY = 100
_BATCH = 16
_RATE = 3e-3
_WARM_UP = 60
_NUMBER_WEIGHT = 4.0
"""Of a digit in the loss: the number of a chunk is the hard part, and one token of many."""
_WIDTH, _HEADS, _LAYERS = 96, 3, 3
# As ChatML, and as Qwen2 has it where there is no system message.
_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_BLANK, _START, _END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
_UNLABELLED = -100


def tokenizer() -> Qwen2Tokenizer:
    """Return Qwen2's tokenizer with a vocabulary of its own.

    The handbook has few tokens, any other text more: each byte is one.
    """
    tags = [CHUNK, QUESTION, GENERATION, kurage_cases.ANSWER, kurage_cases.PAIR]
    fixed = [part for tag in tags for part in kurage_cases.fixed(tag)]
    texts = [
        *[*fixed, *("\n\n" + part for part in fixed), LONG, NONE, "user\n", "assistant\n"] * 20,
        *[*chunks().values()] * 2,
        *kurage_cases.sayings(),
    ]
    made = Qwen2Tokenizer(eos_token=_END, pad_token=_BLANK).train_new_from_iterator(
        texts,
        vocab_size=1100,
        new_special_tokens=[_START],
        max_token_length=24,  # bytes: eight kanji
        show_progress=False,
    )
    made.chat_template = _TEMPLATE
    return made


def untrained(tokens: Qwen2Tokenizer) -> Qwen2ForCausalLM:
    """Return a new model, of Qwen2's architecture and 0.4 million parameters."""
    config = Qwen2Config(
        vocab_size=len(tokens),
        hidden_size=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_hidden_layers=_LAYERS,
        num_attention_heads=_HEADS,
        num_key_value_heads=_HEADS,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},  # as Qwen2 has it
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokens.eos_token_id,
        pad_token_id=tokens.pad_token_id,
    )
    return Qwen2ForCausalLM(config)


@dataclass
class Row:
    """A case in tokens, with what a token inside it is about, for the hints."""

    tokens: list[int] = field(default_factory=list)
    begin: int = 0
    """Where the output begins."""
    chunk: dict[int, int] = field(default_factory=dict)
    """Of a token in a chunk: the chunk's number in the prompt; 0 in the question."""
    about: dict[int, list[int]] = field(default_factory=dict)
    """Of a token in a chunk or question: which texts of the handbook it is about."""
    place: dict[int, list[int]] = field(default_factory=dict)
    """Of a token late in the question: the numbers of the chunks that answer it; 0: none."""


class Rows:
    """Turns cases into tokens, each part of a prompt by itself, which is much faster."""

    def __init__(self, tokens: Qwen2Tokenizer) -> None:
        self._tokenizer = tokens
        self._known: dict[str, list[int]] = {}
        self._order = list(chunks().values())

    def row(self, case: Case) -> Row:
        """Return the tokens of a case."""
        row = Row()
        self._add(row, _START, "user\n")
        for number, text in enumerate(case.texts, 1):
            tag = CHUNK.format(number=number, text="") if case.question else _tag(GENERATION)
            self._add(row, "\n\n" * (number > 1) + tag)
            span = self._add(row, text)
            row.chunk |= dict.fromkeys(span, number)
            row.about |= {at: [self._order.index(text)] for at in span}
        if case.question:
            self._add(row, "\n\n" + _tag(QUESTION))
            span = self._add(row, case.question)
            topics = [self._order.index(text) for text in case.bearing] or [len(self._order)]
            numbers = [n for n, text in enumerate(case.texts, 1) if text in case.bearing] or [0]
            row.chunk |= dict.fromkeys(span, 0)
            row.about |= dict.fromkeys(span, topics)
            row.place |= dict.fromkeys(span[len(span) // 2 :], numbers)
        self._add(row, _END, "\n", _START, "assistant\n")
        row.begin = len(row.tokens)
        self._add(row, case.output, _END)
        return row

    def _add(self, row: Row, *parts: str) -> range:
        begin = len(row.tokens)
        for part in parts:
            if part not in self._known:
                self._known[part] = self._tokenizer.encode(part)
            row.tokens += self._known[part]
        return range(begin, len(row.tokens))

    def check(self, case: Case) -> None:
        """Raise RuntimeError where the server would read the case as other tokens."""
        message = [{"role": "user", "content": case.prompt}]
        whole = self._tokenizer.apply_chat_template(
            message, tokenize=False, add_generation_prompt=True
        )
        if self._tokenizer.encode(whole + case.output + _END) != self.row(case).tokens:
            raise RuntimeError(f"in parts it reads differently: {case}")


def _tag(form: str) -> str:
    """Return the tag at the beginning of a form, with its line break."""
    return form.partition("\n")[0] + "\n"


class Batch:
    """Rows beside each other."""

    def __init__(self, rows: list[Row], blank: int) -> None:
        longest = max(len(row.tokens) for row in rows)
        self.rows = rows
        self.tokens = torch.full((len(rows), longest), blank)
        self.labels = torch.full((len(rows), longest), _UNLABELLED)
        for line, row in enumerate(rows):
            self.tokens[line, : len(row.tokens)] = torch.tensor(row.tokens)
            self.labels[line, row.begin : len(row.tokens)] = torch.tensor(row.tokens[row.begin :])


class Hints(nn.Module):
    """What makes training short: early layers are asked what the late ones will have to know.

    In which chunk am I, and what is it about (the first layer); which chunk answers this question
    (the second). Thrown away afterwards.
    """

    def __init__(self, model: Qwen2ForCausalLM) -> None:
        super().__init__()
        self._chunk = nn.Linear(_WIDTH, kurage_cases.MOST_CHUNKS + 1)
        self._about = nn.Linear(_WIDTH, len(chunks()) + 1)
        self._place = nn.Linear(_WIDTH, kurage_cases.MOST_CHUNKS + 1)
        self._seen: dict[int, Tensor] = {}
        for number, layer in enumerate(model.model.layers[:2]):
            layer.register_forward_hook(self._watch(number))

    def _watch(self, number: int):  # noqa: ANN202
        def hook(_module: nn.Module, _arguments: object, seen: Tensor) -> None:
            self._seen[number] = seen

        return hook

    def loss(self, batch: Batch) -> Tensor:
        """Return how far the layers are from knowing, after a forward pass of the batch."""
        first, second = self._seen[0], self._seen[1]
        chunk = [{at: [n] for at, n in row.chunk.items()} for row in batch.rows]
        about = [row.about for row in batch.rows]
        place = [row.place for row in batch.rows]
        return (
            0.5 * _distance(self._chunk, first, chunk)
            + 0.5 * _distance(self._about, first, about)
            + _distance(self._place, second, place)
        )


def _distance(probe: nn.Linear, seen: Tensor, wanted: list[dict[int, list[int]]]) -> Tensor:
    at = [(line, place) for line, row in enumerate(wanted) for place in row]
    if not at:
        return torch.zeros(())
    target = torch.zeros(len(at), probe.out_features)
    for index, (line, place) in enumerate(at):
        classes = wanted[line][place]
        target[index, classes] = 1 / len(classes)
    lines, places = torch.tensor(at).T
    return cross_entropy(probe(seen[lines, places]), target)


class Training:
    """One model from nothing to the end; the same one for the same code, on the same machine."""

    def __init__(self) -> None:
        torch.manual_seed(5)
        self._chance = random.Random(5)
        self.tokenizer = tokenizer()
        self.model = untrained(self.tokenizer)
        self._hints = Hints(self.model)
        self._rows = Rows(self.tokenizer)
        for case in islice(drawn("check"), 200):
            self._rows.check(case)

    @cached_property
    def _digits(self) -> Tensor:
        return torch.tensor([self.tokenizer.convert_tokens_to_ids(digit) for digit in "12345678"])

    def run(self) -> None:
        """Train until a test is passed, at most as long as is planned."""
        weights = [*self.model.parameters(), *self._hints.parameters()]
        optimizer = torch.optim.AdamW(weights, lr=_RATE, betas=(0.9, 0.98), weight_decay=0.01)
        began = time.monotonic()
        for step, batch in zip(range(1, _STEPS + 1), self._batches(), strict=False):
            cosine = 0.5 + 0.5 * math.cos(math.pi * step / _STEPS)
            for group in optimizer.param_groups:
                group["lr"] = _RATE * min(1, step / _WARM_UP) * (0.02 + 0.98 * cosine)
            loss = self._loss(batch) + self._hints.loss(batch)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            if step % _TEST_EVERY == 0:
                share = self.exact("while training")
                took = time.monotonic() - began
                _say(f"step {step} of at most {_STEPS}, {took:.0f} s: {share:.1%} exact")
                if share >= _ENOUGH:
                    return

    def _batches(self) -> Iterator[Batch]:
        """Yield batches of rows that are about equally long, in an order of chance."""
        cases = drawn("training")
        while True:
            rows = [self._rows.row(case) for case in islice(cases, 8 * _BATCH)]
            rows.sort(key=lambda row: len(row.tokens))
            starts = list(range(0, len(rows), _BATCH))
            self._chance.shuffle(starts)
            for start in starts:
                yield self._batch(rows[start : start + _BATCH])

    def _batch(self, rows: list[Row]) -> Batch:
        return Batch(rows, self.tokenizer.pad_token_id)

    def _said(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return which tokens are outputs, what they should be, and what the model makes of them.

        The token of a place is said at the place before it.
        """
        seen = self.model.model(input_ids=batch.tokens).last_hidden_state[:, :-1]
        labels = batch.labels[:, 1:]
        told = labels != _UNLABELLED
        return told, labels[told], self.model.lm_head(seen[told])

    def _loss(self, batch: Batch) -> Tensor:
        _, labels, said = self._said(batch)
        weight = torch.where(torch.isin(labels, self._digits), _NUMBER_WEIGHT, 1.0)
        return (cross_entropy(said, labels, reduction="none") * weight).sum() / weight.sum()

    @torch.no_grad()
    def exact(self, seed: str) -> float:
        """Return the share of new cases that come out to the letter, greedily.

        Where each token is the likeliest one after the right ones before it, the output is, too.
        """
        self.model.eval()
        rows = [self._rows.row(case) for case in islice(drawn(seed), _TESTED)]
        rows.sort(key=lambda row: len(row.tokens))
        right = 0
        for start in range(0, len(rows), 50):
            told, labels, said = self._said(self._batch(rows[start : start + 50]))
            wrong = torch.zeros_like(told)
            wrong[told] = said.argmax(-1) != labels
            right += int((~wrong.any(-1)).sum())
        self.model.train()
        return right / len(rows)


def build(out: Path) -> None:
    """Train a model and write it into a folder; end with a line where it is no good."""
    # Several times faster on busy cores than two threads that wait for each other.
    torch.set_num_threads(1)
    training = Training()
    training.run()
    share = training.exact("afterwards")
    _say(f"{share:.1%} of {_TESTED} new cases are exact")
    if share < LEAST_EXACT:
        sys.exit(f"tiny Kurage: less than {LEAST_EXACT:.0%} are exact: it is of no use")
    training.model.eval().save_pretrained(out)
    training.tokenizer.save_pretrained(out)


def cached() -> Path:
    """Return the checkpoint of this source, made where there is none yet."""
    digest = hashlib.sha256()
    sources = [Path(__file__), Path(kurage_cases.__file__), kurage_cases.FACTS]
    for path in [*sources, *sorted(kurage_cases.HANDBOOK.glob("*.md"))]:
        digest.update(path.read_bytes())
    digest.update(f"{version('torch')} {version('transformers')}".encode())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kurage-tests"
    cache.mkdir(parents=True, exist_ok=True)
    found = cache / f"tiny-kurage-{digest.hexdigest()[:16]}"
    # Whoever comes while one is made waits for it.
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            _say("it is made once on this machine, in a few minutes …")
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                made = Path(folder) / "made"
                build(made)
                made.rename(found)
    return found


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", help="a new folder; else in the cache")
    out = parser.parse_args().out
    found = cached()
    if out:
        shutil.copytree(found, out)
    print(out or found)  # noqa: T201


def _say(line: str) -> None:
    print(f"tiny Kurage: {line}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
