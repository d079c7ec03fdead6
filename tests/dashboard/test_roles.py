"""Roles: whoever is not known to be an instructor is a viewer, and a viewer's action is refused."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base.settings import PROJECT_ROOT
from dashboard.roles import Role, Rules, RulesError, person_of

LOGIN = {"auth": {"client_id": "lesion-lab"}, "roles": {"instructors": ["Anna@Example.org ", "ben@example.org"]}}
MEMBERS = {"auth": {}, "roles": {"instructors": ["anna@example.org"], "viewers": ["@Example.org", "carl@example.com"]}}


def test_with_a_login_only_listed_addresses_are_instructors() -> None:
    rules = Rules.of_secrets(LOGIN)
    assert rules.role_of("ben@example.org") is Role.INSTRUCTOR
    assert rules.role_of(" ANNA@example.ORG") is Role.INSTRUCTOR
    for other in ("carl@example.org", "ben@example.org.evil", "@example.org", "", "  "):
        assert rules.role_of(other) is Role.VIEWER


def test_with_a_required_login_nobody_is_a_stranger_but_who_is_not_logged_in() -> None:
    rules = Rules.of_secrets({"auth": {}, "roles": {"require_login": True}})
    assert rules.role_of("anybody@example.net") is Role.VIEWER
    assert rules.role_of("") is Role.STRANGER
    assert rules.role_of(" ") is Role.STRANGER


def test_with_a_list_of_viewers_everybody_else_is_a_stranger() -> None:
    rules = Rules.of_secrets(MEMBERS)
    assert rules.role_of("anna@example.org") is Role.INSTRUCTOR
    for viewer in ("Dora@example.org", "carl@example.com"):
        assert rules.role_of(viewer) is Role.VIEWER
    for stranger in ("", "dora@example.com", "dora@sub.example.org", "dora@notexample.org", "example.org", "x@evil@b"):
        assert rules.role_of(stranger) is Role.STRANGER
    assert Rules.of_secrets({"auth": {}, "roles": {"viewers": []}}).role_of("a@example.org") is Role.STRANGER


@pytest.mark.parametrize(
    "secrets",
    [
        {"auth": {}, "roles": {"instructors": "ben@example.org"}},
        {"auth": {}, "roles": {"instructors": ["@example.org"]}},
        {"auth": {}, "roles": {"instructors": ["ben"]}},
        {"auth": {}, "roles": {"instructors": [7]}},
        {"auth": {}, "roles": {"instructors": None}},
        {"auth": {}, "roles": {"viewers": "@example.org"}},
        {"auth": {}, "roles": {"viewers": ["@"]}},
        {"auth": {}, "roles": {"require_login": "yes"}},
        {"auth": {}, "roles": {"require_login": 1}},
        {"auth": {}, "roles": {"require_logins": True}},
        {"auth": {}, "roles": ["ben@example.org"]},
        {"roles": {"require_login": True}},
        {"roles": {"viewers": ["@example.org"]}},
    ],
    ids=str,
)
def test_a_section_that_cannot_be_understood_is_refused_as_a_whole(secrets: dict) -> None:
    with pytest.raises(RulesError):
        Rules.of_secrets(secrets)


@pytest.mark.parametrize(
    ("claims", "person"),
    [
        ({"is_logged_in": True, "email": "ben@example.org"}, "ben@example.org"),
        ({"is_logged_in": True, "email": "ben@example.org", "email_verified": True}, "ben@example.org"),
        ({"is_logged_in": True, "email": "ben@example.org", "email_verified": "true"}, "ben@example.org"),
        ({"is_logged_in": True, "email": "ben@example.org", "email_verified": False}, ""),
        ({"is_logged_in": True, "email": "ben@example.org", "email_verified": "false"}, ""),
        ({"is_logged_in": True, "email": "ben@example.org", "email_verified": None}, ""),
        ({"is_logged_in": True, "email": "ben@example.org", "email_verified": 0}, ""),
        ({"is_logged_in": True}, ""),
        ({"is_logged_in": False, "email": "ben@example.org"}, ""),
        ({"email": "ben@example.org"}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_a_person_is_known_by_an_address_that_the_login_vouches_for(claims: dict, person: str) -> None:
    assert person_of(claims) == person


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
        (
            "127.0.0.1",
            LOGIN,
            {"is_logged_in": True, "email": "ben@example.org", "email_verified": False},
            Role.VIEWER,
        ),
        ("127.0.0.1", MEMBERS, {"is_logged_in": False}, Role.STRANGER),
        ("127.0.0.1", MEMBERS, {"is_logged_in": True, "email": "eve@example.net"}, Role.STRANGER),
        ("127.0.0.1", MEMBERS, {"is_logged_in": True, "email": "dora@example.org"}, Role.VIEWER),
        (
            "127.0.0.1",
            MEMBERS,
            {"is_logged_in": True, "email": "dora@example.org", "email_verified": False},
            Role.STRANGER,
        ),
        ("127.0.0.1", {"roles": {"require_login": True}}, {}, Role.STRANGER),
    ],
)
def test_the_role_of_a_session_follows_from_server_secrets_and_login(address, secrets, user, role, monkeypatch) -> None:
    test = opened(monkeypatch, address, secrets, user)
    assert not test.exception
    assert test.text[0].value == role
    assert bool(test.success) is (role is Role.INSTRUCTOR)
    assert bool(test.error) is (role is not Role.INSTRUCTOR)


def test_a_refusal_says_what_the_person_can_do_instead_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    [error] = opened(monkeypatch, "0.0.0.0", {}, {}).error
    assert error.value == (
        "Only instructors can start or stop runs. On this server you can explore and predict. "
        "This server can be reached from other machines, and no login is configured. "
        "Whoever started it finds a link for instructors in its terminal."
    )


def whole_app(monkeypatch: pytest.MonkeyPatch, address: str, secrets: dict, user: dict) -> AppTest:
    import streamlit as st

    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: address if key == "server.address" else real(key))
    test = AppTest.from_file(str(PROJECT_ROOT / "dashboard" / "main.py"), default_timeout=120)
    test.secrets, test.user = secrets, user
    return test.switch_page("../pages/20_data.py").run()


def shown(test: AppTest) -> str:
    elements = [*test.title, *test.markdown, *test.caption, *test.error, *test.info, *test.metric, *test.button]
    return " ".join(str(getattr(each, "value", "")) + str(getattr(each, "label", "")) for each in elements)


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"is_logged_in": False}, "Log in to see this dashboard"),
        ({"is_logged_in": True, "email": "eve@example.net"}, "not on the list"),
        ({"is_logged_in": True, "email": "dora@example.org", "email_verified": False}, "has not verified"),
    ],
    ids=str,
)
def test_a_stranger_sees_nothing_but_the_way_to_log_in(user, told, artifacts: Path, monkeypatch) -> None:
    test = whole_app(monkeypatch, "127.0.0.1", MEMBERS, user)
    assert not test.exception
    assert [title.value for title in test.title] == ["Lesion Lab"]
    assert told in shown(test)
    assert "data set" not in shown(test)
    assert [button.label for button in test.button] == (["Log out"] if user["is_logged_in"] else ["Log in"])


def test_with_faulty_settings_nobody_sees_anything_and_what_is_wrong_goes_to_the_log_alone(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    faulty = {"auth": {}, "roles": {"instructors": ["ben@example.org"], "require_logins": True}}
    test = whole_app(monkeypatch, "127.0.0.1", faulty, {"is_logged_in": True, "email": "ben@example.org"})
    assert "Nobody can see this dashboard at the moment" in shown(test)
    assert "require_logins" not in shown(test)
    assert "data set" not in shown(test)
    assert "[roles] has no setting require_logins" in caplog.text


def test_a_viewer_is_told_on_the_page_why(demo_artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = whole_app(monkeypatch, "0.0.0.0", {}, {})
    assert "This server can be reached from other machines, and no login is configured." in shown(test)
