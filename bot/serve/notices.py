"""What the process tells whoever runs it: lines on a terminal, events in a log elsewhere.

Knows nothing of how the log looks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from bot.schedule import Job, Outcome

_NAMES = {"slack": "Slack", "discord": "Discord"}

_log = structlog.get_logger(__name__)

Show = Callable[[str, str], None]
"""Shows a line, given in English and in Japanese."""


class Notices:
    """Tells each thing once: to a person by `show`, else as an event of the log."""

    def __init__(self, show: Show | None = None) -> None:
        self._show = show

    def serving(self, platforms: Sequence[str], jobs: Sequence[Job], address: str) -> None:
        """Tell what was started; `address` is empty where there is none."""
        if not self._show:
            _log.info(
                "serving",
                platforms=list(platforms),
                jobs=[job.name for job in jobs],
                address=address,
            )
            return
        if jobs:
            names = ", ".join(job.name for job in jobs)
            self._show(f"Scheduled: {names}", f"定期実行: {names}")
        if address:
            self._show(f"Health and figures: {address}", f"稼働状況と計測値: {address}")
        self._show("Serving; Ctrl-C ends.", "稼働中です。Ctrl-Cで終了します。")

    def connected(self, platform: str, account: str) -> None:
        """Tell that a platform hears people now."""
        if not self._show:
            _log.info("connected", platform=platform, account=account)
            return
        name = _NAMES.get(platform, platform)
        as_, to = (f" as {account}", f"（{account}）") if account else ("", "")
        self._show(f"{name}: connected{as_}", f"{name}: 接続しました{to}")

    def disconnected(self, platform: str) -> None:
        """Tell that it does not."""
        if not self._show:
            _log.warning("disconnected", platform=platform)
            return
        name = _NAMES.get(platform, platform)
        self._show(
            f"{name}: the connection is gone; trying again",
            f"{name}: 接続が切れました。つなぎ直しています",
        )

    def refused(self, platform: str, reason: str) -> None:
        """Tell that a platform refuses us, and what to change."""
        if not self._show:
            _log.error("refused", platform=platform, reason=reason)
            return
        name = _NAMES.get(platform, platform)
        self._show(f"{name}: {reason}", f"{name}: {reason}")

    def waits(self, reason: str) -> None:
        """Tell that database or index is away, so that nothing can begin yet."""
        if not self._show:
            _log.warning("waiting", reason=reason)
            return
        self._show(f"waiting: {reason}", f"待っています: {reason}")

    def ended(self, outcome: Outcome) -> None:
        """Tell how a scheduled job ended."""
        name = outcome.job.name
        if not self._show:
            tell = _log.warning if outcome.code else _log.info
            reason = {"code": outcome.code, "reason": outcome.message} if outcome.code else {}
            tell("job_failed" if outcome.code else "job_done", job=name, **reason)
        elif outcome.code:
            self._show(
                f"{name}: failed ({outcome.code}): {outcome.message}",
                f"{name}: 失敗しました（{outcome.code}）: {outcome.message}",
            )
        else:
            self._show(f"{name}: done", f"{name}: 完了しました")

    def stopping(self, open_turns: int) -> None:
        """Tell that the end has begun, and how many questions are open."""
        if not self._show:
            _log.info("stopping", open_turns=open_turns)
        elif open_turns:
            self._show(
                f"Ending; {open_turns} open questions …",
                f"終了します。未回答の質問 {open_turns} 件…",
            )
        else:
            self._show("Ending …", "終了します…")
