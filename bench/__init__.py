"""Figures beside the peers': `python -m bench.run` prints all of them, each module its own part."""
