"""Web pages as a source: crawled politely, read again only where they changed.

Knows nothing of how a page's text is taken out of its markup.
"""
