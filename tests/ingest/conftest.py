"""Lets tests in the folders below use the helpers of this one: pytest looks here for imports."""
