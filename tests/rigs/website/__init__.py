"""Web sites on loopback, as faithful and as bad as real ones, for tests and measurements.

    with WebsiteRig() as rig:
        rig.site.add_page("/", html.page("ホーム", links=["/docs/", "/news/?page=2"]))
        rig.site.robots(disallow=["/private/"], crawl_delay=1, sitemaps=[f"{rig.url}/sitemap.xml"])
        …                                        # rig.url, rig.journal, rig.connections

    with WebsiteRig(pages=300) as rig:           # a company's site; WebsiteProcess: in a process
        rig.company.documents, rig.company.truth(url), rig.company.trapped(rig.journal)

Hosts differ by the `Host` header: 127.0.0.1, .2 and .3 at one port are there from the start, any
name is where the client's own resolver leads it there (`rigs.website.names`). Real are connections,
conditional requests, redirects, ways of sending and of failing. Not there: HTTP/2, caches, ranges.
"""

from rigs.faults import Fault
from rigs.website.company import Company
from rigs.website.process import WebsiteProcess
from rigs.website.rig import WebsiteRig
from rigs.website.values import Asked, Delivery, Reply, Truth, Visit

__all__ = [
    "Asked",
    "Company",
    "Delivery",
    "Fault",
    "Reply",
    "Truth",
    "Visit",
    "WebsiteProcess",
    "WebsiteRig",
]
