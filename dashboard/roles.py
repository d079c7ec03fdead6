"""Who may do what: viewers look and predict, instructors also launch and stop.

On loopback without a login the person is the instructor. With `st.login` configured, the addresses in
`[roles] instructors = […]` of the secrets are instructors. Bound to another address without a login, everybody
is a viewer.
"""

import ipaddress
from collections.abc import Collection
from enum import StrEnum

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.base.errors import PermissionDeniedError


class Role(StrEnum):
    """What a person may do."""

    VIEWER = "viewer"
    INSTRUCTOR = "instructor"


def role_for(address: str, login_configured: bool, email: str, instructors: Collection[str]) -> Role:
    """The role from where the server listens and who is logged in.

    `address` is the server's own; empty means all interfaces. `email` is empty for nobody.
    """
    if login_configured:
        known = {each.strip().lower() for each in instructors}
        return Role.INSTRUCTOR if email.strip().lower() in known - {""} else Role.VIEWER
    return Role.INSTRUCTOR if _loopback(address) else Role.VIEWER


def login_configured() -> bool:
    """True if the secrets have an `[auth]` section, which `st.login` needs."""
    try:
        return "auth" in st.secrets
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return False


def current_role() -> Role:
    """The role of the person whose session this is."""
    login = login_configured()
    instructors = st.secrets.get("roles", {}).get("instructors", []) if login else []
    return role_for(st.get_option("server.address") or "", login, current_person(), instructors)


def current_person() -> str:
    """E-mail address of whoever is logged in, empty for nobody."""
    return str(st.user.get("email") or "") if login_configured() and st.user.is_logged_in else ""


def require_instructor() -> None:
    """Called by every action that launches, stops or deletes.

    Raises:
        PermissionDeniedError: the person is a viewer.
    """
    if current_role() is not Role.INSTRUCTOR:
        raise PermissionDeniedError(
            "Only instructors can start or stop runs. On this server you can explore and predict."
        )


def _loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
