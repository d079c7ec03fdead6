"""What makes a kind of download a data set: how it is recognised, and how it is read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.base.progress import Progress
from core.data.adapters.listing import Listing
from core.data.spec import Dataset, DatasetSpec


@dataclass(frozen=True)
class Adapter:
    """One layout of files.

    `recognise` looks at names, and at headers where names are not enough, and gives the data sets that a folder holds,
    none if it has another layout. Where one of them cannot be used it has a `problem`; where the whole folder cannot,
    `recognise` raises DataError. `read` gets the folder, one of these specifications and a progress. `wanted` says what
    to put into a folder, to follow “Put …”.
    """

    recognise: Callable[[Listing], tuple[DatasetSpec, ...]]
    read: Callable[[Path, DatasetSpec, Progress], Dataset]
    known: tuple[DatasetSpec, ...] = ()
    """Data sets that are listed even where they are not here."""
    wanted: str = ""
    note: Callable[[DatasetSpec, Listing], str] = lambda spec, listing: ""  # noqa: ARG005
    """What a person should know before the first use, such as how much disk it takes."""
    unlabelled: Callable[[Path], pd.DataFrame] | None = None
    """Gives the pictures of a folder that have no class, with `TIDY_COLUMNS`, where `read` leaves them out."""
    classes_here: Callable[[Path, DatasetSpec], Iterable[str]] | None = None
    """Gives the class of each picture of a folder that is here and can be learnt, lazily, for the second class ends it;
    raises DataError where a table cannot be read. None where `recognise` tells all that it would."""
    elsewhere: Callable[[Path], Iterable[Path]] = lambda folder: ()  # noqa: ARG005
    """Further folders in which the pictures of a folder may lie."""
    arrays: bool = False
    """Whether the pictures lie in arrays, so that nothing but `read` can read them."""
