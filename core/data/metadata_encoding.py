"""Age, sex and site as numbers for a network; how they are counted is fitted on the training part alone."""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Annotated, Any

import numpy as np
import pandas as pd

from core.base.errors import ConfigurationError
from core.base.printable import one_line
from core.base.typed_json import fields_as
from core.data.body_sites import REGIONS, regions_of_sites
from core.data.sex_words import SEXES
from core.data.spec import OLDEST

COLUMNS = ("age", "sex", "site")
"""What can be learnt from beside a picture. How a diagnosis was confirmed cannot: it gives the class away."""
WORDS = {"age": "age", "sex": "sex", "site": "body site"}
MOST_VALUES = 50
"""So many sites (or sexes) are told apart; rarer ones count as unknown."""
ALL_HIDDEN = 0.2
"""Share of the training examples of an epoch of which nothing but the picture is shown."""
ONE_HIDDEN = 0.1
"""Share in which each column is hidden by itself."""
_VALUES = {"sex": "sexes", "site": "sites"}
"""Field that holds the values of a column that are told apart."""


@dataclass(frozen=True)
class Patient:
    """What is known of the person in a picture: age in years, sex and body site; None where it is not known."""

    age: float | None = None
    sex: str | None = None
    site: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Patient":
        """A patient from texts or numbers, as a table or a form has them; empty ones are unknown.

        A sex may be written as in tables of any language, such as "M" or "weiblich"; what nobody knows stays as it is.

        Raises:
            ConfigurationError: the age is no number of years from 0 to 130.
        """
        texts = {name: str(value).strip() for name in COLUMNS if _is_known(value := values.get(name))}
        age = None
        if "age" in texts:
            with contextlib.suppress(ValueError):
                age = float(texts["age"])
            if age is None or not 0 <= age <= OLDEST:
                raise ConfigurationError(f"age: “{texts['age']}” is no age in years, from 0 to {OLDEST}.")
        sex = texts.get("sex")
        return cls(age, sex and SEXES.get(sex.casefold(), sex), texts.get("site"))


@dataclass(frozen=True)
class MetadataEncoding:
    """How columns of metadata become numbers.

    Age gives two numbers: years less the mean of the training part, over its standard deviation (0 where unknown), and
    1 where it is unknown. Sex gives one number for each value that the training part has, 1 for the value of the row,
    and one more, 1 where it is unknown or was never seen. Site gives one for each region of the body that the sites of
    the training part cover, and the regions of the row's site share 1 among them: so the “head/neck” of one hospital is
    the mean of what another tells apart as scalp, face and neck. A site without a place on the body has a number of its
    own, and one more is 1 where the site is unknown.

    `places` are the regions that each of the `sites` covers; where it is empty, as earlier versions saved it, each site
    has a number of its own.
    """

    columns: tuple[str, ...]
    age_mean: float = 0.0
    age_deviation: Annotated[float, (1e-6, 1e6)] = 1.0
    sexes: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    places: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def fitted(cls, rows: pd.DataFrame, columns: Iterable[str]) -> "MetadataEncoding":
        """How the columns of a training part are counted.

        Args:
            rows: tidy metadata of the training part.
            columns: which of `COLUMNS`.

        Raises:
            ConfigurationError: a column is not known for any row; names it.
        """
        columns = tuple(columns)
        refuse_unknown(rows, columns, "the training part")
        values: dict[str, Any] = {_VALUES[name]: _values_of(rows[name]) for name in columns if name in _VALUES}
        if "age" in columns:
            ages = rows["age"].astype(float)
            values |= {"age_mean": float(ages.mean()), "age_deviation": float(ages.std(ddof=0)) or 1.0}
        if "site" in columns:
            values["places"] = tuple(regions_of_sites(values["sites"]).values())
        return cls(columns, **values)

    @classmethod
    def from_json(cls, value: Any) -> "MetadataEncoding":
        """What `dataclasses.asdict` gave.

        Raises:
            ValueError: it is something else.
        """
        found = cls(**fields_as(cls, value))
        if not set(found.columns) <= set(COLUMNS):
            raise ValueError(f"columns are {found.columns}.")
        if len(found.places) not in (0, len(found.sites)) or not {*chain(*found.places)} <= set(REGIONS):
            raise ValueError(f"places are {found.places}.")
        return found

    @property
    def in_words(self) -> str:
        """The columns in a sentence: "age, sex and body site"."""
        return in_words(self.columns)

    @property
    def width(self) -> int:
        """How many numbers a row becomes."""
        return sum(self._widths)

    @property
    def unknown(self) -> np.ndarray:
        """The numbers of a row of which nothing is known, float32 (width,)."""
        return self.encoded(pd.DataFrame(index=range(1)))[0]

    def values(self, column: str) -> tuple[str, ...]:
        """The values of sex or site that are told apart."""
        return getattr(self, _VALUES[column])

    def numbers(self, column: str) -> dict[str, list[float]]:
        """The numbers of each value of sex or site that is told apart; the last of them, 1 where unknown, is 0."""
        return {value: self._numbers(column, value).tolist() for value in self.values(column)}

    def of(self, patient: Patient) -> np.ndarray:
        """The numbers of one patient, float32 (width,)."""
        return self.encoded(pd.DataFrame([asdict(patient)]))[0]

    def encoded(self, rows: pd.DataFrame) -> np.ndarray:
        """The numbers of rows of tidy metadata, float32 (rows, width); a column that is absent is unknown."""
        parts = [self._ages(rows) if name == "age" else self._shares(rows, name) for name in self.columns]
        return np.concatenate([np.empty((len(rows), 0), np.float32), *parts], axis=1)

    def hidden(self, encoded: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The same numbers, float32 (rows, width), with some rows made unknown, and some columns of others.

        So that a network learns to answer without them.
        """
        rows, everything = len(encoded), rng.random(len(encoded)) < ALL_HIDDEN
        single = rng.random((rows, len(self.columns))) < ONE_HIDDEN
        hides = np.repeat(single | everything[:, None], self._widths, axis=1)
        return np.where(hides, self.unknown, encoded)

    def not_told_apart(self, patient: Patient) -> tuple[str, ...]:
        """What is given of a patient and counts as unknown, because nothing in the training part is like it."""
        given = {"sex": patient.sex, "site": patient.site}
        return tuple(
            value
            for name, value in given.items()
            if name in self.columns and value is not None and self._numbers(name, value)[-1]
        )

    def notes_on(self, patient: Patient) -> list[str]:
        """A sentence on each value of a patient that counts as unknown, because training has not seen its like."""
        return [
            f"“{one_line(value)}” was not in training and counts as unknown." for value in self.not_told_apart(patient)
        ]

    @property
    def _widths(self) -> list[int]:
        return [2 if name == "age" else len(self._told_apart(name)) + 1 for name in self.columns]

    def _told_apart(self, name: str) -> tuple[str, ...]:
        """What has a number of its own of sex or site: regions, and values that have no place on the body."""
        if name != "site" or not self.places:
            return tuple(map(_spelled, self.values(name)))
        covered = {*chain(*self.places)}
        nowhere = (_spelled(site) for site, place in zip(self.sites, self.places, strict=True) if not place)
        return (*(region for region in REGIONS if region in covered), *nowhere)

    def _numbers(self, name: str, value: Any) -> np.ndarray:
        """The numbers of one value of sex or site, float32, the last of them 1 where it is unknown."""
        told_apart, value = self._told_apart(name), _spelled(value)
        shares = [value]
        if name == "site" and self.places and value:
            placed = dict(zip(map(_spelled, self.sites), self.places, strict=True))
            shares = [*(placed[value] if value in placed else regions_of_sites([value])[value])] or [value]
        numbers = np.array([*(each in shares for each in told_apart), False], np.float32)
        return numbers / numbers.sum() if numbers.any() else np.eye(1, len(numbers), len(numbers) - 1, np.float32)[0]

    def _ages(self, rows: pd.DataFrame) -> np.ndarray:
        ages = pd.to_numeric(_column(rows, "age"), errors="coerce").to_numpy(np.float64, na_value=np.nan)
        scaled = (ages - self.age_mean) / self.age_deviation
        return np.column_stack([np.nan_to_num(scaled), np.isnan(ages)]).astype(np.float32)

    def _shares(self, rows: pd.DataFrame, name: str) -> np.ndarray:
        places, values = pd.factorize(_column(rows, name))
        numbers = [self._numbers(name, value) for value in (*values, None)]  # a place of -1 is the last: not known
        return np.stack(numbers)[places]


@dataclass(frozen=True)
class EncodedMetadata:
    """Metadata of all examples that a network learns from: `values` is float32 (examples, width), row by row."""

    encoding: MetadataEncoding
    values: np.ndarray


def encode_all(encoding: MetadataEncoding | None, table: pd.DataFrame, image_ids: pd.Index) -> EncodedMetadata | None:
    """The metadata of pictures in the order of their ids; None where a network takes none.

    Args:
        encoding: how they are counted.
        table: tidy metadata; what it does not have is unknown.
        image_ids: of the pictures.
    """
    if encoding is None:
        return None
    by_id = table.drop_duplicates("image_id").set_index("image_id")
    known = [name for name in encoding.columns if name in by_id]
    return EncodedMetadata(encoding, encoding.encoded(by_id[known].reindex(image_ids)))


def fit_encoding(columns: tuple[str, ...], table: pd.DataFrame, image_ids: pd.Series) -> MetadataEncoding | None:
    """How columns are counted, from the rows of the training part alone; None where there are no columns.

    Args:
        columns: which of `COLUMNS`.
        table: tidy metadata of all pictures.
        image_ids: of the training part; one that stands there twice counts twice.

    Raises:
        ConfigurationError: as `MetadataEncoding.fitted`.
    """
    if not columns:
        return None
    by_id = table.drop_duplicates("image_id").set_index("image_id")
    return MetadataEncoding.fitted(by_id.reindex(image_ids), columns)


def refuse_unknown(rows: pd.DataFrame, columns: Iterable[str], where: str) -> None:
    """Raise unless each column is known for some of the rows.

    Raises:
        ConfigurationError: names the column, and those that are known.
    """
    known = known_columns(rows)
    for name in columns:
        if name not in known:
            instead = f"Leave it out, and take {in_words(known)}." if known else "Leave metadata empty."
            raise ConfigurationError(f"metadata: no picture of {where} has a known {name}. {instead}")


def known_columns(rows: pd.DataFrame, share: float = 0.0) -> tuple[str, ...]:
    """Which of `COLUMNS` are known for at least one row of tidy metadata, and for more than a share of them."""
    return tuple(name for name in COLUMNS if name in rows and rows[name].notna().mean() > share)


def in_words(columns: Iterable[str]) -> str:
    """Columns as part of a sentence: "age, sex and body site"."""
    *others, last = [WORDS[name] for name in columns]
    return f"{', '.join(others)} and {last}" if others else last


def that_add(columns: Collection[str]) -> str:
    """Columns and the verb: "age adds", "age and sex add"."""
    return f"{in_words(columns)} {'adds' if len(columns) == 1 else 'add'}"


def _values_of(column: pd.Series) -> tuple[str, ...]:
    counts = column.dropna().map(str).str.strip().value_counts()
    return tuple(sorted(counts.index[:MOST_VALUES]))


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series(np.nan, rows.index)


def _spelled(value: Any) -> str:
    return " ".join(str(value).split()).casefold() if _is_known(value) else ""


def _is_known(value: Any) -> bool:
    return value is not None and not pd.isna(value) and str(value).strip().casefold() not in ("", "unknown")
