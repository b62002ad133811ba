"""Where documents come from.

The first stage of the house: connectors list and fetch documents of one source each. They know
nothing of chunks, indexes or chat; nothing of ours is imported here.
"""
