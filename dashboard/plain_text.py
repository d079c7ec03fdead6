"""Text from files, shown as it stands."""

import re

# An underscore between letters or digits, as in nearly every image id, marks nothing up (CommonMark 0.31, 6.2).
_MARKUP = re.compile(r"[\\`*{}\[\]()#+\-.!|~:$<>&]|(?<![^\W_])_|_(?![^\W_])")


def plain(text: object) -> str:
    """A text for Streamlit's Markdown in which nothing is markup: names of columns and values come from files."""
    return _MARKUP.sub(r"\\\g<0>", str(text))
