r"""A Google Workspace on loopback: Drive, Sheets, Slides, the directory and OAuth.

    with DriveRig() as rig:
        page = rig.site.add_doc("休暇", "# 有給休暇\n申請は前日までです。")
        …                              # rig.url, rig.credentials("service_account", folder)
        rig.fail("userRateLimitExceeded", times=3)

The official client works against it unchanged. Real are paths, parameters, masks and answers (held
against the discovery documents that the client ships with), the language of `q`, sharing and what
follows from it, the change logs with their gaps, exports, errors. Not there: anything that writes
by HTTP, and fullText. What the rig does not know it answers 404 and puts among `violations`.
"""

from rigs.drive.core import Request, Settings
from rigs.drive.process import DriveProcess
from rigs.drive.rig import DriveRig
from rigs.faults import Fault

__all__ = ["DriveProcess", "DriveRig", "Fault", "Request", "Settings"]
