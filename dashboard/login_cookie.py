"""Who is logged in, from the cookies of a request: Streamlit itself tells it to pages alone.

The one place that knows how Streamlit signs its cookie; a test logs somebody in and asks for what only they may have.
"""

import json
from collections.abc import Mapping
from typing import Any

from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import AUTH_COOKIE_NAME, get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value


def user_of_cookies(cookies: Mapping[str, str]) -> dict[str, Any]:
    """What the login said of the person, as `st.user` has it; empty for nobody and for a forged or old cookie."""
    if AUTH_COOKIE_NAME not in cookies:
        return {}
    secret = get_cookie_secret()

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(secret, name, value.encode("latin-1", "replace")) if value else None

    try:
        user = json.loads(get_cookie_with_chunks(signed, AUTH_COOKIE_NAME) or b"{}")
    except ValueError:
        return {}
    return user if isinstance(user, dict) else {}
