"""Fixtures of a Slack on loopback: a conftest imports those that its folder wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rigs.slack_rig import SlackRig
from slack_sdk import WebClient


@pytest.fixture(scope="session")
def slack_process() -> Iterator[SlackRig]:
    with SlackRig() as running:
        yield running


@pytest.fixture
def slack_rig(slack_process: SlackRig) -> SlackRig:
    """Return a workspace as it was seeded, without rate limits, whatever the test before did."""
    slack_process.reset(limits={"enabled": False})
    return slack_process


@pytest.fixture
def slack(slack_rig: SlackRig) -> WebClient:
    """Return the app's client."""
    return WebClient(slack_rig.bot_token, base_url=slack_rig.api_url)
