"""What the API does not do, as a status and a sentence."""

from collections.abc import Mapping

from core.base.errors import (
    ConfigurationError,
    DiskFullError,
    EngineError,
    LesionLabError,
    PermissionDeniedError,
)


class Refusal(Exception):
    """An answer that is no success: `status` of HTTP, a sentence for the person, and headers to send with it."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, dict(headers or {})


def refusal_of(error: LesionLabError) -> Refusal:
    """What an error of ours means to whoever asked: their own input (422), or that the server cannot now (503, 507)."""
    if isinstance(error, PermissionDeniedError):
        return Refusal(403, str(error))
    if isinstance(error, DiskFullError):
        return Refusal(507, str(error))
    if isinstance(error, EngineError):
        return Refusal(503, str(error), {"Retry-After": "5"})
    return Refusal(422 if isinstance(error, ConfigurationError) else 409, str(error))
