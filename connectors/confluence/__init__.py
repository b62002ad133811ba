"""Confluence, Cloud and Data Center, as a source.

`api` speaks to a site, `connector` lists and fetches, `readers` tells who may read; `storage` is
what is handed over of a page. Knows nothing of how a page's text is taken out of its markup.
"""
