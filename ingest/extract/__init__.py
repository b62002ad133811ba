"""Bytes by media type become blocks of text that a reader of the document sees.

Knows nothing of connectors, chunks or indexes.
"""
