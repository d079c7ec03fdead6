"""The same file names in several folders: versions or views of the same pictures, which belong together."""

import re
from collections.abc import Sequence

import pandas as pd

from core.data.compact_texts import folders_of, repeated
from core.data.group_words import words

_MOST, _NEARLY_ALL, _SOME = 0.5, 0.9, 0.05
_ENDING = r"\.[^./]*$"
_NUMBER = re.compile(r"\d+(?=\D*$)")
_FORMS = frozenset(
    "jpg jpeg png tif tiff bmp raw original originals resized cropped clinical dermoscopic dermoscopy macroscopic "
    "microscopic closeup overview color colour gray grey grayscale greyscale rgb normalized normalised unnormalized "
    "he ihc lowres highres stained unstained image images picture pictures".split()
)
_GAPS = 1.5
"""Numbers up to so many for each name are counted; ids leave more out."""


def versions(stems: pd.Series, classes: Sequence[str]) -> bool | None:
    """Whether files of one name show one picture in several versions (True) or may be no classes but views (False).

    None where names hardly repeat, or hold no numbers or those from 0 or 1 on, which say nothing.

    Args:
        stems: file names without ending.
        classes: the folder of the class of each, "" where it lies in none.
    """
    again = repeated(stems)
    if not len(stems) or again.mean() < _MOST or _are_counted(stems.unique()):
        return None
    lying_in = pd.Series(classes, dtype=object)[again].groupby(stems[again]).nunique()
    if (lying_in == 1).mean() >= _NEARLY_ALL:
        return True
    return False if (lying_in > 1).mean() >= _NEARLY_ALL else None


def saved_twice(files: pd.Series, stems: pd.Series) -> list[str] | None:
    """Paths without ending where pictures lie beside themselves in another format, such as 7.png and 7.jpg; else None.

    Args:
        files: paths from the folder.
        stems: file names without ending.
    """
    if not len(stems) or not repeated(stems).any():
        return None
    paths = files.str.replace(_ENDING, "", regex=True)
    return list(paths) if repeated(paths).mean() >= _SOME else None


def in_several_forms(files: pd.Series, stems: pd.Series) -> list[str] | None:
    """Paths without what says the form, where nearly all pictures lie in folders of several forms under the same name,
    such as "nevus/JPG/7.jpg" and "nevus/PNG/7.png", or as clinical and dermoscopic ones; else None.

    Args:
        files: paths from the folder.
        stems: file names without ending.
    """
    lying_in = folders_of(files)
    bare = {place: "/".join(name for name in place.split("/") if not _is_form(name)) for place in lying_in.unique()}
    if len(set(bare.values())) == len(bare):
        return None
    whole = lying_in.map(bare).astype("str") + "/" + stems
    return list(whole) if repeated(whole).mean() >= _NEARLY_ALL else None


def _is_form(name: str) -> bool:
    said = words(name)
    return bool(said) and all(word in _FORMS for word in said)


def _are_counted(names: Sequence[str]) -> bool:
    numbers = [int(found[0]) for name in names if (found := _NUMBER.search(name))]
    return len(numbers) < len(names) or (min(numbers) <= 1 and max(numbers) <= _GAPS * len(numbers))
