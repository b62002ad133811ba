"""What persons in the rig's workspace do and see, as a test calls it.

Knows nothing of the process: `rigs.slack_rig.SlackRig` brings the call to it. People and channels
go by name or by id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]


class Driven:
    """The persons' side of `SlackRig`."""

    def _call(self, name: str, /, **arguments: Any) -> Any:
        raise NotImplementedError

    # Writing

    def mention(
        self, channel: str, user: str, text: str, thread: str | None = None, **how: Any
    ) -> str:
        """Mention the bot in a channel or thread; return the message's ts.

        `how`: `raw` (the text as Slack stores it), `files` (`[{"name": …}]`), `ago` (seconds).
        """
        said = {"channel": channel, "user": user, "text": text, "thread": thread, **how}
        return str(self._call("mention", **said))

    def mention_many(self, mentions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Mention the bot many times in one moment; each has the arguments of `mention`."""
        return list(self._call("mention_many", mentions=[dict(each) for each in mentions]))

    def say(self, channel: str, user: str, text: str, thread: str | None = None, **how: Any) -> str:
        """Write a message without the bot's name; return its ts."""
        said = {"channel": channel, "user": user, "text": text, "thread": thread, **how}
        return str(self._call("say", **said))

    def direct(self, user: str, text: str, thread: str | None = None, **how: Any) -> str:
        """Write to the bot directly; return the message's ts."""
        return str(self._call("direct", user=user, text=text, thread=thread, **how))

    def direct_channel(self, user: str) -> str:
        """Return the id of the direct messages between a person and the bot."""
        return str(self._call("direct_channel", user=user))

    def edit(self, channel: str, ts: str, text: str, *, raw: bool = False) -> None:
        """Change a person's message."""
        self._call("edit", channel=channel, ts=ts, text=text, raw=raw)

    def unfurl(self, channel: str, ts: str, url: str) -> None:
        """Let Slack add the preview of a link to a message: a change that nobody made."""
        self._call("unfurl", channel=channel, ts=ts, url=url)

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message, as its author."""
        self._call("delete", channel=channel, ts=ts)

    # Commands, buttons, modals: each waits for the app's acknowledgement

    def slash(self, user: str, channel: str, command: str, text: str) -> Json:
        """Send a slash command; return `acked`, `ack`, `trigger_id`, `response_url`."""
        return dict(self._call("slash", user=user, channel=channel, command=command, text=text))

    def press(self, channel: str, ts: str, button: str, user: str, value: Any = None) -> Json:
        """Press a button of a message by its label or action id; return `acked` and more.

        `value` is the option of a menu.
        """
        pressed = {"channel": channel, "ts": ts, "button": button, "user": user, "value": value}
        return dict(self._call("press", **pressed))

    def press_view(self, view: str, button: str, user: str, value: Any = None) -> Json:
        """Press a button of a modal (by the view's id) or of the home tab (`"home"`)."""
        return dict(self._call("press_view", view=view, button=button, user=user, value=value))

    def submit(self, view: str, values: Mapping[str, Any]) -> Json:
        """Send off a modal, `values` by action id; return `acked`, and `errors` if sent back.

        ValueError where a field that must be filled in is empty: the app never hears of that.
        """
        return dict(self._call("submit", view=view, values=dict(values)))

    def close_view(self, view: str) -> Json | None:
        """Close a modal without sending it off; None where the app did not ask to hear of it."""
        closed: Json | None = self._call("close_view", view=view)
        return closed

    def message_shortcut(self, channel: str, ts: str, callback: str, user: str) -> Json:
        """Choose one of the app's entries in a message's menu."""
        chosen = {"channel": channel, "ts": ts, "callback": callback, "user": user}
        return dict(self._call("message_shortcut", **chosen))

    def shortcut(self, callback: str, user: str) -> Json:
        """Choose one of the app's entries in the shortcuts menu."""
        return dict(self._call("shortcut", callback=callback, user=user))

    # Coming and going

    def invite(self, channel: str, by: str = "sato") -> None:
        """Add the bot to a channel."""
        self._call("invite", channel=channel, by=by)

    def kick(self, channel: str, by: str = "sato") -> None:
        """Remove the bot from a channel."""
        self._call("kick", channel=channel, by=by)

    def join(self, channel: str, user: str) -> None:
        """Let a person join a channel."""
        self._call("join", channel=channel, user=user)

    def leave(self, channel: str, user: str) -> None:
        """Let a person leave a channel."""
        self._call("leave", channel=channel, user=user)

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        self._call("archive", channel=channel)

    def add_channel(self, name: str, **facts: Any) -> str:
        """Make a channel and return its id.

        `facts`: `kind` (`channel`, `group`), `members`, `app` (whether the bot is in it; it is),
        `shared_with` (teams outside).
        """
        return str(self._call("add_channel", name=name, **facts))

    def add_user(self, name: str, **facts: Any) -> str:
        """Let somebody join the team and return the id; `facts` are fields of `workspace.User`."""
        return str(self._call("add_user", name=name, **facts))

    def change_user(self, user: str, **facts: Any) -> None:
        """Change a person: `locale`, `deactivated`, `guest`, `email` and so on."""
        self._call("change_user", user=user, **facts)

    # The app's own surfaces

    def open_home(self, user: str, tab: str = "home") -> None:
        """Open the bot's home tab, or its conversation (`messages`)."""
        self._call("open_home", user=user, tab=tab)

    def open_assistant(self, user: str, context: str | None = None) -> str:
        """Start a thread in the assistant's (older) view; return the thread's ts."""
        return str(self._call("open_assistant", user=user, context=context))

    def change_context(self, user: str, thread: str, context: str) -> None:
        """Let a person look at another channel beside the assistant."""
        self._call("change_context", user=user, thread=thread, context=context)

    def set_app(self, **facts: Any) -> None:
        """Change the app's settings: the fields of `workspace.App`."""
        self._call("set_app", **facts)

    def revoke(self, *, app_token: bool = False) -> None:
        """Revoke the bot's token, or the one of its sockets."""
        self._call("revoke", app_token=app_token)

    def uninstall(self) -> None:
        """Remove the app from the workspace."""
        self._call("uninstall")

    # Seeing

    def screen(
        self, channel: str, user: str | None = None, thread: str | None = None
    ) -> list[Json]:
        """Return what a person sees in a channel or thread now: text, buttons, links, pings."""
        return list(self._call("screen", channel=channel, user=user, thread=thread))

    def status(self, channel: str, thread: str) -> str:
        """Return the status line below a thread, empty where none is shown."""
        return str(self._call("status", channel=channel, thread=thread))

    def prompts(self, user: str) -> Json | None:
        """Return the prompts that the app suggests to a person, None where there are none."""
        shown: Json | None = self._call("prompts", user=user)
        return shown

    def modal(self, user: str) -> Json | None:
        """Return the modal that a person looks at, None where there is none."""
        shown: Json | None = self._call("modal", user=user)
        return shown

    def home(self, user: str) -> Json | None:
        """Return the home tab that a person sees, None where none was published."""
        shown: Json | None = self._call("home", user=user)
        return shown
