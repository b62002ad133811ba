"""Google's APIs as this connector asks them: Drive, Sheets, Slides and the directory.

Knows nothing of syncs, scopes or who reads answers.
"""

from connectors.drive.api.directory import Directory
from connectors.drive.api.errors import FileTooLargeError, GoogleError
from connectors.drive.api.google import Google
from connectors.drive.api.user import DriveUser

__all__ = ["Directory", "DriveUser", "FileTooLargeError", "Google", "GoogleError"]
