"""Text from files, shown as it stands."""

_SPECIAL = frozenset(r"\`*_{}[]()#+-.!|~:$<>&")


def plain(text: object) -> str:
    """A text for Streamlit's Markdown in which nothing is markup: names of columns and values come from files."""
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in str(text))
