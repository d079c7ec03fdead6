"""Roles: whoever is not known to be an instructor is a viewer, and a viewer's action is refused."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.roles import Role, role_for

INSTRUCTORS = ["Anna@Example.org ", "ben@example.org"]
LOGIN = {"auth": {"client_id": "lesion-lab"}, "roles": {"instructors": INSTRUCTORS}}


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_on_loopback_without_a_login_the_person_is_the_instructor(address: str) -> None:
    assert role_for(address, False, "", []) is Role.INSTRUCTOR


@pytest.mark.parametrize(
    "address", ["", "0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "lab.example.org", "127.0.0.1.example"]
)
def test_anywhere_else_without_a_login_everybody_is_a_viewer(address: str) -> None:
    assert role_for(address, False, "", []) is Role.VIEWER
    assert role_for(address, False, "ben@example.org", INSTRUCTORS) is Role.VIEWER


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_with_a_login_only_listed_addresses_are_instructors(address: str) -> None:
    assert role_for(address, True, "ben@example.org", INSTRUCTORS) is Role.INSTRUCTOR
    assert role_for(address, True, "carl@example.org", INSTRUCTORS) is Role.VIEWER
    assert role_for(address, True, "ben@example.org.evil", INSTRUCTORS) is Role.VIEWER


def test_case_and_spaces_around_an_address_do_not_matter() -> None:
    assert role_for("", True, " ANNA@example.ORG", INSTRUCTORS) is Role.INSTRUCTOR


def test_nobody_is_never_an_instructor_where_there_is_a_login() -> None:
    assert role_for("127.0.0.1", True, "", INSTRUCTORS) is Role.VIEWER
    assert role_for("127.0.0.1", True, "", ["", " "]) is Role.VIEWER
    assert role_for("127.0.0.1", True, "  ", [" "]) is Role.VIEWER


def page() -> None:
    """Says who the person is, then does what only instructors may."""
    import streamlit as st

    from core.base.errors import PermissionDeniedError
    from dashboard.roles import current_role, require_instructor

    st.text(current_role())
    try:
        require_instructor()
    except PermissionDeniedError as error:
        st.error(str(error))
    else:
        st.success("done")


def opened(monkeypatch: pytest.MonkeyPatch, address: str, secrets: dict, user: dict) -> AppTest:
    """The page for a person on a server that listens on an address."""
    import streamlit as st

    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: address if key == "server.address" else real(key))
    test = AppTest.from_function(page, default_timeout=120)
    test.secrets = secrets
    test.user = user
    return test.run()


@pytest.mark.parametrize(
    ("address", "secrets", "user", "role"),
    [
        ("127.0.0.1", {}, {}, Role.INSTRUCTOR),
        ("127.0.0.1", {"password": "x"}, {}, Role.INSTRUCTOR),
        ("", {}, {}, Role.VIEWER),
        ("0.0.0.0", {}, {"is_logged_in": True, "email": "ben@example.org"}, Role.VIEWER),
        ("127.0.0.1", LOGIN, {"is_logged_in": False}, Role.VIEWER),
        ("127.0.0.1", LOGIN, {"is_logged_in": False, "email": "ben@example.org"}, Role.VIEWER),
        ("0.0.0.0", LOGIN, {"is_logged_in": True, "email": "Ben@example.org"}, Role.INSTRUCTOR),
        ("0.0.0.0", LOGIN, {"is_logged_in": True, "email": "carl@example.org"}, Role.VIEWER),
        ("0.0.0.0", LOGIN, {"is_logged_in": True}, Role.VIEWER),
        ("127.0.0.1", {"auth": {"client_id": "x"}}, {"is_logged_in": True, "email": "ben@example.org"}, Role.VIEWER),
    ],
)
def test_the_role_of_a_session_follows_from_server_secrets_and_login(address, secrets, user, role, monkeypatch) -> None:
    test = opened(monkeypatch, address, secrets, user)
    assert not test.exception
    assert test.text[0].value == role
    assert bool(test.success) is (role is Role.INSTRUCTOR)
    assert bool(test.error) is (role is Role.VIEWER)


def test_a_refusal_says_what_the_person_can_do_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    [error] = opened(monkeypatch, "0.0.0.0", {}, {}).error
    assert error.value == "Only instructors can start or stop runs. On this server you can explore and predict."
