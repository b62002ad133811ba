"""Who the app is, and the way to its sockets."""

from __future__ import annotations

from rigs.slack.methods.registry import Args, flag, method
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json


@method("api.test", "error foo", tier=4)
def api_test(slack: Slack, args: Args) -> Json:
    return {"args": args}


@method("auth.test")
def auth_test(slack: Slack, args: Args) -> Json:
    workspace = slack.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.team_name,
        "user": workspace.app.name,
        "team_id": workspace.team,
        "user_id": workspace.app.user,
        "bot_id": workspace.app.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", tier=3, scopes=("connections:write",), app_token=True)
def apps_connections_open(slack: Slack, args: Args) -> Json:
    ticket = slack.sockets.ticket()
    base = slack.base_url.replace("http", "ws", 1)
    return {"url": f"{base}/link/?ticket={ticket}&app_id={slack.workspace.app.id}"}


@method("auth.revoke", "test", tier=3)
def auth_revoke(slack: Slack, args: Args) -> Json:
    if not flag(args, "test"):
        slack.workspace.app.state = "revoked"
    return {"revoked": not flag(args, "test")}
