"""`kurage worker` becomes vLLM with the flags that our models need; here an executable tells them.

The `vllm` of these tests is a program on the PATH that prints what it was started with. The
real one's parser is asked in tests/models.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot import worker

ROOT = Path(__file__).parents[2]

# Prints its arguments and environment as JSON: a stand-in for the program, not for our code.
TELLS = """
import json, os, sys
if sys.argv[1:] == ["--version"]:
    sys.exit(os.environ.get("BROKEN", 0))
print(json.dumps({"pid": os.getpid(), "argv": sys.argv, "environ": dict(os.environ)}))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder with a `vllm` that tells how it was started."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "vllm"
    script.write_text(f"#!{sys.executable}\n{TELLS}", "utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return folder


def kurage(
    folder: Path, path: Path | None, *arguments: str, **environ: str
) -> subprocess.Popen[str]:
    """Start `kurage worker …` with this PATH."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("KURAGE_", "VLLM_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "worker", *arguments],
        cwd=folder,
        env={
            **inherited,
            "PATH": str(path or folder),
            "PYTHONPATH": str(ROOT),
            "KURAGE_HOME": str(folder / "home"),
            "LANG": "C.UTF-8",
            **environ,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def told(process: subprocess.Popen[str]) -> tuple[list[str], dict[str, str]]:
    """Return arguments and environment of the server that was started."""
    code, out, err = ended(process)
    assert code == 0, err
    said = json.loads(out)
    assert said["pid"] == process.pid, "a process of ours stayed between the server and its owner"
    return said["argv"][1:], said["environ"]


def test_kurage_is_served_on_loopback_as_its_makers_sample_it(tmp_path: Path, path: Path) -> None:
    argv, _ = told(kurage(tmp_path, path, "kurage"))
    assert argv == [
        "serve",
        "lightblue/kurage-ja",
        "--host=127.0.0.1",
        "--port=8000",
        "--max-model-len=8192",
        "--gpu-memory-utilization=0.9",
        "--generation-config=vllm",
    ]


def test_bge_m3_is_served_with_its_dense_vectors_beside_it(tmp_path: Path, path: Path) -> None:
    """The overrides are JSON: they reach vLLM in one piece."""
    argv, _ = told(kurage(tmp_path, path, "bge-m3"))
    given = dict(flag.removeprefix("--").split("=", 1) for flag in argv[2:])
    assert argv[:2] == ["serve", "BAAI/bge-m3"]
    assert given["port"] == "8001"
    assert json.loads(given["hf-overrides"]) == {"architectures": ["BgeM3EmbeddingModel"]}
    assert json.loads(given["pooler-config"]) == {"task": "embed"}


def test_every_option_reaches_the_server_and_further_flags_come_last(
    tmp_path: Path, path: Path
) -> None:
    """Of two equal flags vLLM takes the last, so that ours can be overridden."""
    argv, _ = told(
        kurage(
            *(tmp_path, path, "kurage", "--model", "/models/mine", "--host", "10.0.0.5"),
            *("--port", "9000", "--gpu-memory", "0.72", "--max-model-len", "4096"),
            *("--tensor-parallel", "2", "--", "--kv-cache-dtype", "fp8", "--print"),
            KURAGE_GENERATOR_API_KEY="a-key",
        )
    )
    assert argv[1:] == [
        "/models/mine",
        "--host=10.0.0.5",
        "--port=9000",
        "--max-model-len=4096",
        "--gpu-memory-utilization=0.72",
        "--generation-config=vllm",
        "--tensor-parallel-size=2",
        "--kv-cache-dtype",
        "fp8",
        "--print",
    ]


def test_the_key_travels_in_the_environment_and_the_bot_s_secrets_do_not(
    tmp_path: Path, path: Path
) -> None:
    """Everybody on a machine sees command lines; and a model's code has no use for our tokens."""
    secrets = {"KURAGE_GENERATOR_API_KEY": "a-key-of-ours", "SLACK_BOT_TOKEN": "xoxb-1-2"}
    argv, environ = told(kurage(tmp_path, path, "kurage", **secrets, HF_TOKEN="hf_x"))
    assert "a-key-of-ours" not in " ".join(argv)
    assert environ["VLLM_API_KEY"] == "a-key-of-ours"
    assert environ["HF_TOKEN"] == "hf_x"
    assert [name for name in environ if name.startswith(("KURAGE_", "SLACK_"))] == []


def test_print_shows_the_command_line_without_the_key_and_starts_nothing(
    tmp_path: Path, path: Path
) -> None:
    process = kurage(tmp_path, path, "bge-m3", "--print", KURAGE_GENERATOR_API_KEY="a-key-of-ours")
    code, out, err = ended(process)
    assert (code, err) == (0, "")
    argv = shlex.split(out)
    assert argv[0] == str(path / "vllm")
    assert argv[1:] == ["serve", "BAAI/bge-m3", *worker.flags("bge-m3", worker.Wanted())]
    assert "a-key-of-ours" not in out


@pytest.mark.parametrize("broken", [False, True], ids=["none", "one that fails"])
def test_without_a_vllm_that_works_one_line_says_how_to_get_it(
    tmp_path: Path, path: Path, broken: bool
) -> None:
    code, out, err = ended(kurage(tmp_path, path if broken else None, "kurage", BROKEN="1"))
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert worker.INSTALL in err


def test_a_package_for_worker_machines_is_what_the_hint_names() -> None:
    assert "\nworker = [" in (ROOT / "pyproject.toml").read_text("utf-8")
    assert "[worker]" in worker.INSTALL


@pytest.mark.parametrize(
    ("host", "key", "warned"),
    [
        ("127.0.0.1", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("0.0.0.0", "", True),
        ("gpu.example.co.jp", "", True),
        ("0.0.0.0", "a-key", False),
    ],
)
def test_an_open_address_without_a_key_is_remarked_on(
    tmp_path: Path, path: Path, host: str, key: str, warned: bool
) -> None:
    process = kurage(
        tmp_path, path, "kurage", "--print", "--host", host, KURAGE_GENERATOR_API_KEY=key
    )
    code, _, err = ended(process)
    assert code == 0
    assert ("KURAGE_GENERATOR_API_KEY" in err) == warned


@pytest.mark.parametrize(
    "arguments",
    [["llama"], [], ["kurage", "--port", "0"], ["kurage", "--gpu-memory", "1.5"]],
    ids=["unknown", "none", "port", "share"],
)
def test_wrong_arguments_are_refused(tmp_path: Path, path: Path, arguments: list[str]) -> None:
    code, out, _ = ended(kurage(tmp_path, path, *arguments))
    assert (code, out) == (2, "")


def test_a_vllm_without_its_command_is_started_as_a_module(tmp_path: Path, path: Path) -> None:
    """As the build for CPUs is: the module is there, and no package is called vllm."""
    environment = tmp_path / "environment"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True, timeout=60
    )
    server = next(environment.glob("lib/python3*/site-packages")) / "vllm/entrypoints/openai"
    server.mkdir(parents=True)
    (server / "api_server.py").write_text(TELLS, "utf-8")
    # A link in the PATH leads into the environment, as installers of tools make them.
    (path / "vllm").rename(environment / "bin/vllm")
    (path / "vllm").symlink_to(environment / "bin/vllm")
    argv, _ = told(kurage(tmp_path, path, "kurage"))
    assert argv[:2] == ["--model", "lightblue/kurage-ja"]
    _, out, _ = ended(kurage(tmp_path, path, "kurage", "--print"))
    assert shlex.split(out)[:3] == [
        str(environment / "bin/python3"),
        "-m",
        "vllm.entrypoints.openai.api_server",
    ]


def test_the_containers_start_the_models_with_the_same_flags() -> None:
    """But for where they listen, and shares that let both fit on one GPU."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    own = ("--host=", "--port=", "--gpu-memory-utilization=")
    services: dict[worker.WorkerName, str] = {"kurage": "generator", "bge-m3": "encoder"}
    for name, service in services.items():
        model, *given = compose["services"][service]["command"]
        recipe = worker.flags(name, worker.Wanted())
        assert model == worker.RECIPES[name].model
        assert {flag for flag in given if not flag.startswith(own)} == {
            flag for flag in recipe if not flag.startswith(own)
        }
        assert compose["services"][service]["entrypoint"] == ["vllm", "serve"]
