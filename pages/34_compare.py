"""Compare: several runs side by side."""

import streamlit as st

ICON = ":material/compare_arrows:"
st.title("Compare")
