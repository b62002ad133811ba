"""vLLM's own server with the tiny Kurage, on the CPU, as a process that can be killed.

    with VllmServer(checkpoint(), folder) as worker:
        … worker.url, worker.model …
        worker.kill()      # SIGKILL, its engine with it
        worker.start()
        worker.ready()

It runs in the environment of `make test-models`, apart from the bot's; what it says goes into a
file, whose end an error quotes.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-models" / "bin" / "python"
_TRAINER = ROOT / "tests" / "tiny_kurage.py"
_STARTED_S = 240.0
"""It takes half a minute on two idle cores."""
_TAIL = 40
_ENVIRON = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    # One thread, wherever there is room: two that wait for each other take several times as long
    # as soon as the cores have other work, too.
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
}


def missing() -> str | None:
    """Return why no model can be served here; None: it can."""
    if (PYTHON.parents[1] / ".ready").exists():
        return None
    return "there is no environment with vLLM; `make test-models` makes it"


def checkpoint() -> Path:
    """Return the folder of the tiny Kurage; it is trained where it is not there yet."""
    done = subprocess.run([PYTHON, _TRAINER], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip())


class VllmServer:
    """One server; a context manager that waits until it answers."""

    def __init__(
        self,
        model: Path,
        folder: Path,
        *,
        name: str = "kurage",
        context: int = 2048,
        more: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare a server of a checkpoint, whose words go into `vllm-*.log` of a folder."""
        self.model = name
        self.port = _free_port()
        self.log = folder / f"vllm-{self.port}.log"
        self._environ = {**os.environ, **_ENVIRON, **(environ or {})}
        self._process: subprocess.Popen[bytes] | None = None
        # Its `vllm` command looks for a package of that name and does not find the CPU build's.
        self._command = [str(PYTHON), "-m", "vllm.entrypoints.openai.api_server"]
        self._command += ["--model", str(model), "--served-model-name", name]
        self._command += ["--host", "127.0.0.1", "--port", str(self.port)]
        # In the precision of the training, so that what was likeliest there is likeliest here.
        self._command += ["--max-model-len", str(context), "--dtype", "float32", "--enforce-eager"]
        self._command += more

    @property
    def origin(self) -> str:
        """Where `/health`, `/metrics` and `/tokenize` are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL of the OpenAI-compatible API."""
        return f"{self.origin}/v1"

    def __enter__(self) -> Self:
        self.start()
        try:
            self.ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the process and return at once; see `ready`."""
        assert not self._process, "the worker runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environ,
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its engine is a process below it, and has to go with it.
                start_new_session=True,
            )

    def ready(self, timeout: float = _STARTED_S) -> None:
        """Wait until it answers; RuntimeError where it ended first."""
        deadline = time.monotonic() + timeout
        while not self.healthy():
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"vLLM ended before it answered:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"vLLM does not answer after {timeout} s:\n{self.tail()}")
            time.sleep(0.25)

    def healthy(self) -> bool:
        """Return whether it says that it is well."""
        try:
            with urllib.request.urlopen(f"{self.origin}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """End it and all below it by SIGKILL; nothing happens where it does not run."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def figure(self, *parts: str) -> float:
        """Return a figure of `/metrics`: the sum of the lines that have all these parts."""
        with urllib.request.urlopen(f"{self.origin}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        found = [line for line in lines if all(part in line for part in parts)]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    def tail(self) -> str:
        """Return the end of what it said."""
        words = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(words.splitlines()[-_TAIL:])


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
