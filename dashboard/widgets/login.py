"""Who is logged in, where a login is configured."""

import streamlit as st

from dashboard.roles import current_role, login_configured


def show_login() -> None:
    """A button to log in, or who the person is and a button to log out; nothing where no login is configured."""
    if not login_configured():
        return
    if st.user.is_logged_in:
        st.caption(f"{st.user.get('email') or 'Logged in'} · {current_role()}")
        st.button("Log out", icon=":material/logout:", width="stretch", on_click=st.logout)
    else:
        st.button("Log in", icon=":material/login:", width="stretch", on_click=st.login)
