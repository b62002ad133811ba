"""The log of conversations in SQL: turns, the passages found for them, and what people thought.

`store.py` is what the bot and the command line call; `tables.py` declares the tables that
`bot/migrations` creates. Knows nothing of platforms, retrieval or wording.
"""

from bot.conversations.errors import ConversationsError as ConversationsError
from bot.conversations.store import Conversations as Conversations
from bot.conversations.store import RepeatedMessageError as RepeatedMessageError
from bot.conversations.store import turn_id as turn_id
from bot.conversations.values import Feedback as Feedback
from bot.conversations.values import Selection as Selection
from bot.conversations.values import Shown as Shown
from bot.conversations.values import ShownPassage as ShownPassage
from bot.conversations.values import Thread as Thread
from bot.conversations.values import Turn as Turn
from bot.conversations.values import Vote as Vote
