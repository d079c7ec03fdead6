"""Which column says the class of each picture, and what its values mean."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data.diagnoses import diagnosis, is_unknown, plain
from core.data.group_words import group_word, plain_name
from core.data.reading.column_names import (
    BENIGN_NAMES,
    BINARY_NAMES,
    LABEL_NAMES,
    TARGET_NAMES,
    TIDY_NAMES,
    WEAK_NAMES,
    columns_named,
    is_named,
)
from core.data.spec import MOST_CLASSES

ONE_HOT = "one-hot columns"
_WEIGHTS = frozenset({"scoreweight", "validationweight"})
_NUMBER = re.compile(r"[\d ]+")
_WITHOUT_NAME = re.compile(r"^column \d+$")
_LEVEL = re.compile(r"^(?:diagnosis|iddx|dx|label|class|level)[_ \-]?(\d)$", re.IGNORECASE)
_TRUE = frozenset({"1", "1.0", "true", "t", "yes", "y", "ja", "sí", "si", "sim", "oui", "malignant", "+"})
_FALSE = frozenset({"0", "0.0", "false", "f", "no", "n", "nein", "não", "nao", "non", "benign", "-"})
_CROSSES = frozenset({"x", "1."})
_MARKS = frozenset({*_CROSSES, "", "0."})
_MOST_UNKNOWN = 0.25
_NEARLY_ALL = 0.8
_SURE = 0.95
_BENIGN_OR_MALIGNANT = ("benign", "malignant")


@dataclass(frozen=True)
class Candidate:
    """A column that may say the class.

    `values` has the class of each row as it is written, "" where none is known; `kind` is how the column was known:
    "one-hot", "level", "name", "binary", "marks" (such columns that may mean anything), "weak", "target" or "values".
    """

    column: str
    values: pd.Series
    kind: str
    used: tuple[str, ...] = ()
    note: str = ""

    @property
    def classes(self) -> pd.Series:
        """How many rows each class has, the most frequent first; spellings that differ in case count as one."""
        said = self.values[self.values != ""]
        return said.groupby(said.map(plain)).count().sort_values(ascending=False)

    @property
    def share(self) -> float:
        """Of all rows, those with a class."""
        return float((self.values != "").mean()) if len(self.values) else 0.0

    @property
    def strong(self) -> bool:
        """Whether its name or form says that it is the class, rather than that it may be."""
        return self.kind in ("one-hot", "level", "name", "binary", "said")

    def is_useful(self) -> bool:
        """Whether it gives 2 to 50 classes, most pictures have one, and most lie in classes with enough pictures."""
        classes = self.classes
        if not 2 <= len(classes) <= MOST_CLASSES or self.share < 1 - _MOST_UNKNOWN:
            return False
        enough = 10 if classes.sum() >= 500 else 2
        return (classes >= enough).sum() >= 2 and classes[classes >= enough].sum() >= _NEARLY_ALL * classes.sum()


@dataclass
class LabelChoice:
    """The column that is proposed, the others that would do, and what makes the proposal doubtful."""

    chosen: Candidate | None = None
    others: list[Candidate] = field(default_factory=list)
    doubt: str = ""


def choose_label(rows: pd.DataFrame, images: Iterable[str], said: str | None = None) -> LabelChoice:
    """The column of tables that says the class.

    Args:
        rows: what tables say of the pictures, texts.
        images: columns that name the pictures.
        said: the column that somebody has chosen; "one-hot columns" for these.
    """
    taken = set(images)
    columns = [name for name in rows.columns if name not in taken]
    if said is not None:
        if said == ONE_HOT:
            return LabelChoice(_one_hot(rows, columns))
        return LabelChoice(_candidate(rows, said, "said") if said in rows else None)
    found = list(_candidates(rows, columns))
    useful = [each for each in found if each.is_useful()]
    levels = [each for each in useful if each.kind == "level"]
    if useful and useful[0].kind == "level":
        finest = max(levels, key=lambda each: (len(each.classes), each.column))
        doubt = ""
        if len(levels) > 1:
            shown = ", ".join(f"{each.column} ({len(each.classes)} classes)" for each in levels)
            doubt = f"The diagnosis stands at several levels: {shown}."
        return LabelChoice(finest, [each for each in found if each != finest], doubt)
    told = [each for each in useful if each.kind == "values" and all(map(_tells, each.classes.index))]
    weak = [each for each in useful if not each.strong and each.kind not in ("values", "marks")]
    by_strength = [*(each for each in useful if each.strong), *told, *weak]
    chosen = next(
        iter(by_strength or [each for each in found if 2 <= len(each.classes) <= MOST_CLASSES] or found), None
    )
    if chosen is None:
        return LabelChoice()
    chosen = _in_words(chosen, useful)
    doubt = ""
    if chosen.kind == "values" and not any(chosen is each for each in told):
        doubt = f"Nothing but its values says that the column {chosen.column} is the class."
    if chosen.kind == "marks":
        doubt = f"Columns of 0 and 1 may be the classes: {', '.join(chosen.used[:6])}."
    return LabelChoice(chosen, [each for each in found if each is not chosen], doubt)


def _in_words(chosen: Candidate, useful: list[Candidate]) -> Candidate:
    """The column that says in words what the chosen one says in numbers, where there is one; else the chosen one."""
    if not all(map(_NUMBER.fullmatch, chosen.classes.index)):
        return chosen
    for other in useful:
        if len(other.classes) != len(chosen.classes) or any(map(_NUMBER.fullmatch, other.classes.index)):
            continue
        pairs = pd.DataFrame({"number": chosen.values, "word": other.values}).drop_duplicates()
        if pairs["number"].is_unique and pairs["word"].is_unique:
            return other
    return chosen


def yes_or_no(values: pd.Series) -> pd.Series | None:
    """True and False for values such as 1 and 0, TRUE and FALSE, missing where neither; None if others stand there."""
    lower = values[values != ""].str.casefold()
    if lower.empty or not lower.isin(_TRUE | _FALSE).all():
        return None
    return lower.isin(_TRUE)


def malignancy_by(rows: pd.DataFrame, values: pd.Series, columns: Iterable[str]) -> dict[str, bool]:
    """Whether each class is malignant by what other columns say of its rows; only where they all say the same."""
    told: dict[str, bool] = {}
    for column in columns:
        binary = _is_malignant(rows[column], column)
        meant = binary if binary is not None else rows[column].map(lambda text: diagnosis(text).malignant)
        meant = meant.dropna()
        for name, said in meant.groupby(values.reindex(meant.index)):
            if name and said.nunique() == 1 and str(name) not in told:
                told[str(name)] = bool(said.iloc[0])
    return told


def _candidates(rows: pd.DataFrame, columns: list[str]) -> Iterator[Candidate]:
    hot = _one_hot(rows, columns)
    if hot is not None and hot.kind == "one-hot":
        yield hot
    for column in columns_named(columns, LABEL_NAMES):
        yield _candidate(rows, column, "name")
    for column in sorted((c for c in columns if _LEVEL.match(c)), key=lambda c: int(_LEVEL.match(c)[1])):  # type: ignore[index]
        yield _candidate(rows, column, "level")
    for column in (*columns_named(columns, BINARY_NAMES), *columns_named(columns, BENIGN_NAMES)):
        yield _candidate(rows, column, "binary")
    if hot is not None and hot.kind == "marks":
        yield hot
    for column in columns_named(columns, WEAK_NAMES):
        yield _candidate(rows, column, "weak")
    for column in columns_named(columns, TARGET_NAMES):
        yield _candidate(rows, column, "target")
    for column in columns:
        if _is_free(column) and (_tells_diagnoses(rows[column]) or _is_listed(column, rows[column])):
            yield _candidate(rows, column, "values")


def _candidate(rows: pd.DataFrame, column: str, kind: str) -> Candidate:
    values = rows[column].str.strip()
    in_words = values[values != ""].str.casefold().isin(_BENIGN_OR_MALIGNANT)
    says = is_named(column, BINARY_NAMES) or is_named(column, BENIGN_NAMES)
    if says or (in_words.any() and not in_words.all()):  # such as "benign" beside 1.0
        known = values.mask(values.map(is_unknown), "")
        binary = _is_malignant(known, column) if says else yes_or_no(known)
        if binary is not None:
            named = binary.map({True: "malignant", False: "benign"}).reindex(values.index).fillna("")
            return Candidate(column, named, kind)
    known = values.mask(values.map({text: is_unknown(text) for text in values.unique()}).astype(bool), "")
    return Candidate(column, known, kind)


def _is_malignant(values: pd.Series, column: str) -> pd.Series | None:
    """True and False by a column such as "malignant" or "is_benign"; None if it is no such column, or has others."""
    if is_named(column, BINARY_NAMES):
        return yes_or_no(values)
    said = yes_or_no(values) if is_named(column, BENIGN_NAMES) else None
    in_words = said is not None and values.str.casefold().isin(_BENIGN_OR_MALIGNANT).any()
    return said if said is None or in_words else ~said


def _is_listed(column: str, values: pd.Series) -> bool:
    """Whether a column of a list without a header may be the class: few values, each of several rows."""
    different = values[values != ""].nunique()
    return _WITHOUT_NAME.match(column) is not None and 2 <= different <= min(MOST_CLASSES, len(values) // 2)


def _one_hot(rows: pd.DataFrame, columns: list[str]) -> Candidate | None:
    """The classes that columns of zeros and ones mark, one in each row, where there are such columns."""
    columns = [name for name in columns if plain_name(name) not in _WEIGHTS and not is_named(name, TARGET_NAMES)]
    known = [name for name in columns if diagnosis(name).known and _is_marked(rows[name])]
    free = [name for name in columns if _is_zero_or_one(rows[name]) and _is_free(name)]
    for marks_of in (known, free):
        if len(marks_of) < 2:
            continue
        marks = _marks(rows[marks_of])
        sums, stated = marks.sum(axis=1), (rows[marks_of] != "").any(axis=1).to_numpy()
        if not stated.any() or (sums[stated] > 1).any():
            continue
        names = np.array(marks_of, dtype=object)[marks.argmax(axis=1)]
        none = stated & (sums == 0)
        note = ""
        if none.any() and {plain(name) for name in marks_of} == {"melanoma", "seborrheic keratosis"}:
            names[none] = "nevus"  # ISIC 2017: what is neither is a nevus
            note = "Rows that mark neither melanoma nor seborrheic keratosis are nevi, as in ISIC 2017."
        elif none[stated].mean() > 1 - _SURE and marks_of is not known:
            continue
        else:
            names[none] = ""
        names[~stated] = ""
        values = pd.Series(names, rows.index, dtype=object)
        values = values.mask(values.map(lambda text: bool(text) and is_unknown(text)).astype(bool), "")
        kind = "one-hot" if marks_of is known or not _say_more(columns, marks_of) else "marks"
        return Candidate(ONE_HOT, values, kind, tuple(marks_of), note)
    return None


def _say_more(columns: list[str], marks_of: list[str]) -> bool:
    """Whether a table says more of the pictures than what columns mark, so that these may be no classes."""
    rest = (name for name in columns if name not in marks_of and not _WITHOUT_NAME.match(name))
    return any(group_word(name) is None and not is_named(name, TIDY_NAMES["split"]) for name in rest)


def _is_zero_or_one(values: pd.Series) -> bool:
    said = values[values != ""]
    return len(said) > 0 and bool(said.isin(["0", "1", "0.0", "1.0", "0.", "1."]).all())


def _is_marked(values: pd.Series) -> bool:
    """Whether a column marks some rows and not others, with a cross or a word."""
    lower = values.str.casefold()
    return bool(lower.isin(_TRUE | _FALSE | _MARKS).all()) and bool((lower != "").any())


def _marks(rows: pd.DataFrame) -> np.ndarray:
    """1 where a cell marks its row, 0 where it does not, shape (rows, columns), float64."""
    yes = rows.apply(lambda column: column.str.casefold().isin(_TRUE | _CROSSES))
    return yes.to_numpy(dtype=np.float64)


def _tells(text: str) -> bool:
    return diagnosis(text).known or text in _BENIGN_OR_MALIGNANT


def _is_free(column: str) -> bool:
    """Whether the name of a column says nothing that it is, so that it may be a class."""
    lists = (*TIDY_NAMES.values(), LABEL_NAMES, WEAK_NAMES, BINARY_NAMES, BENIGN_NAMES, TARGET_NAMES)
    return not (any(is_named(column, names) for names in lists) or group_word(column) or _LEVEL.match(column))


def _tells_diagnoses(values: pd.Series) -> bool:
    said = values[values != ""].unique()
    if values.str.casefold().isin(_BENIGN_OR_MALIGNANT).any() and yes_or_no(values) is not None:
        return True
    return 2 <= len(said) <= MOST_CLASSES and sum(diagnosis(text).known for text in said) >= _NEARLY_ALL * len(said)
