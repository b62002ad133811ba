"""The only reader of the environment and of `kurage.toml`.

Secrets come from the environment or `.env` alone; everything else from `kurage.toml`. Knows nothing
of what the settings are used for: `bot.app` builds the program from them.
"""

import os

# Looking for plugins reads the metadata of every installed package, 20 ms of each command's start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from bot.settings.accounts import ConfluenceAccount, GoogleAccount, WebLogin
from bot.settings.chat import (
    Channel,
    Discord,
    DiscordChannel,
    Platform,
    Serve,
    Slack,
    SlackChannel,
)
from bot.settings.read import EncoderName, GeneratorName, Settings, load
from bot.settings.sources import (
    RESERVED_SOURCE_NAMES,
    ConfluenceSource,
    DriveSource,
    FolderSource,
    Source,
    WebSource,
)
from bot.settings.tables import (
    Config,
    Generator,
    Index,
    Ingest,
    Karakuri,
    Log,
    Search,
)
from bot.settings.values import (
    DiscordChannelId,
    DiscordPerson,
    Respond,
    SettingsError,
    SlackChannelId,
    SlackPerson,
    seconds,
)

__all__ = [
    "RESERVED_SOURCE_NAMES",
    "Channel",
    "Config",
    "ConfluenceAccount",
    "ConfluenceSource",
    "Discord",
    "DiscordChannel",
    "DiscordChannelId",
    "DiscordPerson",
    "DriveSource",
    "EncoderName",
    "FolderSource",
    "Generator",
    "GeneratorName",
    "GoogleAccount",
    "Index",
    "Ingest",
    "Karakuri",
    "Log",
    "Platform",
    "Respond",
    "Search",
    "Serve",
    "Settings",
    "SettingsError",
    "Slack",
    "SlackChannel",
    "SlackChannelId",
    "SlackPerson",
    "Source",
    "WebLogin",
    "WebSource",
    "load",
    "seconds",
]
