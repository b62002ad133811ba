"""The workspace that every rig starts with: a company with all kinds of people and channels."""

from __future__ import annotations

from rigs.slack.workspace import PARTNER, App, Channel, User, Usergroup, Workspace

# What a question and answer bot asks for, if a test names nothing else.
SCOPES = [
    "app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read",
    "chat:write", "commands", "files:read", "groups:history", "groups:read", "im:history",
    "im:read", "im:write", "mpim:history", "mpim:read", "reactions:write", "team:read",
    "usergroups:read", "users:read", "users:read.email",
]  # fmt: skip
EVENTS = [
    "app_home_opened", "app_mention", "app_uninstalled", "assistant_thread_context_changed",
    "assistant_thread_started", "channel_left", "group_left", "member_joined_channel",
    "message.channels", "message.groups", "message.im", "message.mpim", "team_join",
    "tokens_revoked", "user_change",
]  # fmt: skip

_USERS = [
    User("U0SATO0001", "sato", "佐藤 花子", email="sato@example.co.jp"),
    User("U0SUZUKI01", "suzuki", "鈴木 一郎", email="suzuki@example.co.jp"),
    User("U0SMITH001", "smith", "John Smith", locale="en-US", email="smith@example.co.jp"),
    User("U0TANAKA01", "tanaka", "田中 ゲスト", email="tanaka@example.net", guest=True),
    User("U0YAMADA01", "yamada", "山田 ゲスト", guest=True, single_channel=True),
    User("U0ITO00001", "ito", "伊藤 退職", email="ito@example.co.jp", deactivated=True),
    User("U0WEATHER1", "weather", "Weather", bot_id="B0WEATHER1", app_id="A0WEATHER1"),
    User("U0PARTNER1", "partner", "取引 先子", email="partner@example.com", team=PARTNER),
]
_STAFF = ["U0SATO0001", "U0SUZUKI01", "U0SMITH001"]


def populate(workspace: Workspace) -> None:
    """Fill an empty workspace."""
    app = workspace.app
    robot = User(app.user, app.name, "Kurage", bot_id=app.bot_id, app_id=app.id)
    slackbot = User("USLACKBOT", "slackbot", "Slackbot", locale="en-US")
    for user in [robot, slackbot, *_USERS]:
        workspace.users[user.id] = User(**vars(user))
    everyone = [*_STAFF, "U0WEATHER1"]
    for channel in [
        Channel("C0GENERAL1", "general", members=[*everyone, app.user]),
        Channel("C0SOUMU001", "soumu", members=[*everyone, "U0TANAKA01", app.user]),
        Channel("C0RANDOM01", "random", members=list(everyone)),
        Channel("C0OLD00001", "old", members=[*everyone, app.user], archived=True),
        Channel("C0PARTNER1", "partners", members=["U0SATO0001", "U0PARTNER1", app.user]),
        Channel("C0HR000001", "hr", "group", ["U0SATO0001", "U0SUZUKI01", app.user]),
        Channel("C0SECRET01", "secret", "group", ["U0SATO0001"]),
    ]:
        workspace.channels[channel.id] = channel
    workspace.channels["C0PARTNER1"].shared_with = [PARTNER]
    group = Usergroup("S0HELPDESK", "soumu-helpdesk", "総務ヘルプデスク", list(_STAFF[:2]))
    workspace.usergroups[group.id] = group


def app(settings: dict[str, object]) -> App:
    """Return the app as a test installs it."""
    chosen = App(scopes=list(SCOPES), events=list(EVENTS))
    for name, value in settings.items():
        if not hasattr(chosen, name):
            raise TypeError(f"an app has no setting {name!r}")
        setattr(chosen, name, value)
    return chosen
