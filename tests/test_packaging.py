"""The containers hold to rules: pinned, no default password, checked, nobody's root, all explained.

`make check` lints the Dockerfile and holds docker-compose.yml to the schema of the specification.
There is no container engine where tests run, so the files are read here, and what their health
checks execute is executed against a server on loopback.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import settings

ROOT = Path(__file__).parents[1]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENV_EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
DOCKERFILE = [
    line.split()
    for line in re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8")).splitlines()
    if line.strip() and not line.lstrip().startswith("#")
]
# The example shows how such an address looks; the default is the platform's own.
GATEWAYS = {"SLACK_API_URL", "DISCORD_API_URL", "GOOGLE_API_URL"}
ONE_SHOT = {"migrate"}
OURS = {"migrate", "bot"}

# ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:+where it is set}, ${NAME:?message};
# $${…} is the container's own.
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:?[-?+])([^}]*))?\}")
ENTRY = re.compile(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
SECRET = re.compile("PASSWORD|API_KEY|TOKEN|SECRET")
VERSION = re.compile(r"v?\d+\.\d+(\.\d+)?")

services = pytest.mark.parametrize("name", sorted(SERVICES))


def instructions(word: str) -> list[list[str]]:
    return [line[1:] for line in DOCKERFILE if line[0] == word]


def health_check(name: str) -> dict[str, Any]:
    return SERVICES[name].get("healthcheck", {})


@services
def test_every_image_is_pinned(name: str) -> None:
    """Others' by version and digest; ours is built from a Dockerfile that pins its base."""
    if name in OURS:
        assert SERVICES[name]["build"] == "."
        return
    tag, _, digest = SERVICES[name]["image"].rpartition(":")[0].partition("@")
    assert VERSION.match(tag.rpartition(":")[2])
    assert digest == "sha256"
    assert re.search(r"@sha256:[0-9a-f]{64}$", SERVICES[name]["image"])


def test_every_base_image_is_pinned_to_a_patch_version() -> None:
    bases = [line[0] for line in instructions("FROM")]
    assert len(bases) == 2
    assert [base for base in bases if not re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)] == []


def test_nothing_is_fetched_into_the_image_but_packages() -> None:
    assert instructions("ADD") == []
    assert not re.search(r"curl|wget|https?:", (ROOT / "Dockerfile").read_text("utf-8"))


def test_the_image_is_built_from_the_pinned_versions() -> None:
    assert "PIP_CONSTRAINT=/src/constraints.txt" in (ROOT / "Dockerfile").read_text("utf-8")


def test_what_the_image_copies_is_let_through_and_nothing_secret_is() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        source
        for line in instructions("COPY")
        if not line[0].startswith("--from")
        for source in line[:-1]
    }
    assert copied == allowed
    assert [name for name in allowed if not (ROOT / name).exists()] == []
    assert not any(fnmatch(".env", rule) for rule in allowed)


def test_the_bot_is_nobody_special() -> None:
    """In the image, and again in each of our services."""
    user = instructions("USER")
    assert user == [["10001:10001"]]
    last_stage = max(i for i, line in enumerate(DOCKERFILE) if line[0] == "FROM")
    assert DOCKERFILE.index(["USER", "10001:10001"]) > last_stage
    for name in OURS:
        assert SERVICES[name]["user"] == "10001:10001"
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["init"] is True


@services
def test_no_service_gains_rights_or_shares_the_host(name: str) -> None:
    service = SERVICES[name]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert {"network_mode", "pid", "ipc", "userns_mode"}.isdisjoint(service)
    assert "docker.sock" not in str(service["volumes"])


@services
def test_nothing_is_published_beyond_loopback(name: str) -> None:
    ports = [str(port) for port in SERVICES[name].get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_data_stores_have_no_way_out() -> None:
    assert COMPOSE["networks"]["data"]["internal"] is True
    assert SERVICES["database"]["networks"] == SERVICES["qdrant"]["networks"] == ["data"]


def test_no_secret_has_a_default() -> None:
    """Neither in the compose file, nor in the example that people copy."""
    given = VARIABLE.findall(COMPOSE_TEXT)
    assert {name for name, how, _ in given if how == ":?"} == {
        "POSTGRES_PASSWORD",
        "QDRANT_API_KEY",
    }
    assert [
        value for name, how, value in given if SECRET.search(name) and "-" in how and value
    ] == []
    assert [
        value for name, value in ENTRY.findall(ENV_EXAMPLE) if SECRET.search(name) and value
    ] == []
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            assert not SECRET.search(key) or VARIABLE.fullmatch(value), (name, key)
    assert not re.search(r"://\w+:[^$@]+@", COMPOSE_TEXT)


def test_qdrant_asks_for_a_key_and_the_bot_has_it() -> None:
    asked = SERVICES["qdrant"]["environment"]["QDRANT__SERVICE__API_KEY"]
    assert SERVICES["bot"]["environment"]["QDRANT_API_KEY"] == asked


@services
def test_every_service_is_checked_and_started_again(name: str) -> None:
    """But for what runs once: whether it succeeded is asked of its exit code."""
    if name in ONE_SHOT:
        assert SERVICES[name]["restart"] == "no"
        assert SERVICES["bot"]["depends_on"][name] == {
            "condition": "service_completed_successfully"
        }
        return
    assert SERVICES[name]["restart"] == "unless-stopped"
    check = health_check(name)
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)
    assert "stop_grace_period" in SERVICES[name]


@services
def test_logs_do_not_fill_the_disk(name: str) -> None:
    assert set(SERVICES[name]["logging"]["options"]) == {"max-size", "max-file"}


@services
def test_every_named_volume_is_declared_and_every_declared_one_used(name: str) -> None:
    def named(service: dict[str, Any]) -> set[str]:
        mounts = [mount for mount in service["volumes"] if isinstance(mount, str)]
        return {mount.partition(":")[0] for mount in mounts}

    assert named(SERVICES[name]) <= set(COMPOSE["volumes"])
    assert set().union(*map(named, SERVICES.values())) == set(COMPOSE["volumes"])


def test_what_is_mounted_from_the_host_by_default_is_there() -> None:
    """Docker would make an empty folder of root's in its place."""
    mounts = [mount for mount in SERVICES["bot"]["volumes"] if isinstance(mount, dict)]
    for mount in mounts:
        match = VARIABLE.fullmatch(mount["source"])
        assert match
        assert (ROOT / match[3]).exists()
        assert mount["read_only"] is True
        assert mount["bind"] == {"create_host_path": False}


def test_the_configuration_of_the_containers_is_one_that_the_program_reads(tmp_path: Path) -> None:
    environ = {"KURAGE_CONFIG": str(ROOT / "deploy/containers.toml")}
    source = settings.load(environ, tmp_path).config.sources["handbook"]
    targets = [m["target"] for m in SERVICES["bot"]["volumes"] if isinstance(m, dict)]
    assert str(source.path) in targets
    assert SERVICES["bot"]["environment"]["KURAGE_CONFIG"] in targets
    assert source.every


def test_only_models_need_a_gpu_and_only_when_asked_for() -> None:
    with_gpu = {
        name
        for name, service in SERVICES.items()
        if "devices" in service.get("deploy", {}).get("resources", {}).get("reservations", {})
    }
    assert with_gpu == {"generator", "encoder"}
    assert {name for name, service in SERVICES.items() if "profiles" in service} == with_gpu
    for name in with_gpu:
        assert SERVICES[name]["profiles"] == ["gpu"]


def test_two_models_fit_on_one_gpu_by_default() -> None:
    """Each takes its share at the start; the driver and other programs need the rest."""
    defaults = {name: value for name, how, value in VARIABLE.findall(COMPOSE_TEXT) if "-" in how}
    assert defaults["GENERATOR_GPU"] == defaults["ENCODER_GPU"]
    shares = float(defaults["GENERATOR_GPU_SHARE"]) + float(defaults["ENCODER_GPU_SHARE"])
    assert shares <= 0.9


def test_the_bot_reaches_the_model_with_the_key_that_it_asks_for() -> None:
    """Set KURAGE_GENERATOR=kurage, and the two find each other; a key is the same on both sides."""
    bot, generator = SERVICES["bot"]["environment"], SERVICES["generator"]["environment"]
    assert generator["VLLM_API_KEY"] == bot["KURAGE_GENERATOR_API_KEY"]
    url = VARIABLE.fullmatch(bot["KURAGE_GENERATOR_URL"])
    assert url
    assert url[3] == "http://generator:8000/v1"
    assert set(SERVICES["generator"]["networks"]) & set(SERVICES["bot"]["networks"])
    given = {"KURAGE_GENERATOR": "kurage", "KURAGE_GENERATOR_URL": url[3]}
    assert settings.load(given, ROOT / "deploy").generator_urls == (url[3],)


def test_the_bot_starts_without_the_models() -> None:
    """Whoever waits for a GPU, or lost it, is answered with quotes meanwhile."""
    assert {"generator", "encoder"}.isdisjoint(SERVICES["bot"]["depends_on"])


def test_no_secret_is_on_a_command_line() -> None:
    """Everybody on the host sees those."""
    for name, service in SERVICES.items():
        words = [*service.get("command", []), *service.get("entrypoint", [])]
        assert [word for word in words if SECRET.search(word.upper())] == [], name


def read_by_settings() -> set[str]:
    """Return the names of variables that `bot/settings` mentions, the one reader of them."""
    words = {
        node.value
        for path in Path(settings.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # Pydantic's own switch is set there, not read; the rest are names of Python.
    others = {"PYDANTIC_DISABLE_PLUGINS", *settings.__all__}
    return {word for word in words if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", word)} - others


def test_the_example_explains_every_variable_that_is_read_and_no_other() -> None:
    explained = [name for name, _ in ENTRY.findall(ENV_EXAMPLE)]
    assert len(explained) == len(set(explained))
    # Logins of web pages have no variables without a name.
    logins = {
        settings.WebLogin.variable("INTRA", field) for field in settings.WebLogin.model_fields
    }
    in_compose = {name for name, _, _ in VARIABLE.findall(COMPOSE_TEXT)}
    assert set(explained) == read_by_settings() | in_compose | logins


def test_the_example_shows_the_defaults_of_the_compose_file() -> None:
    shown = dict(ENTRY.findall(ENV_EXAMPLE))
    for name, how, value in VARIABLE.findall(COMPOSE_TEXT):
        if "-" in how and not value.startswith(("http", "postgresql")) and name not in GATEWAYS:
            assert shown[name] == ("" if value == "/dev/null" else value)  # a file to mount: none


def test_the_example_explains_in_english_and_in_japanese() -> None:
    """Each block of variables has lines of both."""
    blocks = [block for block in ENV_EXAMPLE.split("\n\n") if ENTRY.search(block)]
    assert blocks
    for block in blocks:
        prose = [line for line in block.splitlines() if line.startswith("# ")]
        japanese = [line for line in prose if re.search("[ぁ-んァ-ン]", line)]
        assert 0 < len(japanese) < len(prose), block


def test_the_example_as_it_is_changes_nothing() -> None:
    """Copied, and with nothing filled in, it holds comments only."""
    lines = [line for line in ENV_EXAMPLE.splitlines() if line]
    assert [line for line in lines if not line.startswith("#")] == []


@contextmanager
def server(status: int) -> Iterator[int]:
    """Yield the port of a server that answers every GET with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield listening.server_address[1]
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


@pytest.mark.parametrize(("name", "port"), [("qdrant", "6333"), ("encoder", "8000")])
def test_a_health_check_passes_on_200_and_on_nothing_else(name: str, port: str) -> None:
    """What the container would run, run here: the server is ready, starting up, or not there."""
    command = [part.replace("$$", "$") for part in health_check(name)["test"][1:]]
    command[0] = shutil.which(command[0]) or command[0]

    def passes(at: int) -> bool:
        moved = [
            part.replace(f"/{port}", f"/{at}").replace(f":{port}", f":{at}") for part in command
        ]
        return subprocess.run(moved, capture_output=True, check=False, timeout=20).returncode == 0

    with server(200) as up:
        assert passes(up)
    assert not passes(up)
    with server(503) as starting:
        assert not passes(starting)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_bot_is_asked_where_its_configuration_says(tmp_path: Path, host: str) -> None:
    """By the image and the compose file alike; whoever moves the port has nothing else to move."""
    [image] = instructions("HEALTHCHECK")
    assert json.loads(" ".join(image[image.index("CMD") + 1 :])) == health_check("bot")["test"][1:]

    def passes(at: int) -> bool:
        (tmp_path / "kurage.toml").write_text(f'[serve]\nhost = "{host}"\nport = {at}\n', "utf-8")
        command = [sys.executable, *health_check("bot")["test"][2:]]
        proxy = {"http_proxy": "http://127.0.0.1:1", "PYTHONPATH": str(ROOT)}
        environ = {**os.environ, **proxy, "KURAGE_CONFIG": "kurage.toml"}
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, check=False, timeout=60
        )
        return done.returncode == 0

    with server(200) as up:
        assert passes(up)
    assert not passes(up)
    with server(503) as ill:
        assert not passes(ill)
    assert not passes(0)
