"""Writes a tiny Llama that was never trained: it shows what becomes of a prompt, and never stops.

    .venv-models/bin/python tests/models/llama_checkpoint.py OUT

Karakuri, RakutenAI and openorca_stx have Llama's tokenizer, which puts `<s>` before a text. This
one has a token for each character of Japanese prose, and bytes for all else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, LlamaTokenizer

_SPECIAL = ("<unk>", "<s>", "</s>")
_CONTEXT = 4096
# As Llama 2 has it, and Karasu: the system message stands in the first instruction.
_TEMPLATE = (
    "{% if messages[0]['role'] == 'system' %}"
    "{% set system = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' %}"
    "{% set said = messages[1:] %}"
    "{% else %}{% set system = '' %}{% set said = messages %}{% endif %}"
    "{{ bos_token }}{% for message in said %}{% if message['role'] == 'user' %}"
    "[INST] {{ system if loop.first else '' }}{{ message['content'] }} [/INST]"
    "{% else %} {{ message['content'] }} {{ eos_token + bos_token }}{% endif %}{% endfor %}"
)


def write(out: Path) -> None:
    """Write checkpoint and tokenizer into a new folder."""
    torch.manual_seed(5)
    letters = [chr(code) for code in range(0x20, 0x7F)]
    japanese = [chr(code) for code in range(0x3041, 0x30FF)]
    tokens = [*_SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *letters, *japanese]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = LlamaTokenizer(vocab=vocabulary, merges=[], add_bos_token=True)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=1,
        num_key_value_heads=1,
        max_position_embeddings=_CONTEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    tokenizer.chat_template = _TEMPLATE
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        # One dimension is large whatever is read, and speaks against the end: it goes on and on.
        model.model.embed_tokens.weight[:, 0] = 1.0
        model.lm_head.weight[:, 0] = 0.0
        model.lm_head.weight[tokenizer.eos_token_id, 0] = -100.0
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
