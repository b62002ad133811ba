"""A Confluence site on loopback, Cloud or Data Center, for tests and measurements.

    with ConfluenceRig(edition="cloud", pages=100) as rig:
        …                                     # rig.url, rig.email, rig.token
        rig.site.edit(page, "<p>新しい本文</p>")
        rig.throttle(times=3)

Real are paths, parameters and answers (Cloud's are held against its OpenAPI descriptions), page
caps, cursors, CQL, who may view what, and the faults that connectors meet in production. Not there:
anything that writes by HTTP, and rendering beyond headings. What the rig does not know it answers
404 and puts among `violations`.
"""

from rigs.confluence.core import Request, Settings
from rigs.confluence.process import ConfluenceProcess
from rigs.confluence.rig import ConfluenceRig
from rigs.confluence.truth import Truth
from rigs.faults import Fault

__all__ = ["ConfluenceProcess", "ConfluenceRig", "Fault", "Request", "Settings", "Truth"]
