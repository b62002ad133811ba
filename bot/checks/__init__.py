"""What a model wrote, held against the passages that it names.

`examined` looks for each number, date, address and name in them; `attributed` finds out which
passage bears which sentence. Both are pure and quick: no model, no index, no clock. They compare
what is written, not what is meant: an answer without doubts may still be wrong.
"""

from bot.checks.attribution import attributed as attributed
from bot.checks.attribution import content as content
from bot.checks.examination import examined as examined
