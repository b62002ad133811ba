"""What the rig refuses, in the words and with the status codes of the real server.

The words come from the server's source: `lib/storage/src/content_manager/errors.rs` and
`src/actix/helpers.rs` (github.com/qdrant/qdrant).
"""

from __future__ import annotations

import re

# What the engine says when the request is at fault, not the engine.
_BAD_INPUT = re.compile(
    r"Vector dimension error|Not existing vector name|Wrong usage of sparse|Wrong usage of"
    r"|[Ee]xpected .* vector|Validation failed|Payload type does not match"
)
_BAD_REQUEST = re.compile(r"No appropriate index for faceting|[Ii]ndex required|No range index")
_NO_POINT = re.compile(r"No point with id (\S+)")


class RefusedError(Exception):
    """A request that gets an error for an answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class UnsupportedError(RefusedError):
    """Something that the real server does and this rig does not."""

    def __init__(self, what: str) -> None:
        super().__init__(501, f"this rig does not know {what}")


def bad_json(what: str) -> RefusedError:
    """Return the refusal of a body that is not what the path takes."""
    return RefusedError(400, f"Format error in JSON body: {what}")


def invalid(what: str) -> RefusedError:
    """Return the refusal of a value that is out of its range."""
    return RefusedError(422, f"Validation error in JSON body: [{what}]")


def bad_input(what: str) -> RefusedError:
    """Return the refusal of a request that does not fit the collection."""
    return RefusedError(400, f"Wrong input: {what}")


def bad_request(what: str) -> RefusedError:
    """Return the refusal of a request that can not be carried out as it is."""
    return RefusedError(400, f"Bad request: {what}")


def not_found(what: str) -> RefusedError:
    """Return the refusal of a request for something that is not there."""
    return RefusedError(404, f"Not found: {what}")


def exists(what: str) -> RefusedError:
    """Return the refusal of a name that is taken."""
    return RefusedError(409, f"Wrong input: {what}")


def from_engine(error: Exception) -> RefusedError:
    """Return the answer that the server gives for what its engine raised."""
    said = str(error)
    if missing := _NO_POINT.search(said):
        return not_found(f"No point with id {missing[1]} found")
    if _BAD_INPUT.search(said):
        return bad_input(said)
    if _BAD_REQUEST.search(said):
        return bad_request(said)
    return RefusedError(500, f"Service internal error: {said}")
