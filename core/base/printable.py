"""Text that can be written and shown, whatever the bytes were that the system calls a file by."""

import unicodedata
from collections.abc import Sequence


def printable(text: object) -> str:
    r"""A path or text as it is, with what is no UTF-8 as escapes such as `\udce9`.

    Names of files are bytes; Python keeps those that are no text as lone surrogates, which nobody can encode.
    """
    return str(text).encode(errors="backslashreplace").decode()


def first_few(names: Sequence[object], most: int = 3) -> str:
    """The first of several names for a sentence, with " …" behind them where there are more."""
    return ", ".join(map(printable, names[:most])) + (" …" if len(names) > most else "")


def is_printable(text: str) -> bool:
    """Whether a text can be encoded as UTF-8."""
    return printable(text) == text


def said_by(error: BaseException) -> str:
    """What an error says; of one of the system what is wrong alone, for it names the whole path of a file."""
    return printable(getattr(error, "strerror", None) or error)


def one_line(text: object) -> str:
    r"""A name or sentence for a terminal or a log: line breaks and whatever else steers one as escapes such as `\n`."""
    return "".join(c if c == " " or not _steers(c) else c.encode("unicode_escape").decode() for c in printable(text))


def _steers(character: str) -> bool:
    return not character.isprintable() and unicodedata.category(character) != "Zs"


def shortened(text: str, longest: int = 200) -> str:
    """A text for a message: its beginning where it is longer."""
    return text if len(text) <= longest else f"{text[:longest]} …"
