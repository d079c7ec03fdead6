"""Finding the picture of an id: by its file name without ending, in all folders of a data set."""

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.data.adapters.folder_names import is_mask_folder
from core.data.adapters.picture_files import picture_files, stem
from core.data.compact_texts import NONE, Numbers, as_series, compact, hashes_of
from core.data.spec import Skip


class PicturesByStem:
    """Pictures by their file name without ending; the first one found counts, masks behind pictures.

    Names lie apart from folders, of which there are few: paths of 300,000 pictures would take as many bytes again.
    """

    def __init__(self, folders: Iterable[Path], skipped: list[Skip] | None = None) -> None:
        """Look for them; what is left out is added to `skipped`, as `picture_files` does.

        Raises:
            DataError: as `picture_files`.
        """
        self._places: list[str] = []
        place_of, hashes, masked = array("i"), array("q"), array("b")

        def names() -> Iterator[str]:
            for folder in folders:
                known: dict[str, int] = {}
                of_masks: dict[str, bool] = {}
                for path in picture_files(folder, skipped=skipped):
                    place, name = os.path.split(path)
                    if place not in known:
                        known[place] = len(self._places)
                        self._places.append(place)
                        of_masks[place] = any(map(is_mask_folder, place[len(str(folder)) :].split("/")))
                    place_of.append(known[place])
                    hashes.append(hash(stem(name)))
                    masked.append(of_masks[place])
                    yield name

        self._names = compact(names())
        self._place_of = np.array(place_of, np.int32)
        order = np.argsort(np.array(masked, np.int8), kind="stable")
        self._numbers = Numbers(np.array(hashes, np.int64)[order], order, first=True)

    def get(self, name: str) -> str | None:
        """The path of the picture with this file name without ending, None if there is none."""
        number = self._numbers.get(name)
        if number == NONE:
            return None
        return str(Path(self._places[self._place_of[number]]) / self._names.iloc[number])

    def of(self, names: pd.Series) -> pd.Series:
        """The path of the picture of each name, missing where there is none."""
        numbers = self._numbers.of(hashes_of(names, len(names)))
        found = pa.array(numbers, mask=numbers == NONE)
        places = pa.array([place.rstrip("/") for place in self._places], pa.large_string())
        lying_in = places.take(pa.array(self._place_of).take(found))
        called = pa.array(self._names.array).take(found)
        return as_series(pc.binary_join_element_wise(lying_in, called, pa.scalar("/", pa.large_string()))).set_axis(
            names.index
        )


def pictured(labels: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The class of each picture in a folder, at any depth, that has a label by its file name without ending."""
    for path in picture_files(folder, skipped=[]):
        if (label := labels.get(stem(path))) is not None:
            yield label
