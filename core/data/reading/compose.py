"""Putting tidy rows together from what was weighed, and saying what must be known of them."""

import re
from collections.abc import Mapping

import pandas as pd

from core.base.printable import first_few, printable
from core.data.adapters.metadata_file import ages, sexes
from core.data.adapters.picture_files import stem
from core.data.adapters.table_files import numbers
from core.data.compact_texts import in_little, mapped, repeated, stems_of
from core.data.diagnoses.diagnoses import diagnosis, is_unknown, plain, spelled, without_copy
from core.data.reading.choices import NONE
from core.data.reading.column_names import BENIGN_NAMES, BINARY_NAMES, LABEL_NAMES, TIDY_NAMES, columns_named, is_named
from core.data.reading.joined import FILE, Joined, note_contradictions
from core.data.reading.labels import choose_label, malignancy_by
from core.data.reading.reading import CONTRADICTED, FOLD, FOLDERS, GROUP, HERE, LABEL, SPLIT, Reading
from core.data.spec import MOST_CLASSES, TIDY_COLUMNS, ClassSpec, Skip, tidy, unlike, with_own_groups
from core.data.splits.cautions import split_cautions

_MANY_DIFFER = 0.1
_MOST_OFFERED = 500
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W\d_])")
_AS_WRITTEN = "\0as written"


def compose(reading: Reading, rows: pd.DataFrame, joined: Joined, table_columns: list[str], files: pd.Series) -> None:
    """Put together tidy rows: labels without spellings that differ in case, cautions, what is left out."""
    used = [*reading.offered.get("label", ())[:1], reading.columns.get("group", "")]
    wrong = note_contradictions(joined, used, files)
    reading.skipped += joined.skipped
    if wrong:
        reading.left_out["pictures that stand in several lines which differ"] = len(wrong)
        if len(wrong) >= _MANY_DIFFER * len(rows):
            reading.questions.append(
                f"{len(wrong):,} of {len(rows):,} pictures stand in several lines of a table that differ, as where "
                "several people have judged them. Give one line a picture, or agree to leave these out."
            )
        rows = rows.drop(index=sorted(wrong))
    for column, masks in joined.masks.items():
        if len(there := rows.index.intersection(masks)):
            reading.left_out[f"masks or other derived pictures, named by {printable(column)}"] = len(there)
            rows = rows.drop(index=there)
    if CONTRADICTED in rows:
        rows = rows[~rows[CONTRADICTED]].drop(columns=CONTRADICTED)
    rows = rows.assign(**{HERE: not files.empty})
    if len(joined.unpictured) and reading.columns.get("label", FOLDERS) != FOLDERS:
        rows = pd.concat([rows, _unpictured(reading, joined.unpictured)], ignore_index=True)
    rows = _merged_spellings(reading, rows.assign(**{_AS_WRITTEN: rows[LABEL]}))
    made = _tidy(reading, rows, table_columns, joined)
    here = made["path"].notna()
    reading.rows = with_own_groups(made if here.all() else made[here]).reset_index(drop=True)
    labelled = made["label"].notna()
    if here.all() and labelled.all():
        reading.described = reading.rows  # not twice in memory
    else:
        reading.described = with_own_groups(made[labelled]).reset_index(drop=True)
    missing = int(reading.rows["label"].isna().sum()) - reading.not_known
    if missing and reading.columns.get("label"):
        reading.left_out["pictures without a class"] = missing
        reading.skipped.append(Skip("", "", f"{missing:,} pictures have no class; a model can be asked about them."))
    _caution_groups(reading, made.loc[(here if here.any() else ~here) & labelled, "group_id"])


def _unpictured(reading: Reading, without: pd.DataFrame) -> pd.DataFrame:
    """Rows of tables whose picture is not here, with their class and group."""
    choice = choose_label(without, [], reading.columns["label"])
    said = without.assign(
        **{LABEL: choice.chosen.values if choice.chosen else "", HERE: False, SPLIT: None, GROUP: None}
    )
    if reading.group is not None and reading.group.column in without:
        said[GROUP] = without[reading.group.column].replace("", None)
    return said


def _merged_spellings(reading: Reading, rows: pd.DataFrame) -> pd.DataFrame:
    """Count classes that differ in case or blanks alone, or that somebody merged, as one; says so."""
    labels = rows[LABEL].fillna("").astype(str)
    counts = labels[labels != ""].value_counts()
    reading.offered["class"] = list(map(str, counts.index[:_MOST_OFFERED]))
    by_plain: dict[str, list[str]] = {}
    for name in [name for name in map(str, counts.index) if name not in reading.choices.apart]:
        by_plain.setdefault(_BETWEEN_LETTERS.sub("", spelled(name)) or name, []).append(name)
    renamed = {}
    for names in by_plain.values():
        if len(names) > 1:
            kept = min(names, key=lambda name: (-counts[name], name != name.lower(), name))
            renamed.update({name: kept for name in names if name != kept})
            reading.cautions.append(
                f"{', '.join(f'“{printable(n)}”' for n in sorted(names))} differ in case or blanks alone: one class."
            )
    reading.spellings = dict(renamed)
    for name, kept in reading.choices.merged.items():
        renamed.update(dict.fromkeys([name, *(old for old, new in renamed.items() if new == name)], kept))
    return rows.assign(**{LABEL: labels.replace(renamed).replace("", None)})


def _tidy(reading: Reading, rows: pd.DataFrame, table_columns: list[str], joined: Joined) -> pd.DataFrame:
    """Rows with tidy columns first; every other column keeps its name and is numbers where all its values are."""
    here, files = rows[HERE].astype(bool), rows[FILE].astype("str")
    stems = stems_of(files) if here.all() else files.map(stem).astype("str")
    paths = f"{reading.folder}/" + files
    made: dict[str, pd.Series] = {
        "image_id": stems.where(~(repeated(stems) & here), files),
        "path": paths if here.all() else paths.where(here, None),
        "label": rows[LABEL],
        "group_id": rows[GROUP].mask(rows[GROUP] == ""),
        "split": rows[SPLIT].replace("", None),
    }
    images = set(joined.images.values())
    free = [name for name in table_columns if name in rows and name not in images]
    taken = {reading.columns.get("label"), reading.columns.get("split"), reading.columns.get("group")}
    taken.update(reading.used)
    del paths, stems
    notes: list[Skip] = []
    for what, names in TIDY_NAMES.items():
        if what == "split":
            continue
        said = reading.choices.columns.get(what)
        reading.offered[what] = columns_named(free, names)
        said_else = set(reading.choices.columns.values())
        free_ones = [name for name in reading.offered[what] if name not in taken and name not in said_else]
        column = None if said == NONE else said if said in rows else next(iter(free_ones), None)
        if column is None:
            continue
        reading.columns[what] = column
        reading.how[what] = (
            f"somebody chose the column {column}" if said == column else f"the column is called {column}"
        )
        taken.add(column)
        made[what] = _as_meant(what, rows[column].fillna(""), notes)
    reading.skipped += notes
    reading.cautions += [skip.reason for skip in notes]
    written = rows[_AS_WRITTEN].fillna("").astype(str)
    said_already = {name for name in rows if name.startswith("folder ") and (rows[name].fillna("") == written).all()}
    if FOLD in rows:
        made["fold"] = _typed(rows[FOLD].fillna("").astype(str))
    for name in rows.columns:
        if name in taken or name in images or name == FILE or name[0] == "\0" or name in said_already:
            continue
        values = rows[name].fillna("")
        if (values != "").any():
            made[unlike(name, {*TIDY_COLUMNS, *made}, "file")] = _typed(values)
            if name not in images:
                reading.columns.setdefault(name, name)
    return tidy(pd.DataFrame(made, index=rows.index))


def _as_meant(what: str, texts: pd.Series, notes: list[Skip]) -> pd.Series:
    if what == "age":
        return ages(texts.mask(texts == "", None), notes)
    return sexes(texts, notes) if what == "sex" else mapped(texts, lambda text: None if is_unknown(text) else text)


def _typed(values: pd.Series) -> pd.Series:
    said = values.mask(values == "", None)
    as_numbers = numbers(said)
    return as_numbers if as_numbers.notna().equals(said.notna()) else in_little(said)


def _caution_groups(reading: Reading, groups: pd.Series) -> None:
    """Say how many labelled pictures have no group, or that nobody knows what belongs together."""
    if groups.empty:
        return
    alone = int(groups.isna().sum())
    if alone == len(groups):
        reading.group = None
        reading.columns.pop("group", None)
        reading.cautions.append(
            "Nobody knows which pictures belong together: each counts as a group of its own, and pictures of one "
            "patient may stand on both sides of a split. Name patients or lesions in a table, such as groups.csv, or "
            "look for near-duplicates on the Integrity page and make groups of them."
        )
    elif alone:
        caution = (
            f"{alone:,} of {len(groups):,} pictures have no {reading.noun} in "
            f"{printable(reading.table) or 'their names'}: each counts as a group of its own, and pictures of one "
            f"{reading.noun} may stand on both sides of a split."
        )
        reading.cautions.append(caution)
        reading.skipped.append(Skip("", "", f"{caution} Name them there."))


def note_classes(reading: Reading) -> None:
    """Names and malignancy of the classes, and what is wrong with them."""
    if reading.problem:
        return
    source = reading.rows if reading.rows["label"].notna().any() else reading.described
    keys = sorted(map(str, source["label"].dropna().unique())) if len(source) else []
    others = [
        c
        for c in source.columns.drop("label")
        if any(is_named(c, names) for names in (BINARY_NAMES, BENIGN_NAMES, LABEL_NAMES)) or c.startswith("folder ")
    ]
    told = malignancy_by(source[others], source["label"], others) if keys else {}
    classes = []
    for key in keys:
        meant = diagnosis(key, keys)
        malignant = meant.malignant if meant.malignant is not None else told.get(key)
        malignant = reading.choices.malignant.get(key, malignant)
        classes.append(ClassSpec(key, meant.name if meant.known else key.replace("_", " "), malignant))
    reading.classes = tuple(classes)
    _caution_of_contradicted(reading, told)
    by_meaning: dict[str, list[str]] = {}
    for key in [key for key in keys if key not in reading.choices.apart]:
        meant = diagnosis(key, keys)
        by_meaning.setdefault(meant.key if meant.known else without_copy(key), []).append(key)
    for names in by_meaning.values():
        names.sort(key=lambda name: without_copy(name) != name)
    reading.alike = [(names[0], other) for names in by_meaning.values() for other in names[1:]]
    for one, other in reading.alike:
        if without_copy(one) == without_copy(other):
            reading.questions.append(
                f"“{one}” and “{other}” are copies of one folder by their names. Merge them (merge:{other}={one}), or "
                "agree that they are two classes."
            )
        elif diagnosis(one, keys).known:
            reading.questions.append(
                f"“{one}” and “{other}” both mean {diagnosis(one, keys).name}. Merge them (merge:{other}={one}), or "
                "agree that they are two classes."
            )
        else:
            reading.cautions.append(
                f"“{one}” and “{other}” may be one class written in two ways. Merge them if they are."
            )
    _ask_of_longer_names(reading, source, keys)
    shown = printable(reading.folder.name)
    if len(keys) > MOST_CLASSES:
        reading.problem = (
            f"{shown} has {len(keys)} classes; a data set has at most {MOST_CLASSES}. Choose a coarser column."
        )
    elif len(keys) == 1:
        reading.problem = (
            f"All pictures of {shown} are of one class, “{keys[0]}”: there is nothing to tell apart. Add pictures of "
            "another class, or choose another column as label."
        )
    elif not keys:
        reading.problem = f"No picture of {shown} has a class."
    unknown = [c.name for c in reading.classes if c.malignant is None]
    if unknown and not reading.problem:
        nobody = "Nobody has said" if reading.unjudged else "It is not known"
        reading.cautions.append(
            f"{nobody} whether {', '.join(unknown[:5])}{' …' if len(unknown) > 5 else ''} "
            f"{'is' if len(unknown) == 1 else 'are'} malignant or benign."
        )
    _caution_parts(reading, source)


def _caution_of_contradicted(reading: Reading, told: Mapping[str, bool]) -> None:
    """Say which classes are malignant or benign by name while another column says the opposite of all of them."""
    for malignant, word, answer in ((True, "malignant", "no"), (False, "benign", "yes")):
        differing = [each for each in reading.classes if each.malignant is malignant and told.get(each.key) is not None
                     and told[each.key] is not malignant and each.key not in reading.choices.malignant]  # fmt: skip
        if differing:
            shown, counts = first_few([each.name for each in differing]), "counts" if len(differing) == 1 else "count"
            reading.cautions.append(
                f"{shown} {counts} as {word} by name, and another column says the opposite of all these pictures. "
                f"Where that is right, set malignant:{differing[0].key}={answer}."
            )


def _ask_of_longer_names(reading: Reading, rows: pd.DataFrame, keys: list[str]) -> None:
    """Ask whether a class of one part is that of another part with more behind its name: "adenocarcinoma" in the test
    part and "adenocarcinoma_left.lower.lobe_T2" in training."""
    if len(keys) < 3 or not rows["split"].notna().any():
        return
    parts = rows.dropna(subset=["label", "split"]).groupby("label")["split"].agg(set)
    for short in keys:
        longer = [each for each in keys if plain(each).startswith(f"{plain(short)} ")]
        if len(longer) == 1 and parts.get(short, set()).isdisjoint(parts.get(longer[0], {None})):
            reading.alike.append((short, longer[0]))
            reading.questions.append(
                f"“{short}” and “{longer[0]}” are in different parts and may be one class. Merge them "
                f"(merge:{longer[0]}={short}), or agree that they are two classes."
            )


def _caution_parts(reading: Reading, rows: pd.DataFrame) -> None:
    """Say what the official parts cannot tell."""
    labelled = rows.loc[rows["label"].notna(), ["label", "split", "group_id"]].rename(columns={"split": "part"})
    reading.cautions += split_cautions(labelled, reading.classes, reading.noun, official=True)
