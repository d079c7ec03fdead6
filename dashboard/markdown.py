"""Streamlit's Markdown, told apart from texts: what is no `Markdown` is shown as it stands.

Names of data sets, classes, columns, files and runs come from others. `dashboard.shown_text` escapes every text on its
way to a page, so nobody has to remember to; only what we mark up ourselves is written as `Markdown`, and what is put
into it is escaped as well: `Markdown("**{}** of {:,} images").format(name, count)`.
"""

import re
import unicodedata
from typing import Any

from markupsafe import Markup

# Marks that turn the direction of the texts beside them, and breaks of lines and pages.
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]*[\n\r\t\x00-\x1f\x7f-\x9f\u2028\u2029][\s\x00-\x1f]*")
# An underscore between letters or digits, as in nearly every image id, marks nothing up (CommonMark 0.31, 6.2);
# headings, lists and quotes do so at the start alone.
_MARKUP = re.compile(
    r"[\\`*\[\]~$]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
    r"|\||^[-+](?=[\s-]|$)|^#(?=#*(?:\s|$))|^>|^=(?==*$)"
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
# Links, emoji, icons and directives are also found in texts whose markup was escaped; what parts them ends that.
_NAMED = re.compile(
    r"(?<=http):(?=//)|(?<=https):(?=//)|:(?=[A-Za-z+:-]|\w+:)|(?<=www)(?=\.)|(?<=[\w.+-]@)(?=\w)", re.IGNORECASE
)
_HARMLESS_IN_CODE = re.compile(r"[\w.,/@=+()-]+(?: [\w.,/@=+()-]+)*")
_WEB_ADDRESS = re.compile(r"https?://[\w.:-]+(?:/[^\s<>()\\]*)?", re.ASCII)
_WORD_JOINER = "\u2060"


def one_line(text: object) -> str:
    """A text in one line that leaves the direction of its neighbours as it is."""
    return _BREAKS.sub(" ", _TURNS.sub("", str(text)))


class Markdown(Markup):
    """Text that Streamlit may read as Markdown; `format`, `join`, `+` and `%` escape what else is put into it."""

    @classmethod
    def escape(cls, text: Any, /) -> "Markdown":
        """A text in which nothing is markup, in one line; `Markdown` stays as it is."""
        if hasattr(text, "__markdown__"):
            return cls(text.__markdown__())
        line = one_line(text)
        begin = " " * line.startswith(" ")  # four spaces would make it code
        line = _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", line.lstrip(" ")))
        line = _NAMED.sub(lambda found: found[0] + _WORD_JOINER, line)
        return cls(f"{begin}\u2068{line}\u2069" if _runs_to_the_left(line) else begin + line)

    def __markdown__(self) -> str:
        return str.__str__(self)


def code(text: object) -> Markdown:
    """A text in the letters of code, unless it holds what would end those within a label or a table."""
    line = one_line(text)
    return Markdown(f"`{line}`") if _HARMLESS_IN_CODE.fullmatch(line) else Markdown.escape(line)


def link(text: object, address: str) -> Markdown:
    """A link to a page of the web; the text alone where the address is of another kind."""
    shown = Markdown.escape(text)
    return Markdown(f"[{shown}]({address})") if _WEB_ADDRESS.fullmatch(address) else shown


def _runs_to_the_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
