"""The methods of the Web API that a question and answer bot calls, one file a family."""

from rigs.slack.methods import (
    assistant,
    chat,
    connection,
    conversations,
    people,
    reactions,
    streams,
    views,
)
from rigs.slack.methods.registry import METHODS, Method

__all__ = [
    "METHODS",
    "Method",
    "assistant",
    "chat",
    "connection",
    "conversations",
    "people",
    "reactions",
    "streams",
    "views",
]
