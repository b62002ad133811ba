"""The command lines that start vLLM with our models. Knows nothing of settings, nor of the bot.

No server of ours stands between the bot and a model: what is started is vLLM's own.
"""

from __future__ import annotations

import ipaddress
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

WorkerName = Literal["kurage", "bge-m3"]

INSTALL = "pip install 'kurage-bot[worker]'"
"""What brings vLLM; it is no part of the bot, and wants gigabytes of its own."""

# A vLLM under another name of package, such as a build for CPUs, has the module and the server, but
# its `vllm` command ends at once: it looks its own version up under the usual name.
_LOOK = """
import importlib.metadata, importlib.util
if importlib.util.find_spec("vllm"):
    try:
        importlib.metadata.version("vllm")
    except importlib.metadata.PackageNotFoundError:
        print("module")
    else:
        print("package")
"""
_PROBE_SECONDS = 120.0
"""So long may `vllm --version` take: it imports torch, from a cold disk maybe."""

# What the bot is told, and a process that runs a model's code has no use for.
_OURS = (
    "KURAGE_",
    "SLACK_",
    "DISCORD_",
    "QDRANT_",
    "CONFLUENCE_",
    "GOOGLE_",
    "WEB_",
    "POSTGRES_",
    "PGPASSWORD",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one of our models is served."""

    model: str
    port: int
    gpu_memory: float
    """Share of the GPU's memory that vLLM takes at its start, for weights and KV cache together."""
    max_model_len: int
    """Tokens of one request, its answer included."""
    flags: tuple[str, ...]


RECIPES: Mapping[WorkerName, Recipe] = {
    "kurage": Recipe(
        "lightblue/kurage-ja",
        8000,
        0.9,
        # Kurage was trained on chunks of up to 1,000 tokens, which is our chunks' ceiling, too, and
        # reads eight of them: 8,000, with tags, question and a short answer about 8,192. The model
        # can do 32,768, but each request may then hold four times the KV cache.
        8192,
        # Else vLLM takes what a request leaves open from the model's own generation_config.json:
        # that of Qwen2-7B-Instruct has top_k 20 and a penalty on repetition, which is a penalty on
        # quoting. Kurage's makers sample with temperature and top_p alone.
        ("--generation-config=vllm",),
    ),
    "bge-m3": Recipe(
        "BAAI/bge-m3",
        8001,
        # 1.1 GB of weights, and no KV cache: an encoder reads a text once.
        0.15,
        # What it was trained for: 8,194 positions, of which XLM-RoBERTa skips two.
        8192,
        (
            '--hf-overrides={"architectures":["BgeM3EmbeddingModel"]}',
            '--pooler-config={"task":"embed"}',
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What whoever starts a worker wants otherwise; None: as the recipe has it."""

    model: str | None = None
    host: str = "127.0.0.1"
    port: int | None = None
    gpu_memory: float | None = None
    max_model_len: int | None = None
    tensor_parallel: int = 1
    """GPUs among which each layer is split."""
    more: tuple[str, ...] = ()
    """Flags of vLLM's own; where one is given twice, vLLM takes the last."""


@dataclass(frozen=True, slots=True)
class VLLM:
    """A vLLM that was found, and how it is started."""

    prefix: tuple[str, ...]

    def command(self, name: WorkerName, wanted: Wanted) -> list[str]:
        """Return the whole command line of a worker."""
        return [*self.prefix, wanted.model or RECIPES[name].model, *flags(name, wanted)]


def flags(name: WorkerName, wanted: Wanted) -> list[str]:
    """Return what follows the model's name."""
    recipe = RECIPES[name]
    share = recipe.gpu_memory if wanted.gpu_memory is None else wanted.gpu_memory
    found = [
        f"--host={wanted.host}",
        f"--port={wanted.port or recipe.port}",
        f"--max-model-len={wanted.max_model_len or recipe.max_model_len}",
        f"--gpu-memory-utilization={share:g}",
        *recipe.flags,
    ]
    if wanted.tensor_parallel > 1:
        found.append(f"--tensor-parallel-size={wanted.tensor_parallel}")
    return [*found, *wanted.more]


def find() -> VLLM | None:
    """Return the vLLM of this machine: that of the PATH, else that beside this program.

    None where there is none that works.
    """
    script = shutil.which("vllm")
    pythons = [Path(sys.executable)]
    if script:
        # Installers of tools put a link into the PATH; the Python is where it leads to.
        pythons.insert(0, Path(script).resolve().parent / "python3")
    for python in pythons:
        kind = _kind(python)
        beside = python.parent / "vllm"
        if kind == "package" and beside.is_file():
            return VLLM((str(beside), "serve"))
        if kind:
            return VLLM((str(python), "-m", "vllm.entrypoints.openai.api_server", "--model"))
    # A wrapper, of a container maybe: only trying it tells.
    if script and _output([script, "--version"]) is not None:
        return VLLM((script, "serve"))
    return None


def _kind(python: Path) -> str | None:
    """Return how vLLM is installed beside a Python: `package`, `module`, or not at all."""
    if not python.is_file():
        return None
    return (_output([str(python), "-c", _LOOK]) or "").strip() or None


def _output(command: list[str]) -> str | None:
    """Return what a command prints; None: it can not be run, or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - a vLLM or Python of the PATH, as the user has it
            command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def environment(given: Iterable[tuple[str, str]], api_key: str | None) -> dict[str, str]:
    """Return the variables of the server: those given, without the bot's secrets, and its key.

    A command line is seen by everybody on the machine; an environment is not.
    """
    kept = {name: value for name, value in given if not name.startswith(_OURS)}
    return {**kept, "VLLM_API_KEY": api_key} if api_key else kept


def is_private(host: str) -> bool:
    """Tell whether only this machine reaches what listens at `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
