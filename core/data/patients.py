"""What somebody says of the persons in pictures, in a table: age, sex and site by picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import numpy as np

from core.base.errors import DataError
from core.base.printable import printable
from core.data.adapters.metadata_file import ages, read_texts, sexes
from core.data.metadata_encoding import COLUMNS, Patient
from core.data.reading.column_names import IMAGE_NAMES, TIDY_NAMES, columns_named
from core.data.spec import Skip


@dataclass(frozen=True)
class Patients:
    """Patients by the name of their picture's file, or its id; `notes` say what of them is not usable."""

    by_picture: Mapping[str, Patient] = field(default_factory=dict)
    others: Patient | None = None
    """Who is in all other pictures; None where nothing is known of them."""
    notes: tuple[str, ...] = ()

    def of(self, picture: Path) -> Patient | None:
        """The patient in a picture; None where nothing is known."""
        return self.by_picture.get(picture.name, self.by_picture.get(picture.stem, self.others))


NOBODY = Patients()


def read_patients(table: Path) -> Patients:
    """Patients of a table with a column of pictures and columns of ages, sexes or sites, called as is usual.

    Raises:
        DataError: the file is no table, or has no such columns.
    """
    rows = read_texts(table)
    images = columns_named(rows.columns, IMAGE_NAMES)
    found = {name: named[0] for name in COLUMNS if (named := columns_named(rows.columns, TIDY_NAMES[name]))}
    if not images or not found:
        raise DataError(
            f"{printable(table)} needs a column “image” with the names of the pictures, and at least one of the "
            f"columns {', '.join(COLUMNS)}."
        )
    skipped: list[Skip] = []
    values = rows[list(found.values())].set_axis(list(found), axis=1)
    if "age" in values:
        values["age"] = ages(values["age"], skipped)
    if "sex" in values:
        values["sex"] = sexes(values["sex"], skipped)
    values = values.astype(object).replace({np.nan: None})
    names = rows[images[0]].fillna("").map(lambda name: PurePath(name).name)
    patients: dict[str, Patient] = {}
    contradicted: list[str] = []
    for name, row in zip(names, values.to_dict("records"), strict=True):
        if name and patients.setdefault(name, Patient(**row)) != Patient(**row):
            contradicted.append(name)
    notes = [skip.reason for skip in skipped]
    if contradicted:
        notes.append(
            f"{printable(contradicted[0])} stands in {printable(table.name)} more than once and is said to be another "
            f"person there; the first line counts. So it is for {len(set(contradicted)):,} of the pictures."
        )
    return Patients(patients, notes=tuple(notes))
