"""Users, user groups, the team, bots and files."""

from __future__ import annotations

from rigs.slack import shapes
from rigs.slack.methods.registry import Args, flag, method, number
from rigs.slack.refused import RefusedError
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json, User


def _shaped(slack: Slack, user: User, args: Args) -> Json:
    # Without its scope the address is left out, not refused.
    email = "users:read.email" in slack.workspace.app.scopes
    locale = flag(args, "include_locale")
    return shapes.user_json(user, slack.workspace, email=email, locale=locale)


@method("users.info", "user! include_locale", tier=4, scopes=("users:read",))
def users_info(slack: Slack, args: Args) -> Json:
    user = slack.workspace.users.get(str(args["user"]))
    if user is None:
        raise RefusedError("user_not_found")
    return {"user": _shaped(slack, user, args)}


@method("users.list", "cursor limit include_locale team_id", tier=2, scopes=("users:read",))
def users_list(slack: Slack, args: Args) -> Json:
    everyone = list(slack.workspace.users.values())
    try:
        found, cursor = shapes.page(
            everyone, args.get("cursor") or "", number(args, "limit", len(everyone), 1000)
        )
    except LookupError:
        raise RefusedError("invalid_cursor") from None
    return {
        "members": [_shaped(slack, user, args) for user in found],
        "cache_ts": shapes.now(),
        "response_metadata": {"next_cursor": cursor},
    }


@method("users.lookupByEmail", "email!", tier=3, scopes=("users:read.email",))
def users_lookup_by_email(slack: Slack, args: Args) -> Json:
    for user in slack.workspace.users.values():
        known = user.email and user.email.lower() == str(args["email"]).lower()
        if known and user.team == slack.workspace.team and not user.deactivated:
            return {"user": _shaped(slack, user, args)}
    raise RefusedError("users_not_found")


@method(
    "usergroups.list",
    "include_users include_count include_disabled team_id",
    tier=2,
    scopes=("usergroups:read",),
)
def usergroups_list(slack: Slack, args: Args) -> Json:
    return {
        "usergroups": [
            shapes.usergroup_json(
                group,
                slack.workspace,
                users=flag(args, "include_users"),
                count=flag(args, "include_count"),
            )
            for group in slack.workspace.usergroups.values()
            if not group.disabled or flag(args, "include_disabled")
        ]
    }


@method(
    "usergroups.users.list",
    "usergroup! include_disabled team_id",
    tier=2,
    scopes=("usergroups:read",),
)
def usergroups_users_list(slack: Slack, args: Args) -> Json:
    group = slack.workspace.usergroups.get(str(args["usergroup"]))
    if group is None:
        raise RefusedError("no_such_subteam")
    return {"users": list(group.users)}


@method("team.info", "team domain", tier=3, scopes=("team:read",))
def team_info(slack: Slack, args: Args) -> Json:
    workspace = slack.workspace
    return {
        "team": {
            "id": workspace.team,
            "name": workspace.team_name,
            "domain": workspace.domain,
            "email_domain": "",
            "icon": {"image_default": True},
            "url": f"https://{workspace.domain}.slack.com/",
        }
    }


@method("bots.info", "bot team_id", tier=3, scopes=("users:read",))
def bots_info(slack: Slack, args: Args) -> Json:
    for user in slack.workspace.users.values():
        if user.bot_id and user.bot_id == args.get("bot"):
            profile = shapes.bot_profile(slack.workspace, user.bot_id)
            del profile["team_id"]
            return {"bot": profile}
    raise RefusedError("bot_not_found")


@method("files.info", "file! count cursor limit page", tier=4, scopes=("files:read",))
def files_info(slack: Slack, args: Args) -> Json:
    for channel in slack.workspace.channels.values():
        for message in channel.messages.values():
            for file in message.files or []:
                if file["id"] == args["file"] and slack.workspace.is_member(channel):
                    return {"file": file, "comments": [], "response_metadata": {"next_cursor": ""}}
    raise RefusedError("file_not_found")
