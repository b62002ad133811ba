"""`kurage serve` with a model that a worker on loopback runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.serving import Serving
from rigs.slack_rig import SlackRig
from rigs.worker import WorkerRig
from serve_helpers import LEAVE, configuration, figures, until

NOTE = "回答モデルに接続できないため"


@pytest.fixture
def worker() -> Iterator[WorkerRig]:
    with WorkerRig() as rig:
        yield rig


def serving(home: Path, slack: SlackRig, worker: WorkerRig, port: int) -> Serving:
    environ = {"KURAGE_GENERATOR": "kurage", "KURAGE_GENERATOR_URL": worker.url}
    return Serving(home, slack=slack, config=configuration(port), environ=environ)


def asked(slack: SlackRig) -> str:
    """Ask, and return what is shown in the end: with its list of sources."""
    ts = slack.mention("soumu", "sato", LEAVE)

    def whole() -> str | None:
        shown = json.dumps(slack.wait_for_reply(ts, 30), ensure_ascii=False)
        return shown if "出典" in shown else None

    return str(until(whole))


def test_what_the_model_says_is_seen_growing_with_its_source(
    home: Path, port: int, slack: SlackRig, worker: WorkerRig
) -> None:
    worker.worker.delay = 0.05
    with serving(home, slack, worker, port) as bot:
        shown = asked(slack)
        assert "3営業日前" in shown
        assert "就業規則" in shown
        assert NOTE not in shown
        assert slack.counts()["calls"]["chat.appendStream"] >= 1
        assert bot.stop()[0] == 0
    assert slack.violations() == []


def test_while_no_worker_answers_people_get_quotes_and_know_why(
    home: Path, port: int, slack: SlackRig, worker: WorkerRig
) -> None:
    """The worker is taken back by itself, and Prometheus knows how often it was missed."""
    with serving(home, slack, worker, port) as bot:
        worker.stop()
        shown = asked(slack)
        assert NOTE in shown
        assert "3営業日前" in shown
        until(lambda: figures(port).get('kurage_quoted_instead_total{platform="slack"}') == 1)
        worker.start()
        until(lambda: NOTE not in asked(slack))
        assert bot.stop()[0] == 0
    assert slack.doubled() == []
