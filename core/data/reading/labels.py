"""Which column says the class of each picture, and what its values mean."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.base.printable import printable
from core.data.compact_texts import distinct_pairs, mapped
from core.data.diagnoses.diagnoses import diagnosis, is_unknown
from core.data.group_words import plain_name, words
from core.data.reading.column_names import (
    BENIGN_NAMES,
    BINARY_NAMES,
    LABEL_NAMES,
    TARGET_NAMES,
    WEAK_NAMES,
    columns_named,
    is_named,
    the_column,
)
from core.data.reading.columns_of_parts import says_parts
from core.data.reading.groups import are_kinds
from core.data.reading.label_candidate import NEARLY_ALL, Candidate
from core.data.reading.label_doubts import PREDICTED, doubt_of_finer, doubt_of_others
from core.data.reading.listed_classes import are_of_boxes, classes_of_boxes, members_of, without_brackets
from core.data.reading.one_hot_columns import (
    LEVEL,
    ONE_HOT,
    ONE_HOT_OR_NONE,
    WITHOUT_NAME,
    is_free,
    is_marked,
    one_hot_classes,
    or_none,
    yes_or_no,
)
from core.data.spec import MOST_CLASSES

_SEPARATORS, _BARS = re.compile(r"[|;,/+]"), re.compile(r"[|;]")
_NUMBER = re.compile(r"[\d ]+")
_CALLED_CLASS = (["label"], ["labels"], ["class"], ["diagnosis"], ["diag"], ["dx"], ["diagnose"], ["grade"], ["birads"])
"""What the name of a column may end in that is asked to be the class: "Majority Vote Label", "Retinopathy grade"."""
_ANY_CANCER = ("cancer", "iscancer", "hascancer")
"""Columns that say more than each of several findings does."""
_MAY_BE_ANYTHING = ("level", "stage")
"""Names of columns that are a grade of disease in one table, and the magnification of a slide in another."""
_WITH_SIGN = re.compile(r"-?\d+(?:\.0)?")
_CODE, _HIGHEST_CLASS = re.compile(r"-\d+(?:\.0)?|99+(?:\.0)?"), 20
"""Numbers that stand for a missing one, where classes have no higher number than this."""
_DECIMAL = re.compile(r"-?\d+(?:\.0+)?")
_BENIGN_OR_MALIGNANT = ("benign", "malignant")


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
        if said in (ONE_HOT, ONE_HOT_OR_NONE):
            hot = one_hot_classes(rows, columns)
            return LabelChoice(hot if said == ONE_HOT or hot is None else or_none(hot, rows))
        return LabelChoice(_candidate(rows, said, "said") if said in rows else None)
    found = [each for each in _candidates(rows, columns) if not each.measured]
    useful = [each for each in found if each.is_useful()]
    levels = [each for each in useful if each.kind == "level"]
    if useful and useful[0].kind == "level":
        finest = max(levels, key=lambda each: (len(each.classes), each.column))
        doubt = doubt_of_others(finest, [each for each in useful if each not in levels])
        if len(levels) > 1:
            shown = ", ".join(f"{each.column} ({len(each.classes)} classes)" for each in levels)
            doubt = f"The diagnosis stands at several levels: {shown}. {doubt}".strip()
        return LabelChoice(finest, [each for each in found if each != finest], doubt)
    told = [each for each in useful if each.kind == "values" and all(map(_tells, each.classes.index))]
    weak = [each for each in useful if not each.strong and each.kind not in ("values", "marks")]
    named = [each for each in useful if each.kind == "values" and _ends_like_a_class(each.column)]
    by_strength = [*(each for each in useful if each.strong), *told, *weak, *named]
    chosen = next(
        iter(by_strength or [each for each in found if 2 <= len(each.classes) <= MOST_CLASSES] or found), None
    )
    if chosen is None:
        return LabelChoice()
    chosen = _in_words(chosen, useful)
    doubt = ""
    if chosen.kind == "values" and not any(chosen is each for each in told):
        by_name = _ends_like_a_class(chosen.column)
        doubt = (
            f"The column {chosen.column} may be the class by its name."
            if by_name
            else f"Nothing but its values says that {the_column(chosen.column)} is the class."
        )
    if plain_name(chosen.column) in _MAY_BE_ANYTHING:
        doubt = f"The column {chosen.column} may be the class, or where and how pictures were taken."
    if not PREDICTED.isdisjoint(words(chosen.column)):
        doubt = f"The column {chosen.column} may be what a model said of the pictures, not what is true."
    if chosen.kind == "marks":
        doubt = f"Columns of 0 and 1 may be the classes: {', '.join(chosen.used[:6])}."
    more = doubt_of_others(chosen, [each for each in useful if each is not chosen])
    finer = doubt_of_finer(chosen, [each for each in useful if each is not chosen])
    doubt = " ".join(each for each in (doubt, chosen.doubt, more, finer) if each)
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


def malignancy_by(rows: pd.DataFrame, values: pd.Series, columns: Iterable[str]) -> dict[str, bool]:
    """Whether each class is malignant by what other columns say of its rows; only where they all say the same."""
    told: dict[str, bool] = {}
    for column in columns:
        pairs = distinct_pairs(values, rows[column].astype("str"))
        binary = _is_malignant(pairs["other"], column)
        meant = binary if binary is not None else pairs["other"].map(lambda text: diagnosis(text).malignant)
        if column.startswith("folder ") and pairs["other"].nunique() < 2:
            continue  # the folder of all, which is called after what the data set is about
        if column.startswith("folder "):  # of which each has to say so: beside "benign" may lie "early"
            meant = meant[~pairs["one"].isin(pairs["one"][meant.isna()])]
        meant = meant.dropna()
        if binary is not None and _only_one_cancer(column):
            meant = meant[meant.astype(bool)]  # what is no melanoma may be another cancer
        for name, said in meant.groupby(pairs["one"].reindex(meant.index)):
            if name and said.nunique() == 1 and str(name) not in told:
                told[str(name)] = bool(said.iloc[0])
    return told


def _candidates(rows: pd.DataFrame, columns: list[str]) -> Iterator[Candidate]:
    hot = one_hot_classes(rows, columns)
    if hot is not None and hot.kind == "one-hot":
        yield hot
    for column in columns_named(columns, LABEL_NAMES):
        yield _candidate(rows, column, "name")
    for column in sorted((c for c in columns if LEVEL.match(c)), key=lambda c: int(LEVEL.match(c)[1])):  # type: ignore[index]
        yield _candidate(rows, column, "level")
    among_others = sum(diagnosis(name).known and is_marked(rows[name]) for name in columns) > 1
    for column in (*columns_named(columns, BINARY_NAMES), *columns_named(columns, BENIGN_NAMES)):
        if not (among_others and diagnosis(column).known) or plain_name(column) in _ANY_CANCER:
            yield _candidate(rows, column, "binary")
    if hot is not None and hot.kind == "marks":
        yield hot
    if hot is not None and hot.doubt and (hot.values == "").any():
        yield or_none(hot, rows)
    places = {plain_name(name) for name in columns}
    for column in columns_named(columns, WEAK_NAMES):
        if plain_name(column) == "y" and "x" in places:
            continue  # where a tile lies
        yield _candidate(rows, column, "weak")
    for column in columns_named(columns, TARGET_NAMES):
        yield _candidate(rows, column, "target")
    for column in sorted(columns, key=lambda name: not PREDICTED.isdisjoint(words(name))):  # what a model said last
        if not says_parts(rows[column]) and (
            (words(column)[-1:] == ["group"] and are_kinds(rows[column]))  # "control" and "treated", of a study
            or (is_free(column) and _may_say_classes(rows[column], column))
        ):
            yield _candidate(rows, column, "values")


def _may_say_classes(values: pd.Series, column: str) -> bool:
    return _tells_diagnoses(values) or _is_listed(column, values) or _ends_like_a_class(column) or are_of_boxes(values)


def _candidate(rows: pd.DataFrame, column: str, kind: str) -> Candidate:
    if any(str(text).startswith(("{", "[{")) for text in rows[column].unique()):
        return _candidate_of_objects(rows[column], column, kind)
    written = classes_of_boxes(rows[column]) if are_of_boxes(rows[column]) else rows[column]
    values = mapped(written, without_brackets)
    lists = {without_brackets(text) for text in written.unique() if len(members_of(text)) > 1}
    in_words = np.array([text.casefold() in _BENIGN_OR_MALIGNANT for text in values.unique() if text], dtype=bool)
    says = is_named(column, BINARY_NAMES) or is_named(column, BENIGN_NAMES)
    if says or (in_words.any() and not in_words.all()):  # such as "benign" beside 1.0
        known = mapped(values, _if_known)
        binary = _is_malignant(known, column) if says else yes_or_no(known)
        if binary is not None:
            named = binary.map({True: "malignant", False: "benign"}).reindex(values.index).fillna("").astype(object)
            note = f"“benign” means “no melanoma” here, as {column} says: it may be another cancer."
            return Candidate(column, named, kind, note=note if says and _only_one_cancer(column) else "")
    known = _in_one_form(mapped(values, _if_known))
    without_codes, codes = _without_codes(known)
    if codes:
        count, shown = int((known != without_codes).sum()), " and ".join(codes)
        text = f"{count:,} pictures have {shown} in the column {column}, taken to say that nobody knows: left out."
        sure = all(code.startswith("-") for code in codes)
        return Candidate(column, without_codes, kind, note=text, doubt="" if sure else f"{text} Agree if it is so.")
    of_several, combined = _of_several(known.unique())
    several = known.isin([*of_several, *lists])
    if several.any():
        shown = next(iter(known[several]))
        doubt = f"{several.sum():,} pictures have several classes, such as {printable(shown)}, and are left out."
        return Candidate(column, known.mask(several, ""), kind, doubt=doubt)
    if combined:
        doubt = f"Classes such as {printable(combined[0])} may list several for one picture, and are taken as they are."
        return Candidate(column, known, kind, doubt=doubt)
    return Candidate(column, known, kind)


def _candidate_of_objects(values: pd.Series, column: str, kind: str) -> Candidate:
    """A column of JSON as annotation tools write it: the class is the one text that differs from row to row."""
    if (named := _greatest_shares(values)) is not None:
        doubt = f"The column {column} holds shares of classes, of which the greatest is taken; where two are, none is."
        return Candidate(column, mapped(values, named.get), kind, doubt=doubt)
    texts = {text: _texts_in(text) for text in values.unique() if text}
    common = set.intersection(*map(set, texts.values())) if texts else set()
    rest = {text: [each for each in said if each not in common] for text, said in texts.items()}
    if rest and all(len(said) == 1 for said in rest.values()):
        known = mapped(values, lambda text: _if_known(rest[text][0]) if text else "")
        return Candidate(column, known, kind)
    doubt = f"The column {column} holds objects of JSON, of which nothing says what the class is."
    return Candidate(column, values, kind, doubt=doubt)


def _greatest_shares(values: pd.Series) -> dict[str, str] | None:
    """The class with the greatest share by each object of names and numbers, such as "{'eczema': 0.6, 'acne': 0.4}",
    "" where none is greater than all others; None where values are no such objects."""
    found: dict[str, str] = {}
    for text in values.unique():
        try:
            said = ast.literal_eval(text) if text else {}
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
        if not isinstance(said, dict) or not all(isinstance(share, int | float) for share in said.values()):
            return None
        ranked = sorted(said.items(), key=lambda each: -each[1])
        alone = len(ranked) == 1 or (len(ranked) > 1 and ranked[0][1] > ranked[1][1])
        found[text] = _if_known(str(ranked[0][0])) if alone else ""
    return found if any(found.values()) else None


def _texts_in(text: str) -> list[str]:
    """All texts that JSON holds as values, itself where it is none."""
    found: list[str] = []
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return [text]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict | list):
            waiting += each.values() if isinstance(each, dict) else each
        elif isinstance(each, str) and each:
            found.append(each)
    return found


def _without_codes(values: pd.Series) -> tuple[pd.Series, list[str]]:
    """Classes without the numbers that stand for a missing one, "" for these, and which: -1, 99 behind 0 to 5, and 999
    among words."""
    said = [text for text in values.unique() if text]
    rest = [text for text in said if not _CODE.fullmatch(text)]
    if len(rest) < 2:
        return values, []
    if all(map(_WITH_SIGN.fullmatch, rest)):
        if max(int(float(text)) for text in rest) > _HIGHEST_CLASS:
            return values, []
    elif any(map(_WITH_SIGN.fullmatch, rest)):
        return values, []
    codes = sorted(text for text in said if text not in rest)
    return mapped(values, lambda text: "" if text in codes else text), codes


def _in_one_form(values: pd.Series) -> pd.Series:
    """The same classes, "1" for "1.0" where both stand there: pandas writes numbers so beside missing ones."""
    forms = {text: text.partition(".")[0] for text in values.unique() if _DECIMAL.fullmatch(text)}
    again = any(whole in forms or (values == whole).any() for text, whole in forms.items() if whole != text)
    return mapped(values, lambda text: forms.get(text, text)) if again else values


def _if_known(text: str) -> str:
    return "" if is_unknown(text) else text


def _of_several(values: Iterable[str]) -> tuple[list[str], list[str]]:
    """Those of the values that list several classes, such as "nevus|melanoma", and others that may.

    What is listed are values of their own; or, between bars or semicolons, it stands in other lists too, where these
    have no order or it is such a value.
    """
    alone = set(values)
    members = {value: [part.strip() for part in _SEPARATORS.split(value)] for value in alone}
    found = [value for value, each in members.items() if len(each) > 1 and all(part in alone for part in each)]
    listed = {value: [part.strip() for part in _BARS.split(value)] for value in alone if _BARS.search(value)}
    counts = Counter(part for value in alone for part in set(listed.get(value, [value])))
    shared = {value: each for value, each in listed.items() if all(counts[part] > 1 for part in each)}
    places = {(part, place) for each in shared.values() for place, part in enumerate(each)}
    ordered = len(places) == len({part for part, _ in places})
    if not ordered or any(part in alone for part, _ in places):
        found += [value for value in shared if value not in found]
    by_bars = {value for value, each in listed.items() if "|" in value and any(counts[part] > 1 for part in each)}
    return found, sorted((by_bars | shared.keys()) - set(found))


def _only_one_cancer(column: str) -> bool:
    """Whether a column such as "melanoma" or "is_melanoma" asks for one cancer of several."""
    return "melanoma" in plain_name(column)


def _is_malignant(values: pd.Series, column: str) -> pd.Series | None:
    """True and False by a column such as "malignant" or "is_benign"; None if it is no such column, or has others."""
    if is_named(column, BINARY_NAMES):
        return yes_or_no(values)
    said = yes_or_no(values) if is_named(column, BENIGN_NAMES) else None
    in_words = said is not None and values.str.casefold().isin(_BENIGN_OR_MALIGNANT).any()
    return said if said is None or in_words else ~said


def _ends_like_a_class(column: str) -> bool:
    return words(column)[-1:] in _CALLED_CLASS


def _is_listed(column: str, values: pd.Series) -> bool:
    """Whether a column of a list without a header may be the class: few values, each of several rows."""
    different = values[values != ""].nunique()
    return WITHOUT_NAME.match(column) is not None and 2 <= different <= min(MOST_CLASSES, len(values) // 2)


def _tells(text: str) -> bool:
    said = diagnosis(text)
    return said.known or said.malignant is not None


def _tells_diagnoses(values: pd.Series) -> bool:
    said = values[values != ""].unique()
    if values.str.casefold().isin(_BENIGN_OR_MALIGNANT).any() and yes_or_no(values) is not None:
        return True
    return 2 <= len(said) <= MOST_CLASSES and sum(map(_tells, said)) >= NEARLY_ALL * len(said)
