"""The Streamlit shell: the app with its routes, the router, charts, widgets and roles."""
