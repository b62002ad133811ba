"""The app's own places in Slack: its home tab, and the prompts of its conversation."""

from __future__ import annotations

from bot.reply import WORDINGS
from bot.slack import view
from bot.slack.api import Json, SlackError
from bot.slack.workspace import Workspace

_PROMPTS = 4
"""docs.slack.dev, assistant.threads.setSuggestedPrompts."""


async def opened(workspace: Workspace, event: Json) -> None:
    """Show who opens the app what it can do. Raises `PlatformError`."""
    if event.get("tab") == "messages":
        await _suggest(workspace, event)
    else:
        await _publish(workspace, str(event["user"]))


async def _publish(workspace: Workspace, user: str) -> None:
    identity = await workspace.identity()
    person = await workspace.directory.person(user)
    # What there is to know is for those who may ask.
    stranger = person.outsider or (person.guest and not workspace.config.guests)
    indexed = () if stranger else await workspace.indexed()
    home = view.home_view(person.language, indexed, identity.user)
    await workspace.api.call("views.publish", user_id=user, view=home)


async def _suggest(workspace: Workspace, event: Json) -> None:
    person = await workspace.directory.person(str(event["user"]))
    words = WORDINGS[person.language]
    prompts = [{"title": one, "message": one} for one in words.usage_examples[:_PROMPTS]]
    try:
        # Without a thread: with one, Slack ignores the call of an app with `agent_view`.
        await workspace.api.call(
            "assistant.threads.setSuggestedPrompts",
            channel_id=event["channel"],
            title=words.usage_title,
            prompts=prompts,
        )
    except SlackError as error:
        if error.code != "not_agent_app":
            raise
