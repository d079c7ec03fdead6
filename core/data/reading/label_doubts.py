"""What other columns say of the class of each picture, where it is not what the chosen one says."""

import re

import pandas as pd

from core.data.compact_texts import distinct_pairs
from core.data.diagnoses.diagnoses import diagnosis
from core.data.group_words import words
from core.data.reading.label_candidate import Candidate

PREDICTED = frozenset("pred preds predicted prediction predictions guess model output".split())
"""Words in the names of columns and tables with what a model said."""


def doubt_of_others(chosen: Candidate, others: list[Candidate]) -> str:
    """Asks of columns that say another class of some pictures than the chosen one does; "" where none does.

    Columns may differ in how fine they are: only classes that both know are compared, and whether they are malignant,
    as far as pictures of one class are not all said to be the other.
    """
    for other in others:
        if PREDICTED.intersection(words(other.column)):
            continue
        pairs = pd.DataFrame({"one": chosen.values, "other": other.values})
        counts = pairs[(pairs["one"] != "") & (pairs["other"] != "")].value_counts()
        meant = {(str(a), str(b)): int(count) for (a, b), count in counts.items()}
        ours, theirs = ({diagnosis(pair[place]).key for pair in meant} for place in (0, 1))
        shared = ours & theirs
        differing = sum(
            count for (a, b), count in meant.items()
            if diagnosis(a).key != diagnosis(b).key and {diagnosis(a).key, diagnosis(b).key} <= shared
        ) or _otherwise_malignant(meant)  # fmt: skip
        if differing:
            return f"{differing:,} pictures have another class in the column {other.column} than in {chosen.column}."
    return ""


def doubt_of_finer(chosen: Candidate, others: list[Candidate]) -> str:
    """Asks of a column that divides the classes of the chosen one, where these are words and no diagnoses: "Finding"
    beside "Classification"."""
    names = [str(name) for name in chosen.classes.index]
    if any(not re.search(r"[^\W\d_]{3}", name) or diagnosis(name).known or diagnosis(name).malignant is not None
           for name in names):  # fmt: skip
        return ""
    for other in others:
        pairs = distinct_pairs(chosen.values, other.values)
        pairs = pairs[(pairs["one"] != "") & (pairs["other"] != "")]
        if len(other.classes) > len(names) and pairs["other"].is_unique and pairs["one"].value_counts().max() > 1:
            return f"The column {other.column} divides the classes of {chosen.column} into {len(other.classes)}."
    return ""


def _otherwise_malignant(meant: dict[tuple[str, str], int]) -> int:
    """How many pictures one column calls malignant and another benign, of diagnoses that both call alike elsewhere.

    Where all pictures of a diagnosis are called otherwise, the columns differ in what they mean.
    """
    finer = int(len({pair[1] for pair in meant}) > len({pair[0] for pair in meant}))
    alike: dict[str, int] = {}
    unlike: dict[str, int] = {}
    for pair, count in meant.items():
        one, other = (diagnosis(each).malignant for each in pair)
        if one is not None and other is not None:
            side = alike if one == other else unlike
            side[pair[finer]] = side.get(pair[finer], 0) + count
    return sum(count for name, count in unlike.items() if name in alike)
