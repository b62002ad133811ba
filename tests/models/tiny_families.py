"""A tiny Llama that has learned by heart what to say to a handful of prompts: FOLDER < cases.

Run by the models' environment. Cases are JSON: {"text": …} or {"messages": […]}, and "answer". Its
tokenizer puts <s> before every text, as Llama's do; its chat template is Llama 2's. It knows
nothing else: it shows that prompts arrive and answers are read, and says nothing of quality.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<unk>", "<s>", "</s>"]
TEMPLATE = (
    "{{ bos_token }}[INST] {% if messages[0]['role'] == 'system' %}<<SYS>>\n"
    "{{ messages[0]['content'] }}\n<</SYS>>\n\n{{ messages[1]['content'] }}"
    "{% else %}{{ messages[0]['content'] }}{% endif %} [/INST]"
)
STEPS = 400
LOSS = 0.003
"""Below it every answer is said to the letter."""


def main() -> None:
    cases = json.load(sys.stdin)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    tokenizer = tokenizer_of([case.get("text") or json.dumps(case) for case in cases])
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=2048,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
        )
    )
    learn(model, [encoded(tokenizer, case) for case in cases])
    folder = Path(sys.argv[1])
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def tokenizer_of(texts: list[str]) -> Any:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=SPECIAL, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    fast.chat_template = TEMPLATE
    return fast


def encoded(tokenizer: Any, case: dict[str, Any]) -> tuple[list[int], list[int]]:
    if "text" in case:
        asked = tokenizer(case["text"])["input_ids"]
    else:
        text = tokenizer.apply_chat_template(case["messages"], tokenize=False)
        asked = tokenizer(text, add_special_tokens=False)["input_ids"]
    answer = tokenizer(case["answer"], add_special_tokens=False)["input_ids"]
    return asked, [*answer, tokenizer.eos_token_id]


def learn(model: Any, cases: list[tuple[list[int], list[int]]]) -> None:
    longest = max(len(asked) + len(answer) for asked, answer in cases)
    ids = torch.zeros((len(cases), longest), dtype=torch.long)
    labels = torch.full((len(cases), longest), -100)
    for row, (asked, answer) in enumerate(cases):
        ids[row, : len(asked) + len(answer)] = torch.tensor(asked + answer)
        labels[row, len(asked) : len(asked) + len(answer)] = torch.tensor(answer)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(STEPS):
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if loss.item() < LOSS:
            return
    sys.exit(f"not learned by heart: loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
