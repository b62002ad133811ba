"""Lets tests in the folders below use the contract: pytest looks here for imports."""
