"""A Slack on loopback for the tests of our side of it."""

from rigs.slack_fixtures import slack, slack_process, slack_rig

__all__ = ["slack", "slack_process", "slack_rig"]
