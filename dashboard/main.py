"""The script behind every page: page frame, navigation, then the page itself."""

import streamlit as st

from dashboard.router import navigation_pages

st.set_page_config(page_title="Lesion Lab", page_icon=":material/dermatology:", layout="wide")
page = st.navigation(navigation_pages())
with st.sidebar:
    st.caption("For research and education only. Not a medical device, not a diagnosis.")
page.run()
