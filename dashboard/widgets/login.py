"""Who the person is and what that allows, and logging in where a login is configured."""

import streamlit as st

from dashboard.instructor_link import cookie_name, link
from dashboard.markdown import Markdown
from dashboard.roles import (
    Role,
    access_rules,
    current_person,
    current_role,
    instructor_by_link,
    login_configured,
    why_viewer,
)
from dashboard.visit import Visit


def show_login() -> None:
    """A button to log in or out with who the person is; without a login, why a viewer is no instructor."""
    role = current_role()
    if not login_configured():
        if role is not Role.INSTRUCTOR:
            st.caption(Markdown(":material/lock: {} You can explore and predict.").format(why_viewer()))
        elif instructor_by_link():
            st.caption("You are the instructor, by the link of the terminal.")
            st.button("Be a viewer again", icon=":material/logout:", width="stretch", on_click=_give_role_back)
        return
    if st.user.is_logged_in:
        st.text(f"{current_person() or 'Logged in'} · {role}")  # no Markdown, which makes a link of an address
        if why := why_viewer():
            st.caption(Markdown(":material/lock: {}").format(why))
        _log_out_button()
    else:
        _log_in_button()


def show_closed_door() -> None:
    """All that a stranger sees."""
    st.title("Lesion Lab")
    if access_rules() is None:
        st.error(
            "Nobody can see this dashboard at the moment: it is not clear from the server's settings who may. Whoever "
            "runs the server finds the reason in its log.",
            icon=":material/lock:",
        )
    elif st.user.is_logged_in:
        st.error(
            f"You are logged in{' as ' * bool(current_person())}{current_person()}, and that is not on the list "
            f"of those who may see this dashboard. {why_viewer()}",
            icon=":material/lock:",
        )
        _log_out_button()
    else:
        st.markdown("Log in to see this dashboard.")
        _log_in_button()


def _log_in_button() -> None:
    st.button("Log in", icon=":material/login:", width="stretch", on_click=st.login)


def _log_out_button() -> None:
    st.button("Log out", icon=":material/logout:", width="stretch", on_click=st.logout)


def _give_role_back() -> None:
    link.end(Visit.of_session().cookies.get(cookie_name(), ""))
