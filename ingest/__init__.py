"""Documents in, searchable chunks out.

The second stage of the house: bytes become blocks, blocks become chunks, chunks become points of an
index that mirrors its sources. Knows connectors, and nothing of questions, people or platforms.
"""
