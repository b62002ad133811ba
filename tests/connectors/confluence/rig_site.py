"""The rig under the hands of the contract, read over HTTP by the API itself."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from rigs.confluence import ConfluenceRig, Fault

from connectors.confluence import ConfluenceConnector, Scope
from connectors.confluence.api import open_site


class RigUnderTest:
    """A site on loopback that the contract writes to."""

    def __init__(self, rig: ConfluenceRig, memory: Path) -> None:
        self.rig = rig
        self.memory = memory
        self.ids: dict[str, str] = {}
        self._open: list[ConfluenceConnector] = []
        rig.site.add_space("ENG")

    @property
    def host(self) -> str:
        """Principals are named by it."""
        return urlsplit(self.rig.url).netloc

    def connector(self, scope: Scope | None = None, **options: object) -> ConfluenceConnector:
        cloud = self.rig.settings.edition == "cloud"
        site = open_site(
            self.rig.url,
            email=self.rig.email if cloud else None,
            token=self.rig.token,
            edition=self.rig.settings.edition,
            backoff=0.01,
        )
        made = ConfluenceConnector(site, scope, memory=self.memory, **options)  # type: ignore[arg-type]
        self._open.append(made)
        return made

    def close(self) -> None:
        for connector in self._open:
            connector.close()

    def write(self, name: str, text: str) -> None:
        site = self.rig.site
        if name in self.ids:
            site.edit(self.ids[name], f"<p>{text}</p>")
        else:
            self.ids[name] = site.add_page("ENG", name, f"<p>{text}</p>")

    def remove(self, name: str) -> None:
        self.rig.site.delete(self.ids[name])

    def restrict(self, name: str, principal: str | None) -> None:
        if principal is None:
            self.rig.site.unrestrict(self.ids[name])
        else:
            self.rig.site.restrict(self.ids[name], groups=[principal.removeprefix("group:")])

    def hide_readers(self) -> None:
        self.rig.fault(Fault(path="*permissions*", status=403, times=None))

    def break_listing(self) -> None:
        self.rig.fault(Fault(path="*/content/search*", status=400, times=None))

    def go_away(self) -> None:
        self.rig.expire_token()
