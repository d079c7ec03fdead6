"""Who may do what: strangers see nothing, viewers look and predict, instructors also launch, stop and delete.

Without a login, whoever sits at the machine is the instructor and everybody else a viewer; where the server can be
reached from other machines, whoever opened the link of its terminal is (`dashboard.instructor_link`). With `st.login`
configured, the section `[roles]` of the secrets says who is what:

    [roles]
    instructors = ["anna@example.org"]            # addresses
    require_login = true                          # nobody sees anything without logging in
    viewers = ["ben@example.com", "@example.org"] # only they, and instructors; addresses and whole domains

A section that cannot be understood lets nobody in: a slip of the pen must not open the door.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol, Self, TypeVar

import streamlit as st
from starlette.requests import HTTPConnection
from streamlit.errors import StreamlitSecretNotFoundError

from core.base.errors import PermissionDeniedError
from dashboard.instructor_link import opened_link, reached_by_network
from dashboard.login_cookie import user_of_cookies
from dashboard.visit import Visit

logger = logging.getLogger(__name__)


class Role(StrEnum):
    """What a person may do."""

    STRANGER = "stranger"
    VIEWER = "viewer"
    INSTRUCTOR = "instructor"


class RulesError(ValueError):
    """The secrets say something that cannot be understood."""


class OfSecrets(Protocol):
    """Rules that stand in the secrets."""

    @classmethod
    def of_secrets(cls, secrets: Mapping[str, Any]) -> Self:
        """From what stands there.

        Raises:
            RulesError: it cannot be understood.
        """


T = TypeVar("T", bound=OfSecrets)


@dataclass(frozen=True)
class Rules:
    """Who is let in as what, as the secrets say. Addresses and domains are in lower case."""

    login: bool = False
    instructors: frozenset[str] = frozenset()
    viewers: frozenset[str] | None = None
    """Addresses and `@domain`s; None where everybody may be one."""
    require_login: bool = False

    @classmethod
    def of_secrets(cls, secrets: Mapping[str, Any]) -> "Rules":
        """From what stands in the secrets.

        Raises:
            RulesError: the sections `[auth]` and `[roles]` cannot be understood.
        """
        section = secrets.get("roles", {})
        if not isinstance(section, Mapping):
            raise RulesError("“roles” has to be a section: [roles]")
        unknown = set(section) - {"instructors", "viewers", "require_login"}
        if unknown:
            raise RulesError(f"[roles] has no setting {', '.join(sorted(unknown))}")
        require_login = section.get("require_login", False)
        if not isinstance(require_login, bool):
            raise RulesError("require_login in [roles] has to be true or false")
        viewers = _addresses(section, "viewers", domains=True) if "viewers" in section else None
        login = "auth" in secrets
        if not login and (require_login or viewers is not None):
            raise RulesError("[roles] asks for a login, and there is no section [auth] that would configure one")
        return cls(login, _addresses(section, "instructors"), viewers, require_login or viewers is not None)

    def role_of(self, person: str) -> Role:
        """The role of a person by e-mail address where a login is configured; empty for nobody."""
        person = person.strip().lower()
        if person and person in self.instructors:
            return Role.INSTRUCTOR
        if not self.require_login:
            return Role.VIEWER
        if not person:
            return Role.STRANGER
        domain = person[max(person.rfind("@"), 0) :]
        return Role.VIEWER if self.viewers is None or {person, domain} & self.viewers else Role.STRANGER


def access_rules() -> Rules | None:
    """What the secrets say; None if they cannot be understood, so that nobody is let in. The log says why."""
    return read_rules(Rules, "Nobody is let in")


def read_rules(rules: type[T], otherwise: str) -> T | None:
    """What the secrets say of one kind of rules; None if they cannot be understood.

    Args:
        rules: read from the secrets by its `of_secrets`; as it is without arguments where there are no secrets.
        otherwise: what then holds, for the log, which also says why.
    """
    try:
        return rules.of_secrets(st.secrets)
    except StreamlitSecretNotFoundError as error:
        if error.error_id == "no-secrets-found":
            return rules()
        _log_once(otherwise, str(error))
    except (RulesError, OSError) as error:
        _log_once(otherwise, str(error))
    return None


def login_configured() -> bool:
    """True if the secrets have an `[auth]` section, which `st.login` needs."""
    rules = access_rules()
    return rules is not None and rules.login


def current_role() -> Role:
    """The role of the person whose session this is."""
    return _role(access_rules(), Visit.of_session(), _user())


def role_of_request(connection: HTTPConnection) -> Role:
    """The role of whoever asks for something beside the pages."""
    return _role(access_rules(), Visit.of_scope(connection.scope), user_of_cookies(connection.cookies))


def current_person() -> str:
    """E-mail address of whoever is logged in, empty for nobody."""
    return person_of(_user()) if login_configured() else ""


def person_of(user: Mapping[str, Any]) -> str:
    """The e-mail address by which a logged-in person is known; empty where the login has not verified it.

    Many providers say nothing of verification (Microsoft Entra, for one): that counts as verified. One that says that
    an address is not verified would let in everybody who types it.
    """
    verified = user.get("email_verified", True)
    if user.get("is_logged_in") is not True or verified not in (True, "true"):
        return ""
    return str(user.get("email") or "").strip()


def why_viewer() -> str:
    """Why the person of this session is no instructor, as a sentence."""
    if login_configured():
        if st.user.is_logged_in and not current_person():
            return "Your login provider has not verified your e-mail address."
        return "" if st.user.is_logged_in else "Log in as an instructor to do so."
    link = " Whoever started it finds a link for instructors in its terminal." if reached_by_network() else ""
    return Visit.of_session().not_at_the_machine() + link


def instructor_by_link() -> bool:
    """Whether the person of this session is an instructor because of the link alone."""
    return not login_configured() and reached_by_network() and opened_link(Visit.of_session().cookies)


def require_instructor() -> None:
    """Called by every action that launches, stops or deletes.

    Raises:
        PermissionDeniedError: the person is a viewer.
    """
    if current_role() is not Role.INSTRUCTOR:
        what = "Only instructors can start or stop runs. On this server you can explore and predict."
        raise PermissionDeniedError(f"{what} {why_viewer()}".strip())


@lru_cache(maxsize=8)
def _log_once(otherwise: str, problem: str) -> None:
    logger.error("%s, for the secrets cannot be understood: %s", otherwise, problem)


def _role(rules: Rules | None, visit: Visit, user: Mapping[str, Any]) -> Role:
    if rules is None:
        return Role.STRANGER
    if rules.login:
        return rules.role_of(person_of(user))
    here = not visit.not_at_the_machine()
    return Role.INSTRUCTOR if here or (reached_by_network() and opened_link(visit.cookies)) else Role.VIEWER


def _user() -> dict[str, Any]:
    return st.user.to_dict()


def _addresses(section: Mapping[str, Any], name: str, *, domains: bool = False) -> frozenset[str]:
    listed = section.get(name, [])
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise RulesError(f"{name} in [roles] has to be a list of e-mail addresses")
    found = frozenset(each.strip().lower() for each in listed)
    for each in found:
        local, at, domain = each.rpartition("@")
        if not at or not domain or (not local and not domains):
            raise RulesError(f"{name} in [roles] holds “{each}”, which is no e-mail address")
    return found
