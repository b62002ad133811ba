"""Google Drive as a source.

Knows nothing of how a file's text is taken out of its bytes.
"""
