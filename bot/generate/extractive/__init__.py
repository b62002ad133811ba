"""The generator that needs no model: it quotes the sentences that answer, or abstains.

`units` says what can be quoted, `question` what is asked, `candidates` what speaks for each unit,
`confidence` whether any of them answers, `weights` what both are worth, as learned by
`bench/tune_extractive.py`. Knows nothing of retrieval, platforms and wording.
"""

from bot.generate.extractive.generator import ExtractiveGenerator

__all__ = ["ExtractiveGenerator"]
