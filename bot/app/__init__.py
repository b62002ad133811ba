"""The only place that names concrete classes: settings become a working program."""

from bot import settings as settings_
from bot.app.program import App, open_app
from bot.app.registry import CONNECTORS, ENCODERS, GENERATORS, PLATFORMS

__all__ = [
    "CONNECTORS",
    "ENCODERS",
    "GENERATORS",
    "PLATFORMS",
    "App",
    "open_app",
    "settings_",
]
