"""The script behind every page: page frame, navigation, then the page itself."""

from pathlib import Path

import streamlit as st

from core.base.memory import collect_only_what_is_new
from core.serving.predictor import DISCLAIMER
from dashboard.roles import Role, current_role
from dashboard.router import navigation_pages
from dashboard.shown_text import show_texts_as_they_stand
from dashboard.state.arrival import note_arrival
from dashboard.state.rerun_catalog import begin_rerun
from dashboard.widgets.back_button import let_back_leave_the_page
from dashboard.widgets.go_to import show_go_to
from dashboard.widgets.login import show_closed_door, show_login
from dashboard.widgets.open_tab import bring_open_tabs_into_sight
from dashboard.widgets.page_frame import NAME, dress_page, let_keyboards_into_popovers, name_tab
from dashboard.widgets.phone_menu import close_menu_on_phones
from dashboard.widgets.save_chart import show_save_chart
from dashboard.widgets.touch_scrolling import let_fingers_scroll
from dashboard.widgets.tour import show_tour
from dashboard.widgets.whole_cards import press_cards_anywhere

# A file of our own, for a Material icon would be fetched from the network by the browser.
FAVICON = Path(__file__).with_name("favicon.png")
PRESENTER = "presenter"
"""Path of the page that has no sidebar, for it is shown to a class."""


def show_page() -> None:
    """Show the page that the address names, in its frame."""
    collect_only_what_is_new()
    show_texts_as_they_stand()
    st.set_page_config(page_title=NAME, page_icon=str(FAVICON), layout="wide")
    pages = navigation_pages()
    if current_role() is Role.STRANGER:
        st.navigation(pages, position="hidden")
        show_closed_door()
        st.stop()
    page = st.navigation(pages, expanded=True)
    if page.url_path == PRESENTER:
        st.navigation(pages, position="hidden")
    else:
        with st.sidebar:
            show_go_to()
            show_save_chart()
            show_login()
            st.caption(DISCLAIMER)
            let_fingers_scroll()
            close_menu_on_phones()
            let_back_leave_the_page()
            press_cards_anywhere()
            let_keyboards_into_popovers()
            bring_open_tabs_into_sight()
    note_arrival(page.url_path)
    name_tab()
    dress_page()
    begin_rerun()
    if page.url_path != PRESENTER:
        show_tour(page.url_path)
    page.run()


if __name__ == "__main__":  # not in a process that a page starts: it would show a page to nobody first
    show_page()
