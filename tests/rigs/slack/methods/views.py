"""Modals and the home tab."""

from __future__ import annotations

from typing import Any

from rigs.slack.blocks import check_view
from rigs.slack.methods.registry import Args, method, parsed, with_ids
from rigs.slack.refused import RefusedError, invalid_arguments
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json

_STACK = 3


def checked(view: Any, kind: str) -> Json:
    """Return a view that may be shown; raises RefusedError."""
    problems = check_view(view)
    if not problems and view["type"] != kind:
        problems = [f"must be a {kind} view [json-pointer:/view/type]"]
    if problems:
        raise invalid_arguments(*problems)
    return dict(view)


def shown(slack: Slack, view: Json, user: str, over: Json | None = None) -> Json:
    """Keep a view as Slack does once it is on a screen; `over` is the one below it."""
    workspace = slack.workspace
    drawn = workspace.draw_id("V")
    kept = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        **view,
        "blocks": with_ids(slack, view["blocks"]),
        "id": drawn,
        "team_id": workspace.team,
        "app_id": workspace.app.id,
        "app_installed_team_id": workspace.team,
        "bot_id": workspace.app.bot_id,
        "state": {"values": {}},
        "hash": _hash(slack),
        "root_view_id": over["root_view_id"] if over else drawn,
        "previous_view_id": over["id"] if over else None,
        "user": user,
    }
    slack.views[drawn] = kept
    slack.journal.write("view", view=drawn, user=user, title=(kept.get("title") or {}).get("text"))
    return kept


def changed(slack: Slack, old: Json, view: Json) -> Json:
    """Put other content into a view that is on a screen."""
    old |= {**view, "blocks": with_ids(slack, view["blocks"]), "hash": _hash(slack)}
    slack.journal.write("view", view=old["id"], user=old["user"], title="")
    return old


def public(view: Json) -> Json:
    return {name: value for name, value in view.items() if name != "user"}


def _hash(slack: Slack) -> str:
    return f"{slack.clock.ts().split('.')[0]}.{slack.workspace.draw_token(8)}"


def _unchanged(args: Args, view: Json) -> None:
    if args.get("hash") and args["hash"] != view["hash"]:
        raise RefusedError("hash_conflict")


@method("views.open", "trigger_id view! interactivity_pointer", tier=4)
def open_(slack: Slack, args: Args) -> Json:
    view = checked(parsed(args, "view", "invalid_arguments"), "modal")
    user, _ = slack.triggers.spend(str(args.get("trigger_id")))
    return {"view": public(shown(slack, view, user))}


@method("views.push", "trigger_id view! interactivity_pointer", tier=4)
def push(slack: Slack, args: Args) -> Json:
    view = checked(parsed(args, "view", "invalid_arguments"), "modal")
    user, below = slack.triggers.spend(str(args.get("trigger_id")))
    if below is None or below not in slack.views:
        raise RefusedError("not_in_modal" if below is None else "not_found")
    over = slack.views[below]
    if sum(each["root_view_id"] == over["root_view_id"] for each in slack.views.values()) >= _STACK:
        raise RefusedError("push_limit_reached")
    return {"view": public(shown(slack, view, user, over))}


@method("views.update", "view_id external_id view! hash", tier=4)
def update(slack: Slack, args: Args) -> Json:
    view = checked(parsed(args, "view", "invalid_arguments"), "modal")
    for known in slack.views.values():
        external = args.get("external_id")
        if known["id"] == args.get("view_id") or (external and known["external_id"] == external):
            _unchanged(args, known)
            return {"view": public(changed(slack, known, view))}
    raise RefusedError("not_found")


@method("views.publish", "user_id! view! hash", tier=4)
def publish(slack: Slack, args: Args) -> Json:
    view = checked(parsed(args, "view", "invalid_arguments"), "home")
    user = str(args["user_id"])
    if user not in slack.workspace.users:
        raise invalid_arguments("user not found [json-pointer:/user_id]")
    if not slack.workspace.app.home_tab:
        raise RefusedError("not_enabled")
    old = slack.homes.get(user)
    if old:
        _unchanged(args, old)
    home = shown(slack, view, user)
    del slack.views[home["id"]]
    if old:
        home["id"] = home["root_view_id"] = old["id"]
    slack.homes[user] = home
    return {"view": public(home)}
