"""What a message wants, judged by rule and without a model: a question, thanks, a follow-up.

Knows nothing of platforms, retrieval or answers.
"""

from bot.dialogue.followup import Said, Standalone, wants_more
from bot.dialogue.intent import (
    has_words,
    is_follow_up,
    is_greeting,
    is_question,
    is_thanks,
    is_usage,
)

__all__ = [
    "Said",
    "Standalone",
    "has_words",
    "is_follow_up",
    "is_greeting",
    "is_question",
    "is_thanks",
    "is_usage",
    "wants_more",
]
