"""Pictures that hold nothing, as the service of a cloud leaves them for what was not downloaded."""

import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

_LOOKED_AT = 20_000
_WHY = "are empty files (0 bytes), as clouds leave them for what was not downloaded, and cannot be read. Download them."


def said_of_empty(root: Path, places: Mapping[str, Sequence[str]]) -> str:
    """How many pictures are files of 0 bytes, in a sentence; "" where none is. Of very many some are looked at.

    Args:
        root: the folder of the data set.
        places: names of pictures by the path of their folder from there.
    """
    count = sum(map(len, places.values()))
    every = max(1, -(-count // _LOOKED_AT))
    files = (f"{root}/{place}/{name}" for place, names in places.items() for name in names)
    empty, looked = sum(map(_is_empty, islice(files, 0, None, every))), -(-count // every)
    some = f" (every {every}th was looked at)" if every > 1 else ""
    return f"{empty:,} of {looked:,} pictures{some} {_WHY}" if empty else ""


def _is_empty(path: str) -> bool:
    try:
        return os.stat(path).st_size == 0  # noqa: PTH116 - asked for 20,000 files
    except OSError:
        return False
