"""The guarded, polite client for web pages; and the browser for those that scripts draw."""

from connectors.web.net.client import Web
from connectors.web.net.login import Login
from connectors.web.net.robots import RobotsError

__all__ = ["Login", "RobotsError", "Web"]
