"""What goes wrong with a backup."""

from __future__ import annotations


class BackupError(Exception):
    """A backup can not be written or restored; the message says what to change."""
