"""Presenter view: the run that learns, large."""

import streamlit as st

ICON = ":material/present_to_all:"
st.title("Presenter")
