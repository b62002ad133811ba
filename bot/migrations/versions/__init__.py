"""The revisions, oldest first; what a release has shipped is never changed again."""
