"""The workspace in the API's words: users, conversations, messages."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from rigs.slack.workspace import Channel, Json, Message, User, Usergroup, Workspace

_CREATED = 1_700_000_000
_TYPES = {"channel": "channel", "group": "group", "im": "im", "mpim": "mpim"}


def user_json(user: User, workspace: Workspace, *, email: bool, locale: bool) -> Json:
    stranger = user.team != workspace.team
    profile: Json = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "fields": {},
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": hashlib.sha256(user.id.encode()).hexdigest()[:12],
        "first_name": user.real_name.split()[0],
        "last_name": user.real_name.split()[-1],
        "team": user.team,
        **{
            f"image_{size}": f"https://avatars.example.com/{user.id}_{size}.png"
            for size in (24, 32, 48, 72, 192, 512)
        },
    }
    if user.is_bot:
        profile |= {"api_app_id": user.app_id, "bot_id": user.bot_id}
        profile |= {"always_active": False}
    if email and user.email and not stranger:
        profile["email"] = user.email
    found: Json = {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "deleted": user.deactivated,
        "real_name": user.real_name,
        "profile": profile,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": _CREATED,
    }
    if user.deactivated:
        return found
    found |= {
        "color": "9f69e7",
        "tz": "Asia/Tokyo",
        "tz_label": "Japan Standard Time",
        "tz_offset": 32400,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.guest or user.single_channel,
        "is_ultra_restricted": user.single_channel,
        "is_email_confirmed": not user.is_bot,
        "who_can_share_contact_card": "EVERYONE",
    }
    if stranger:
        found["is_stranger"] = True
    if locale:
        found["locale"] = user.locale
    return found


def channel_json(channel: Channel, workspace: Workspace) -> Json:
    """Return a conversation as conversations.info does."""
    if channel.kind == "im":
        return {
            "id": channel.id,
            "created": _CREATED,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "context_team_id": workspace.team,
            "updated": _CREATED * 1000,
            "user": channel.user,
            "is_user_deleted": workspace.users[channel.user or ""].deactivated,
            "is_open": True,
            "priority": 0,
        }
    shared = bool(channel.shared_with)
    nothing = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": _CREATED,
        "updated": _CREATED * 1000,
        "creator": "U0SATO0001",
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.archived,
        "is_general": channel.name == "general",
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "connected_team_ids": [workspace.team, *channel.shared_with] if shared else [],
        "shared_team_ids": [workspace.team, *channel.shared_with],
        "context_team_id": workspace.team,
        "parent_conversation": None,
        "is_member": workspace.is_member(channel),
        "unlinked": 0,
        "previous_names": [],
        "topic": dict(nothing),
        "purpose": dict(nothing),
    }


def message_json(  # noqa: PLR0912 (one a field)
    message: Message,
    workspace: Workspace,
    *,
    channel: Channel | None = None,
    metadata: bool = True,
) -> Json:
    """Return a message; with its `channel`, a thread's first message tells of its replies."""
    found: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": workspace.team,
    }
    author = workspace.users.get(message.user)
    if author is not None:
        found["team"] = author.team
    if message.subtype:
        found["subtype"] = message.subtype
    if message.client_msg_id:
        found["client_msg_id"] = message.client_msg_id
    if message.bot_id:
        found["bot_id"] = message.bot_id
        found["app_id"] = author.app_id if author else workspace.app.id
        found["bot_profile"] = bot_profile(workspace, message.bot_id)
    for name in ("blocks", "attachments", "edited", "files"):
        if value := getattr(message, name):
            found[name] = value
    if message.streaming:
        found["streaming_state"] = message.streaming
    if metadata and message.metadata:
        found["metadata"] = message.metadata
    if message.reactions:
        found["reactions"] = [
            {"name": name, "users": users, "count": len(users)}
            for name, users in message.reactions.items()
        ]
    if message.thread_ts:
        found["thread_ts"] = message.thread_ts
        if channel and message.ts != message.thread_ts:
            root = channel.messages.get(message.thread_ts)
            if root:
                found["parent_user_id"] = root.user
    if channel and (replies := channel.replies(message.ts)):
        found |= _thread(message, replies)
    return found


def _thread(root: Message, replies: list[Message]) -> Json:
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": root.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users[:5],
        "is_locked": False,
        "subscribed": False,
    }


def bot_profile(workspace: Workspace, bot_id: str) -> Json:
    owner = next(user for user in workspace.users.values() if user.bot_id == bot_id)
    return {
        "id": bot_id,
        "deleted": False,
        "name": owner.real_name,
        "updated": _CREATED,
        "app_id": owner.app_id,
        "user_id": owner.id,
        "icons": {
            f"image_{size}": f"https://avatars.example.com/{bot_id}_{size}.png"
            for size in (36, 48, 72)
        },
        "team_id": workspace.team,
    }


def usergroup_json(group: Usergroup, workspace: Workspace, *, users: bool, count: bool) -> Json:
    found: Json = {
        "id": group.id,
        "team_id": workspace.team,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": _CREATED,
        "date_update": _CREATED,
        "date_delete": _CREATED if group.disabled else 0,
        "auto_type": None,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": "U0SATO0001",
        "updated_by": "U0SATO0001",
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
    }
    if users:
        found["users"] = list(group.users)
    if count:
        found["user_count"] = len(group.users)
    return found


def channel_type(channel: Channel) -> str:
    """Return `channel_type` as events carry it."""
    return _TYPES[channel.kind]


def now() -> int:
    return int(time.time())


def page(items: list[Any], cursor: str, limit: int) -> tuple[list[Any], str]:
    """Return one page of a list and the cursor of the next, empty at the end.

    A cursor names a place, as Slack's do; LookupError where it does not.
    """
    start = 0
    if cursor:
        if not cursor.startswith("cGxhY2U6") or not cursor[8:].isdigit():
            raise LookupError(cursor)
        start = int(cursor[8:])
    following = start + limit
    return items[start:following], f"cGxhY2U6{following}" if following < len(items) else ""
