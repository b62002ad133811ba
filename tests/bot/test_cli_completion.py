"""Completion as shells ask for it: the script that is printed, run by the shell itself."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = """\
[sources.handbook]
kind = "folder"
path = "."
[sources."社内規程"]
kind = "folder"
path = "."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with two sources, and a `kurage` that runs this checkout."""
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    program = tmp_path / "bin" / "kurage"
    program.parent.mkdir()
    start = "import sys; sys.argv[0] = 'kurage'; from bot.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{start}" "$@"\n')
    program.chmod(0o755)
    return tmp_path


def run(shell: str, script: str, folder: Path, **environ: str) -> str:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [program, "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout


CASES = [
    ("so", {"sources"}),
    ("ask --l", {"--long"}),
    ("ask --source ", {"handbook", "社内規程"}),
    ("ingest 社", {"社内規程"}),
    ("ingest ", {"folder", "web", "confluence", "drive", "handbook", "社内規程"}),
    ("sources h", {"handbook"}),
    ("log export --format ", {"csv", "jsonl"}),
]


def test_bash_completes_commands_options_and_names_of_sources(folder: Path) -> None:
    """One bash that sources the script once, as a terminal does."""
    lines = ["source <(kurage completion bash)"]
    for typed, _ in CASES:
        words = ["kurage", *typed.split(" ")]
        quoted = " ".join(shlex.quote(word) for word in words)
        lines += [
            f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=()",
            'IFS=" " _kurage_completion kurage',
            'printf "%s|" "${COMPREPLY[@]}"; echo',
        ]
    shown = run("bash", "\n".join(lines), folder).splitlines()
    for (typed, wanted), line in zip(CASES, shown, strict=True):
        assert set(line.strip("|").split("|")) == wanted, typed


def test_fish_completes_names_of_sources(folder: Path) -> None:
    script = "kurage completion fish | source; complete -C 'kurage ask --source '"
    assert "handbook" in run("fish", script, folder)


def test_zsh_takes_the_script(folder: Path) -> None:
    script = (
        "autoload -U compinit; compinit -D; source <(kurage completion zsh); echo $+_comps[kurage]"
    )
    assert run("zsh", script, folder).strip() == "1"


def test_a_broken_configuration_completes_no_names_and_says_nothing(folder: Path) -> None:
    (folder / "kurage.toml").write_text("[sources\n")
    words = "COMP_WORDS='kurage ingest ' COMP_CWORD=2 _KURAGE_COMPLETE=complete_bash kurage"
    assert run("bash", words, folder).split() == ["folder", "web", "confluence", "drive"]


def test_installing_writes_to_the_home_folder_and_only_there(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    told = run("bash", "kurage completion bash --install", folder, HOME=str(home))
    script = home / ".bash_completions" / "kurage.sh"
    assert str(script) in told
    assert "_kurage_completion" in script.read_text()
    assert str(script) in (home / ".bashrc").read_text()


def test_a_start_for_completion_imports_nothing_heavy(folder: Path) -> None:
    """What a Tab waits for: no database, no index, no dictionary, no rich."""
    program = (
        "import sys, os\n"
        "os.environ.update(COMP_WORDS='kurage ask --source ', COMP_CWORD='3',"
        " _KURAGE_COMPLETE='complete_bash')\n"
        "sys.argv = ['kurage']\n"
        "from bot.cli import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'sqlalchemy', 'sudachipy', 'qdrant_edge', 'asyncio', 'rich.console'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert set(done.stdout.split()) == {"handbook", "社内規程"}
    assert done.stderr.strip() == "[]"
