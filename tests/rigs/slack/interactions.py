"""Commands, buttons, modals and shortcuts: what a person starts, and what the app's ack brings."""

from __future__ import annotations

from typing import Any

from rigs.slack import shapes
from rigs.slack.api import Api
from rigs.slack.methods import views
from rigs.slack.methods.chat import content
from rigs.slack.refused import RefusedError
from rigs.slack.slack import Slack
from rigs.slack.workspace import Channel, Json, Message, User

_SELECTS = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
}
_ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}


class Interactions:
    """Every public method can be called by a test, by its name; each waits for the app's ack."""

    def __init__(self, slack: Slack, api: Api) -> None:
        self._slack = slack
        self._space = slack.workspace
        self._api = api

    async def slash(self, user: str, channel: str, command: str, text: str) -> Json:
        """Send a command; return its `trigger_id`, its `response_url` and whether it was `acked`.

        Without an ack within 3 s the person reads that the command failed.
        """
        person, place = self._space.user(user), self._space.channel(channel)
        if command not in self._space.app.commands:
            raise LookupError(f"the app has no command {command}")
        names = {"im": "directmessage", "group": "privategroup", "mpim": "mpdm"}
        url = self._slack.response_url(place.id, person.id, None)
        trigger = self._slack.triggers.draw(person.id)
        payload = {
            "token": "rig-verification-token",
            "team_id": self._space.team,
            "team_domain": self._space.domain,
            "channel_id": place.id,
            "channel_name": names.get(place.kind, place.name),
            "user_id": person.id,
            "user_name": person.name,
            "command": command,
            "text": text,
            "api_app_id": self._space.app.id,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": trigger,
        }
        self._slack.journal.write("slash", user=person.id, channel=place.id, text=text)
        ack = await self._slack.sockets.request("slash_commands", payload, command, answered=True)
        if ack is None:
            self._failed(place, person, f'{command} failed with the error "operation_timeout"')
        elif ack.get("text") or ack.get("blocks"):
            self._api.say(place.id, person.id, ack, content(self._slack, ack))
        return {"acked": ack is not None, "trigger_id": trigger, "response_url": url, "ack": ack}

    def _failed(self, channel: Channel, person: User, words: str) -> None:
        ts = self._slack.clock.ts()
        self._slack.whisper(Message(channel.id, ts, "USLACKBOT", words, shown_to=person.id))

    # Buttons

    async def press(self, channel: str, ts: str, button: str, user: str, value: Any = None) -> Json:
        """Press a button of a message, named by its label or its action id.

        `value` is the option of a menu. Returns whether it was `acked`, and the `trigger_id`.
        """
        place, person = self._space.channel(channel), self._space.user(user)
        message = place.messages.get(ts) or place.ephemerals.get(ts)
        if message is None or message.shown_to not in {None, person.id}:
            raise LookupError(f"{user} sees no message {ts} in {channel}")
        block, element = find(message.blocks or [], button)
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": place.id,
            "is_ephemeral": message.shown_to is not None,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = {
            "type": "block_actions",
            **self._slack.stamp(person),
            "container": container,
            "channel": {"id": place.id, "name": place.name or "directmessage"},
            "state": {"values": {}},
            "response_url": self._slack.response_url(place.id, person.id, message),
            "actions": [self._action(block, element, button, value)],
        }
        if message.shown_to is None:
            payload["message"] = self._slack.shape(message, place)
        return await self._interact(payload, person)

    async def press_view(self, view: str, button: str, user: str, value: Any = None) -> Json:
        """Press a button of a modal, by the view's id, or of the home tab (`home`)."""
        person = self._space.user(user)
        shown = self._slack.homes[person.id] if view == "home" else self._slack.views[view]
        block, element = find(shown["blocks"], button)
        payload = {
            "type": "block_actions",
            **self._slack.stamp(person),
            "container": {"type": "view", "view_id": shown["id"]},
            "view": views.public(shown),
            "actions": [self._action(block, element, button, value)],
        }
        payload["trigger_id"] = self._slack.triggers.draw(person.id, shown["id"])
        return await self._interact(payload, person)

    async def _interact(self, payload: Json, person: User) -> Json:
        kind = payload["type"]
        self._slack.journal.write("interaction", name=kind, user=person.id)
        answered = kind == "view_submission"
        ack = await self._slack.sockets.request("interactive", payload, kind, answered=answered)
        return {
            "acked": ack is not None,
            "ack": ack,
            "trigger_id": payload["trigger_id"],
            "response_url": payload.get("response_url"),
        }

    def _action(self, block: Json, element: Json, button: str, value: Any) -> Json:
        kind = element["type"]
        action: Json = {
            "type": kind,
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": self._slack.clock.ts(),
        }
        if kind == "feedback_buttons":
            chosen = _side(element, button, value)
            return action | {"text": chosen["text"], "value": chosen["value"]}
        if kind in {"button", "icon_button"}:
            shared = {name: element[name] for name in ("text", "value", "url") if name in element}
            return action | shared
        return action | _filled(element, value)

    # Modals

    async def submit(self, view: str, values: dict[str, Any]) -> Json:
        """Fill in a modal and send it off; `values` by action id.

        Returns `acked`, and `errors` by block where the app sent it back. ValueError where a field
        that must be filled in is empty: the app never hears of that.
        """
        shown = self._slack.views[view]
        state: Json = {}
        for block in shown["blocks"]:
            if block["type"] != "input":
                continue
            element = block["element"]
            value = values.get(element["action_id"])
            if value in {None, ""} and not block.get("optional"):
                raise ValueError(f"{element['action_id']} must be filled in")
            state[block["block_id"]] = {
                element["action_id"]: {"type": element["type"], **_filled(element, value)}
            }
        shown["state"] = {"values": state}
        person = self._space.user(shown["user"])
        payload = {
            "type": "view_submission",
            **self._slack.stamp(person),
            "view": views.public(shown),
            "response_urls": [],
        }
        result = await self._interact(payload, person)
        if result["acked"]:
            self._after_submission(shown, result["ack"] or {}, result)
        return result

    def _after_submission(self, shown: Json, ack: Json, result: Json) -> None:
        action = ack.get("response_action")
        if action == "errors":
            result["errors"] = ack["errors"]
        elif action == "update":
            views.changed(self._slack, shown, views.checked(ack["view"], "modal"))
        elif action == "push":
            view = views.checked(ack["view"], "modal")
            result["view"] = views.shown(self._slack, view, shown["user"], shown)["id"]
        elif action == "clear":
            self._close_all(shown)
        else:
            self._slack.views.pop(shown["id"], None)

    def _close_all(self, shown: Json) -> None:
        for each in list(self._slack.views.values()):
            if each["root_view_id"] == shown["root_view_id"]:
                del self._slack.views[each["id"]]

    async def close_view(self, view: str) -> Json | None:
        """Close a modal without sending it off; the app hears of it if it asked to."""
        shown = self._slack.views.pop(view)
        if not shown["notify_on_close"]:
            return None
        person = self._space.user(shown["user"])
        payload = {
            "type": "view_closed",
            **self._slack.stamp(person),
            "view": views.public(shown),
            "is_cleared": False,
        }
        return await self._interact(payload, person)

    def modal(self, user: str) -> Json | None:
        """Return the modal that a person looks at, None where there is none."""
        person = self._space.user(user).id
        open_ = [view for view in self._slack.views.values() if view["user"] == person]
        return self._view(open_[-1]) if open_ else None

    def home(self, user: str) -> Json | None:
        """Return the home tab that a person sees, None where none was published."""
        home = self._slack.homes.get(self._space.user(user).id)
        return self._view(home) if home else None

    def _view(self, view: Json) -> Json:
        read = self._slack.read(Message("", "", "", "", blocks=view["blocks"]))
        title = (view.get("title") or {}).get("text")
        return {
            "id": view["id"],
            "title": title,
            "text": read.text,
            "buttons": read.buttons,
            "callback_id": view["callback_id"],
            "private_metadata": view["private_metadata"],
        }

    # Shortcuts

    async def message_shortcut(self, channel: str, ts: str, callback: str, user: str) -> Json:
        """Choose one of the app's entries in a message's menu."""
        place, person = self._space.channel(channel), self._space.user(user)
        message = place.messages[ts]
        payload = {
            "type": "message_action",
            **self._slack.stamp(person),
            "callback_id": callback,
            "action_ts": self._slack.clock.ts(),
            "message_ts": ts,
            "channel": {"id": place.id, "name": place.name or "directmessage"},
            "message": shapes.message_json(message, self._space, channel=place),
            "response_url": self._slack.response_url(place.id, person.id, None),
        }
        return await self._interact(payload, person)

    async def shortcut(self, callback: str, user: str) -> Json:
        """Choose one of the app's entries in the shortcuts menu."""
        person = self._space.user(user)
        stamp = self._slack.stamp(person)
        payload = {
            "type": "shortcut",
            **stamp,
            "callback_id": callback,
            "action_ts": self._slack.clock.ts(),
        }
        return await self._interact(payload, person)


def find(blocks: list[Json], button: str) -> tuple[Json, Json]:
    """Return the block and the element that a label or an action id means."""
    for block in blocks:
        elements = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for element in [each for each in elements if isinstance(each, dict)]:
            sides = [element.get("positive_button"), element.get("negative_button")]
            labels = [(each.get("text") or {}) for each in [element, *filter(None, sides)]]
            texts = [label["text"] for label in labels if isinstance(label, dict) and label]
            if "action_id" in element and button in {element["action_id"], *texts}:
                return block, element
    raise LookupError(f"nothing here is called {button!r}")


def _side(element: Json, button: str, value: Any) -> Json:
    sides = [element[name] for name in ("positive_button", "negative_button") if name in element]
    for side in sides:
        if button == side["text"]["text"] or value == side["value"]:
            return dict(side)
    raise LookupError(f"feedback buttons have no {button!r}; name the label, or the value")


def _filled(element: Json, value: Any) -> Json:
    """Return what a person's choice is in the payload of an interaction."""
    kind = element["type"]
    options = element.get("options") or [
        option for group in element.get("option_groups", []) for option in group["options"]
    ]
    if kind in _ONE_OPTION:
        chosen = [option for option in options if option["value"] == value]
        if value is not None and options and not chosen:
            raise RefusedError(f"no option {value!r}")
        return {"selected_option": chosen[0] if chosen else None}
    if kind in {"checkboxes", "multi_static_select"}:
        return {"selected_options": [each for each in options if each["value"] in (value or [])]}
    return {_SELECTS.get(kind, "value"): value}
