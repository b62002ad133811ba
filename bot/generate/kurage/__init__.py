"""lightblue/kurage-ja: prompt, output and the ways to ask it. Knows nothing of servers."""

from bot.generate.kurage.generator import KurageGenerator

__all__ = ["KurageGenerator"]
