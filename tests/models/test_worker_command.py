"""The real vLLM takes the command lines of `kurage worker`, read by its own parser."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot import worker

ROOT = Path(__file__).parents[2]
VLLM = ROOT / ".venv-models" / "bin"

# Where the parser is has moved between versions.
PARSES = """
import json, sys
try:
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
except ImportError:
    from vllm.entrypoints.openai.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
made = make_arg_parser(FlexibleArgumentParser()).parse_args(sys.argv[1:])
names = "model max_model_len gpu_memory_utilization generation_config host port"
names += " hf_overrides tensor_parallel_size kv_cache_dtype"
print(json.dumps({name: getattr(made, name) for name in names.split()}))
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


@pytest.mark.skipif(not (VLLM / "vllm").is_file(), reason="no vLLM in .venv-models")
@pytest.mark.parametrize("name", ["kurage", "bge-m3"])
def test_the_real_vllm_reads_what_is_printed_as_it_is_meant(
    tmp_path: Path, name: worker.WorkerName
) -> None:
    """Its build for CPUs has no working `vllm` command: the module is what is started."""
    more = ["--tensor-parallel", "2", "--", "--kv-cache-dtype", "fp8", "--port", "9001"]
    python, *rest = printed(tmp_path, name, "--print", *more)
    assert rest[:2] == ["-m", "vllm.entrypoints.openai.api_server"]
    done = subprocess.run(
        [python, "-c", PARSES, *rest[2:]], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    read = json.loads(done.stdout.splitlines()[-1])
    recipe = worker.RECIPES[name]
    assert read["model"] == recipe.model
    assert read["max_model_len"] == recipe.max_model_len
    assert read["gpu_memory_utilization"] == recipe.gpu_memory
    assert read["generation_config"] == ("vllm" if name == "kurage" else "auto")
    assert read["host"] == "127.0.0.1"
    assert read["tensor_parallel_size"] == 2
    assert (read["kv_cache_dtype"], read["port"]) == ("fp8", 9001)
    if name == "bge-m3":
        assert read["hf_overrides"] == {"architectures": ["BgeM3EmbeddingModel"]}
