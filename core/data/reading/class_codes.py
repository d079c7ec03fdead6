"""Lists of the names of codes that classes are called by, such as "n01440764 tench, Tinca tinca"."""

import re
from collections.abc import Collection
from pathlib import Path

from core.base.errors import DataError
from core.base.files import open_regular
from core.data.adapters.table_files import encoding_of
from core.data.diagnoses.diagnoses import diagnosis

_LARGEST_BYTES = 1_000_000
_CODE = re.compile(r"(?=\S*\d)[^\W_]\S*")
_LINE = re.compile(r"\s*(\S+?)[\s,;:=]+(\S.*?)\s*")


def names_of_codes(path: Path, codes: Collection[str]) -> dict[str, str] | None:
    """The name of each code as the lines of a text say; None where they lack one, or codes say what they mean.

    Args:
        path: the text.
        codes: what the classes are called.
    """
    if len(codes) < 2 or not all(_CODE.fullmatch(code) and not diagnosis(code).known for code in codes):
        return None
    try:
        with open_regular(path) as file:
            data = file.read(_LARGEST_BYTES)
        lines = data.decode(encoding_of(data)).splitlines()
    except (OSError, DataError, ValueError):
        return None
    found = (_LINE.fullmatch(line) for line in lines)
    said = {each[1]: each[2] for each in found if each is not None and each[1] in codes}
    unique = len(set(said.values())) == len(codes) and not any(name.isdecimal() for name in said.values())
    return said if len(said) == len(codes) and unique else None
