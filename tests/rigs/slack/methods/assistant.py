"""What an agent's own surface shows: its status, a thread's title, suggested prompts."""

from __future__ import annotations

from rigs.slack.methods.registry import Args, channel_of, demand, method, parsed
from rigs.slack.refused import RefusedError, invalid_arguments
from rigs.slack.slack import Slack
from rigs.slack.workspace import Channel, Json

STATUS_S = 120.0
_PROMPTS = 4


def _thread(slack: Slack, args: Args, *, agent: bool = True) -> Channel:
    if agent and not slack.workspace.app.agent:
        raise RefusedError("not_agent_app")
    channel = channel_of(slack, args["channel_id"])
    thread = args.get("thread_ts")
    if thread is not None and str(thread) not in channel.messages:
        raise RefusedError("invalid_thread_ts")
    return channel


@method(
    "assistant.threads.setStatus",
    "channel_id! thread_ts! status loading_messages icon_emoji icon_url username",
    scopes=("assistant:write", "chat:write"),
)
def set_status(slack: Slack, args: Args) -> Json:
    channel = _thread(slack, args)
    if args.get("status") is None:
        demand(args, "status")
    loading = parsed(args, "loading_messages", "invalid_arguments") or []
    if len(loading) > 10:
        raise invalid_arguments("no more than 10 items allowed [json-pointer:/loading_messages]")
    key = (channel.id, str(args["thread_ts"]))
    slack.statuses.pop(key, None)
    if args["status"]:
        slack.statuses[key] = {
            "status": args["status"],
            "loading_messages": loading,
            "until": slack.clock.now() + slack.clock.lasting(STATUS_S),
        }
    slack.journal.write("status", channel=key[0], thread_ts=key[1], text=args["status"])
    return {}


@method(
    "assistant.threads.setTitle",
    "channel_id! thread_ts! title!",
    tier=4,
    scopes=("assistant:write",),
)
def set_title(slack: Slack, args: Args) -> Json:
    channel = _thread(slack, args)
    slack.titles[channel.id, str(args["thread_ts"])] = str(args["title"])
    slack.journal.write("title", channel=channel.id, text=args["title"])
    return {}


@method(
    "assistant.threads.setSuggestedPrompts",
    "channel_id! thread_ts title prompts!",
    tier=4,
    scopes=("assistant:write",),
)
def set_suggested_prompts(slack: Slack, args: Args) -> Json:
    channel = _thread(slack, args)
    prompts = parsed(args, "prompts", "invalid_arguments")
    if len(prompts) > _PROMPTS:
        raise invalid_arguments(f"no more than {_PROMPTS} items allowed [json-pointer:/prompts]")
    for number, prompt in enumerate(prompts):
        if not prompt.get("title") or not prompt.get("message"):
            raise invalid_arguments(f"missing required field [json-pointer:/prompts/{number}]")
    slack.prompts[channel.id] = {"title": args.get("title"), "prompts": prompts}
    slack.journal.write("prompts", channel=channel.id, prompts=prompts)
    return {}
