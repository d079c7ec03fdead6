"""Bearer tokens: how programs say who they are. The section `[api]` of the secrets names them, with a role each.

    [api]
    requests_per_minute = 600                                    # of one token or address; 3000 unless said

    [api.tokens]
    scanner = { token = "32 characters or more", role = "viewer" }      # may predict
    nightly = { token = "another one", role = "instructor" }            # may also launch

Once a token is named, the API answers to nobody without one. A section that cannot be understood lets nobody in.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from starlette.requests import HTTPConnection

from dashboard.login_cookie import user_of_cookies
from dashboard.rest.refusals import Refusal
from dashboard.roles import Role, RulesError, person_of, read_rules, role_of_request

REQUESTS_PER_MINUTE = 3000
SHORTEST = 32
"""Characters of a token: shorter ones could be guessed."""
_ROLES = {"viewer": Role.VIEWER, "instructor": Role.INSTRUCTOR}
_SCHEME = {"WWW-Authenticate": 'Bearer realm="Lesion Lab"'}
_PRINTABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Caller:
    """Who asks: the role, what limits count by, and whom a run that is launched belongs to (empty for nobody)."""

    role: Role
    counted_as: str
    owner: str = ""


@dataclass(frozen=True)
class ApiToken:
    """A token by its SHA-256, so that no token stands in memory or in a log."""

    name: str
    digest: bytes = field(repr=False)
    role: Role


@dataclass(frozen=True)
class ApiRules:
    """What the section `[api]` says."""

    tokens: tuple[ApiToken, ...] = ()
    requests_per_minute: int = REQUESTS_PER_MINUTE

    @classmethod
    def of_secrets(cls, secrets: Mapping[str, Any]) -> "ApiRules":
        """From what stands in the secrets.

        Raises:
            RulesError: the section cannot be understood.
        """
        section = _section(secrets, "api")
        if unknown := set(section) - {"tokens", "requests_per_minute"}:
            raise RulesError(f"[api] has no setting {', '.join(sorted(unknown))}")
        rate = section.get("requests_per_minute", REQUESTS_PER_MINUTE)
        if type(rate) is not int or rate < 1:
            raise RulesError("requests_per_minute in [api] has to be a whole number from 1")
        tokens = tuple(_token(name, entry) for name, entry in _section(section, "tokens").items())
        if len({each.digest for each in tokens}) < len(tokens):
            raise RulesError("two names in [api.tokens] have the same token")
        return cls(tokens, rate)

    def holder_of(self, token: str) -> ApiToken | None:
        """The entry of a token. All are compared, each in constant time: how long it takes tells nothing."""
        digest = sha256(token.encode("utf-8", "surrogateescape")).digest()
        fitting = [each for each in self.tokens if hmac.compare_digest(each.digest, digest)]
        return fitting[0] if fitting else None


def api_rules() -> ApiRules | None:
    """What the secrets say; None if they cannot be understood. The log says why."""
    return read_rules(ApiRules, "The API lets nobody in")


def caller_of(connection: HTTPConnection) -> Caller:
    """Who asks the API, by the token that is sent; where the secrets name none, by what is known on pages.

    Raises:
        Refusal: 401, for a token is missing or not known, or the person has to log in first.
    """
    rules = api_rules()
    if rules is None:
        raise Refusal(401, "The server's settings for tokens cannot be understood, so nobody is let in.", _SCHEME)
    address = connection.client.host if connection.client else ""
    sent = connection.headers.getlist("authorization")
    if not any(each.lower().startswith("bearer") for each in sent):  # a proxy may ask for a password of its own
        if rules.tokens:
            raise Refusal(401, "Send a token: Authorization: Bearer TOKEN.", _SCHEME)
        role = role_of_request(connection)
        if role is Role.STRANGER:
            raise Refusal(401, "Log in first, or send a token: Authorization: Bearer TOKEN.", _SCHEME)
        return Caller(role, address, person_of(user_of_cookies(connection.cookies)))
    scheme, _, token = sent[0].partition(" ")
    holder = rules.holder_of(token.strip()) if len(sent) == 1 and scheme.lower() == "bearer" else None
    if holder is None:
        raise Refusal(401, "This token is not known here.", _SCHEME)
    return Caller(holder.role, f"token {holder.name}", f"token {holder.name}")


def _token(name: str, entry: Any) -> ApiToken:
    if not isinstance(entry, Mapping) or set(entry) != {"token", "role"}:
        raise RulesError(f"{name} in [api.tokens] has to have a token and a role")
    token, role = entry["token"], entry["role"]
    if not isinstance(token, str) or len(token) < SHORTEST or not _PRINTABLE.fullmatch(token):
        raise RulesError(f"the token of {name} has to have at least {SHORTEST} letters, digits or signs and no space")
    if not isinstance(role, str) or role not in _ROLES:
        raise RulesError(f"the role of {name} has to be viewer or instructor")
    return ApiToken(name, sha256(token.encode()).digest(), _ROLES[role])


def _section(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = of.get(name, {})
    if not isinstance(section, Mapping):
        raise RulesError(f"“{name}” has to be a section of the secrets")
    return section
