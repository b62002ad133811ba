"""The long-running process: what it starts, how it is watched, what it logs, how it ends."""
