"""Values that list classes, as Python and annotation tools write them: "['nevus']", "['edema', 'effusion']"."""

import re

import pandas as pd

from core.data.compact_texts import mapped

_QUOTED = re.compile(r"'((?:[^']|'(?=\w))*)'|\"([^\"]*)\"")

_BOX = re.compile(r"(\S*[^\W\d_]\S*)(?:\s+-?\d+(?:\.\d+)?){4}\s*")
_LOOKED_AT = 50


def are_of_boxes(values: pd.Series) -> bool:
    """Whether the values of a column are a class with the four numbers of its box, or several: "nevus 44 7 12 9"."""
    some = values[values != ""].iloc[:_LOOKED_AT]
    return len(some) > 0 and all(_BOX.match(text) and not _BOX.sub("", text) for text in map(str, some))


def classes_of_boxes(values: pd.Series) -> pd.Series:
    """The classes of the boxes in each value, as a list in square brackets where they are several."""
    return mapped(values, _classes_of_boxes)


def _classes_of_boxes(text: str) -> str:
    different = list(dict.fromkeys(_BOX.findall(text)))
    return str(different) if len(different) > 1 else "".join(different)


def members_of(text: str) -> list[str]:
    """The different members of a list in square brackets, in order; none of what is no such list."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return []
    inner = text[1:-1]
    quoted = ["".join(each).strip() for each in _QUOTED.findall(inner)]
    return list(dict.fromkeys(filter(None, quoted or map(str.strip, inner.split(",")))))


def without_brackets(text: str) -> str:
    """A value without the signs of a list: "['nevus']" is "nevus"; that of several members has commas between them."""
    text = text.strip()
    return ", ".join(members_of(text)) if text.startswith("[") and text.endswith("]") else text
