"""`kurage questions` with the real server: what the model writes leads to its own text."""

from __future__ import annotations

import json
from pathlib import Path

from asking import environ, kurage
from rigs.vllm_server import VllmServer


def test_what_vllm_writes_is_found_by_its_own_words(
    kurage_worker: VllmServer, little_home: Path
) -> None:
    """Generated once, kept where the round trip holds, and searched from then on."""
    told = environ(kurage_worker)
    made = json.loads(kurage(little_home, told, "questions", "generate", "--json"))
    assert made["failed"] == []
    assert made["kept"] >= made["chunks"] / 2
    again = json.loads(kurage(little_home, told, "questions", "generate", "--json"))
    assert (again["chunks"], again["kept"]) == (0, 0)
    pairs = json.loads(kurage(little_home, told, "questions", "list", "--state", "kept", "--json"))
    assert len(pairs) == made["kept"]
    for pair in pairs[:3]:
        found = json.loads(kurage(little_home, told, "search", "--json", pair["question"]))
        assert found[0]["document_id"] == pair["document"]
