"""The only place that names concrete classes: settings become a working program."""

from bot import settings as settings_
from bot.app.program import App, open_app
from bot.app.registry import CONNECTORS, ENCODERS, GENERATORS, PLATFORMS
from bot.app.sources import ad_hoc_name, connected

__all__ = [
    "CONNECTORS",
    "ENCODERS",
    "GENERATORS",
    "PLATFORMS",
    "App",
    "ad_hoc_name",
    "connected",
    "open_app",
    "settings_",
]
