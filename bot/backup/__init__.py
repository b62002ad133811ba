"""Backup and restore: index, SQL and configuration in one file that moves between machines.

And between backends: from the embedded index and SQLite to a Qdrant server and PostgreSQL, and
back. Secrets are no part of it. `manifest.py` describes the file.
"""

from bot.backup.archive import OnProgress, Reader
from bot.backup.errors import BackupError
from bot.backup.manifest import Manifest, moment
from bot.backup.restore import RESTORING, Restored, Target, restore
from bot.backup.save import Installation, ServedIndex, new_file, save

__all__ = [
    "RESTORING",
    "BackupError",
    "Installation",
    "Manifest",
    "OnProgress",
    "Reader",
    "Restored",
    "ServedIndex",
    "Target",
    "moment",
    "new_file",
    "restore",
    "save",
]
