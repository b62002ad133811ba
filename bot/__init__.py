"""Questions in, linked answers out.

The last stage of the house: who asks, what they may read, which passages answer, how the answer is
worded, and where it is logged.
"""
