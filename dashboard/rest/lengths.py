"""How long the body of a request is said to be."""

from starlette.requests import Request

from dashboard.rest.refusals import Refusal


def declared_length(request: Request) -> int | None:
    """Bytes by its `Content-Length`; None where there is none, as of a body that is sent in pieces.

    Raises:
        Refusal: 400, it is no number; 413, it is one that no server could take.
    """
    declared = request.headers.get("content-length", "")
    if not declared:
        return None
    if not (declared.isascii() and declared.isdecimal()):
        raise Refusal(400, "Content-Length has to be a number.")
    if len(declared) > 15:
        raise Refusal(413, "What is sent here is too long.")
    return int(declared)
