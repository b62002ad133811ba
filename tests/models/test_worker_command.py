"""`kurage worker` and the real vLLM: its parser reads what we print, and it starts and serves."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import worker

ROOT = Path(__file__).parents[2]
VLLM = ROOT / ".venv-models" / "bin"

needs_vllm = pytest.mark.skipif(not (VLLM / "vllm").is_file(), reason="no vLLM in .venv-models")

# Where the parser is has moved between versions.
PARSES = """
import json, sys
try:
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
except ImportError:
    from vllm.entrypoints.openai.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
names = "model max_model_len gpu_memory_utilization generation_config host port"
names += " hf_overrides tensor_parallel_size kv_cache_dtype quantization"
names += " distributed_executor_backend data_parallel_backend"
for line in json.loads(sys.stdin.read()):
    made = make_arg_parser(FlexibleArgumentParser()).parse_args(line)
    print("read", json.dumps({name: getattr(made, name) for name in names.split()}))
"""


def printed(folder: Path, *arguments: str) -> list[str]:
    """Return the command line that `kurage worker … --print` shows."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "worker", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": str(VLLM), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return shlex.split(done.stdout)


def read(lines: list[list[str]]) -> list[dict[str, object]]:
    """Return what vLLM's own parser makes of command lines that start its module."""
    flags = []
    for python, minus_m, module, *rest in lines:
        assert Path(python).parent == VLLM
        assert (minus_m, module) == ("-m", "vllm.entrypoints.openai.api_server")
        flags.append(rest)
    done = subprocess.run(
        [VLLM / "python", "-c", PARSES],
        input=json.dumps(flags),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = [line for line in done.stdout.splitlines() if line.startswith("read ")]
    return [json.loads(line.removeprefix("read ")) for line in told]


@needs_vllm
def test_the_real_vllm_reads_what_is_printed_as_it_is_meant(tmp_path: Path) -> None:
    """Its build for CPUs has no working `vllm` command: the module is what is started."""
    more = ["--tensor-parallel", "2", "--", "--kv-cache-dtype", "fp8", "--port", "9001"]
    names: list[worker.WorkerName] = ["kurage", "bge-m3"]
    told = read([printed(tmp_path, name, "--print", *more) for name in names])
    for name, said in zip(names, told, strict=True):
        recipe = worker.RECIPES[name]
        assert said["model"] == recipe.model
        assert said["max_model_len"] == recipe.max_model_len
        assert said["gpu_memory_utilization"] == recipe.gpu_memory
        assert said["host"] == "127.0.0.1"
        assert said["tensor_parallel_size"] == 2
        assert (said["kv_cache_dtype"], said["port"]) == ("fp8", 9001)
    kurage, bge_m3 = told
    assert (kurage["generation_config"], bge_m3["generation_config"]) == ("vllm", "auto")
    assert bge_m3["hf_overrides"] == {"architectures": ["BgeM3EmbeddingModel"]}


@needs_vllm
def test_the_real_vllm_takes_every_command_line_of_the_page(tmp_path: Path) -> None:
    """None of them could be tried on a GPU, but each flag is one that vLLM has."""
    page = (ROOT / "docs" / "worker.md").read_text("utf-8")
    shown = dict.fromkeys(re.findall(r"(?:^\$ |`)kurage worker ([^`\n]+)", page, re.MULTILINE))
    lines = []
    for command in shown:
        name, *rest = shlex.split(command)
        if rest != ["--print"]:
            lines.append(printed(tmp_path, name, "--print", *rest))
    assert len(lines) >= 8
    told = read(lines)
    assert {said["quantization"] for said in told} == {None, "fp8"}
    assert "ray" in {said["distributed_executor_backend"] for said in told}
    assert "ray" in {said["data_parallel_backend"] for said in told}


@contextmanager
def serving(folder: Path, model: Path, key: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start `kurage worker kurage` with a checkpoint; yield its address when it is healthy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = ["--model", str(model), "--port", str(port), "--max-model-len", "2048"]
    with (folder / "vllm.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "bot.cli", "worker", "kurage", *given),
                *("--", "--enforce-eager", "--dtype", "float32"),
            ],
            cwd=folder,
            env={
                **os.environ,
                "PATH": f"{VLLM}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "KURAGE_GENERATOR_API_KEY": key,
                "VLLM_CPU_KVCACHE_SPACE": "1",
                "HF_HUB_OFFLINE": "1",
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        root = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 240
        while status(f"{root}/health") != 200:
            tail = (folder / "vllm.log").read_text("utf-8", "replace")[-3000:]
            assert process.poll() is None, tail
            assert time.monotonic() < deadline, tail
            time.sleep(0.5)
        yield root, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def status(url: str, key: str | None = None) -> int | None:
    """Return the status of a page; None: nobody answers."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


@needs_vllm
def test_the_command_serves_a_model_with_the_key_and_ends_as_vllm_does(
    tmp_path: Path, tiny_kurage: Path
) -> None:
    """Nobody without the key is answered, the key is on no command line, and SIGTERM ends it."""
    key = "a-key-that-only-the-bot-has"
    with serving(tmp_path, tiny_kurage, key) as (root, process):
        assert status(f"{root}/v1/models") == 401
        assert status(f"{root}/v1/models", key) == 200
        line = Path(f"/proc/{process.pid}/cmdline")
        if line.exists():
            words = line.read_bytes().decode().split("\0")
            assert "vllm.entrypoints.openai.api_server" in words
            assert key not in "".join(words)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
