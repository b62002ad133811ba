"""Why a document could not be fetched, in words that stand behind its name."""

NO_MORE = "it is no longer there, or no longer seen by the account"
NO_BODY = "the site can not give its storage format; open it in the editor and publish it again"
RESOLVED = "its thread was resolved; the next full listing drops it"


def too_large(size: int, limit: int) -> str:
    """Return that a document holds too many bytes."""
    return (
        f"its {size / 1e6:,.1f} MB are more than the limit of {limit / 1e6:,.1f} MB; raise "
        "`max_bytes` or exclude it"
    )
