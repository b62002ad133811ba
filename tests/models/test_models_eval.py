"""`kurage eval` and `kurage doctor` before the real vLLM: each mode is asked, scored and tabled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import kurage_cases
from rigs.vllm_server import VllmServer

ROOT = Path(__file__).parents[2]


def kurage(
    directory: Path, worker: VllmServer, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with the worker to write its answers."""
    given = {
        "KURAGE_GENERATOR": "kurage",
        "KURAGE_GENERATOR_URL": worker.url,
        "KURAGE_HOME": str(directory / "home"),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
    }
    # The machine may be busy, and 2,048 tokens are all that the tiny model is served with.
    config = (
        "[generator]\nfirst_token = 120\ntimeout = 240\nconcurrency = 8\nmax_tokens_long = 256\n"
    )
    (directory / "kurage.toml").write_text(config, "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=directory,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def questions(path: Path) -> int:
    """Write what the handbook answers, and what it does not; return how many they are."""
    page_of = {
        text: page.name
        for page in sorted(kurage_cases.HANDBOOK.glob("*.md"))
        for text in kurage_cases.chunks().values()
        if text in page.read_text("utf-8")
    }
    rows: list[dict[str, object]] = [
        {
            "question": said.question,
            "answers": [said.short],
            "passage_ids": sorted({page_of[text] for text in fact.chunks}),
            "answerable": True,
        }
        for fact in kurage_cases.facts()
        for said in list(fact.sayings.values())[:1]
    ]
    rows += [
        {"question": text, "passage_ids": [], "answerable": False}
        for text in kurage_cases.unanswered()
    ]
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), "utf-8")
    return len(rows)


def test_the_modes_are_scored_side_by_side(tmp_path: Path, kurage_worker: VllmServer) -> None:
    """Retrieval, prompts, vLLM, parser, checks and figures are the real ones; only Kurage is tiny.

    It was trained on these facts among other chunks, so most of its answers are right.
    """
    count = questions(tmp_path / "questions.jsonl")
    table = tmp_path / "table.md"
    asked = ("eval", str(kurage_cases.HANDBOOK), "--questions", str(tmp_path / "questions.jsonl"))
    ways = ("--mode", "multi,single,long")
    done = kurage(tmp_path, kurage_worker, *asked, *ways, "--markdown", str(table), "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert list(figures) == ["multi", "single", "long"]
    assert {way["questions"] for way in figures.values()} == {count}
    assert figures["multi"]["em"] >= 0.75
    assert figures["multi"]["f1"] >= figures["multi"]["em"]
    assert figures["multi"]["reference_accuracy"] >= 0.75
    assert figures["single"]["em"] >= 0.5
    # A longer answer is not the expected words alone, but holds most of them.
    assert figures["long"]["f1_found"] >= 0.3
    rows = [line for line in table.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert [row.split()[1] for row in rows[2:5]] == ["multi", "single", "long"]


def test_doctor_knows_a_real_server_s_model_and_context(
    tmp_path: Path, kurage_worker: VllmServer
) -> None:
    """The tiny model was not trained on the sample question, so its answer is a warning."""
    done = kurage(tmp_path, kurage_worker, "doctor", "--json")
    told = [row for row in json.loads(done.stdout) if row["check"] == "worker"]
    assert f"serves {kurage_worker.model} with 2,048 tokens" in told[0]["message"]
    assert [row["level"] for row in told][1:] in (["ok"], ["warning"])
    assert "sample question" in told[-1]["message"]
