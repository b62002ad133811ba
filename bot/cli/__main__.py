"""Lets child processes run `python -m bot.cli`, whatever is on the PATH."""

from bot.cli import main

main()
