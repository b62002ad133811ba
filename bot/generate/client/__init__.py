"""One client for any number of OpenAI-compatible workers, which are tried in order.

It waits for room at a worker, asks another one where nothing has been said yet, lets a worker that
is away alone until it is healthy, and never takes half an answer for a whole one. Knows nothing of
prompts, profiles or what answers are made of.

Importing this package imports `openai`, which takes half a second: import it when it is used.
"""

from bot.generate.client.client import Client, WorkerState

__all__ = ["Client", "WorkerState"]
