"""Age, sex and site as numbers: fitted on the training part alone, unknown where nobody knows, some of it hidden."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import ConfigurationError, DataError
from core.base.typed_json import read_as
from core.data.metadata_encoding import (
    ALL_HIDDEN,
    MetadataEncoding,
    Patient,
    encode_all,
    fit_encoding,
    known_columns,
    that_add,
)
from core.data.patients import read_patients

TABLE = pd.DataFrame(
    {
        "image_id": list("abcdef"),
        "age": [20.0, 40.0, np.nan, 60.0, 90.0, np.nan],
        "sex": ["female", "male", np.nan, "female", "male", np.nan],
        "site": ["back", "face", "back", np.nan, "foot", np.nan],
    }
)
TRAINED = pd.Series(list("abcd"))


@pytest.fixture
def encoding() -> MetadataEncoding:
    found = fit_encoding(("age", "sex", "site"), TABLE, TRAINED)
    assert found is not None
    return found


def test_mean_deviation_and_values_are_those_of_the_training_part_alone(encoding: MetadataEncoding) -> None:
    assert encoding.age_mean == pytest.approx(40)
    assert encoding.age_deviation == pytest.approx(np.std([20, 40, 60]))
    assert (encoding.sexes, encoding.sites) == (("female", "male"), ("back", "face"))
    assert encoding.width == 2 + 3 + 4  # of the body: face, mouth and back


def test_each_row_says_what_is_known_and_marks_what_is_not(encoding: MetadataEncoding) -> None:
    known = encode_all(encoding, TABLE, pd.Index(list("fea")))
    assert known is not None
    scale = encoding.age_deviation
    assert known.values.dtype == np.float32
    assert known.values.tolist() == [
        [0, 1, 0, 0, 1, 0, 0, 0, 1],
        pytest.approx([50 / scale, 0, 0, 1, 0, 0, 0, 0, 1]),  # of a site that training has not seen
        pytest.approx([-20 / scale, 0, 1, 0, 0, 0, 0, 1, 0]),
    ]
    assert known.values[0].tolist() == encoding.unknown.tolist() == encoding.of(Patient()).tolist()


def test_a_picture_or_a_column_that_a_table_lacks_is_unknown(encoding: MetadataEncoding) -> None:
    other = encode_all(encoding, TABLE[["image_id", "age"]], pd.Index(["a", "not there"]))
    assert other is not None
    assert other.values[:, 2:].tolist() == [encoding.unknown[2:].tolist()] * 2
    assert other.values[1].tolist() == encoding.unknown.tolist()


def test_a_patient_is_counted_however_the_value_is_written(encoding: MetadataEncoding) -> None:
    patient = Patient.of({"age": " 60 ", "sex": "Female", "site": "BACK "})
    assert encoding.of(patient).tolist() == encoding.encoded(TABLE.assign(site="back").iloc[[3]])[0].tolist()
    assert encoding.not_told_apart(Patient(sex="male", site="moon")) == ("moon",)
    assert [Patient.of({"sex": sex}).sex for sex in ("M", "f", "weiblich", " Male", "unknown", "X")] == [
        "male", "female", "female", "male", None, "X"
    ]  # fmt: skip


def test_a_site_is_the_mean_of_the_regions_that_it_covers_and_training_knows(encoding: MetadataEncoding) -> None:
    of_site = {site: encoding.of(Patient(site=site))[5:].tolist() for site in ("face", "Head/neck", "LIP", "trunk")}
    assert of_site == {
        "face": [0.5, 0.5, 0, 0],
        "Head/neck": [0.5, 0.5, 0, 0],
        "LIP": [0, 1, 0, 0],
        "trunk": [0, 0, 1, 0],
    }
    assert encoding.not_told_apart(Patient(site="nose")) == ()
    assert encoding.not_told_apart(Patient(site="foot")) == ("foot",)


def test_what_training_calls_by_a_name_is_what_it_means_there() -> None:
    """Where hands are named apart, an upper extremity is the rest of it, also in another table."""
    encoding = MetadataEncoding.fitted(pd.DataFrame({"site": ["upper extremity", "hand"]}), ["site"])
    numbers = [encoding.of(Patient(site=site)).tolist() for site in ("Upper  extremity", "hand")]
    assert numbers == [[1, 0, 0, 0], [0, 0.5, 0.5, 0]]


def test_a_site_without_a_place_on_the_body_has_a_number_of_its_own() -> None:
    encoding = MetadataEncoding.fitted(pd.DataFrame({"site": ["left colon", "back", "rectum"]}), ["site"])
    numbers = [encoding.of(Patient(site=site)).tolist() for site in ("back", "left colon", "Rectum", "caecum")]
    assert numbers == np.eye(4).tolist()


def test_a_network_of_an_earlier_version_is_told_each_site_by_itself(encoding: MetadataEncoding) -> None:
    earlier = asdict(encoding)
    del earlier["places"]
    read = read_as(MetadataEncoding, json.loads(json.dumps(earlier)))
    numbers = [read.of(Patient(site=site))[5:].tolist() for site in ("back", "face", "head/neck", None)]
    assert numbers == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize("age", ["old", "-1", "131", "nan!", "1e9"])
def test_what_is_no_age_is_refused_by_name(age: str) -> None:
    with pytest.raises(ConfigurationError, match=f"age: “{age}” is no age"):
        Patient.of({"age": age})
    assert Patient.of({"age": "Unknown", "sex": " unknown "}) == Patient()
    assert Patient.of({"age": "", "sex": None, "site": float("nan")}) == Patient()


@pytest.mark.parametrize("column", ["age", "sex", "site"])
def test_a_column_that_nobody_knows_is_refused_by_name(column: str) -> None:
    others = [name for name in ("age", "sex", "site") if name != column]
    for table in (TABLE.drop(columns=column), TABLE.assign(**{column: np.nan})):
        assert known_columns(table) == tuple(others)
        with pytest.raises(ConfigurationError, match=f"no picture of the training part has a known {column}"):
            fit_encoding((column,), table, TRAINED)
    assert fit_encoding((), TABLE, TRAINED) is None


def test_all_of_one_age_are_no_deviation(encoding: MetadataEncoding) -> None:
    same = fit_encoding(("age",), TABLE.assign(age=50.0), TRAINED)
    assert same is not None
    assert same.of(Patient(age=50)).tolist() == [0, 0]


def test_what_was_saved_is_read_and_what_is_damaged_is_not(encoding: MetadataEncoding) -> None:
    saved = json.loads(json.dumps(asdict(encoding)))
    assert read_as(MetadataEncoding, saved) == encoding
    for change in ({"columns": ["dx_type"]}, {"age_deviation": 0}, {"sites": 3}, {"places": [["moon"], []]}):
        with pytest.raises(ValueError, match=r"columns|age_deviation|sites|places"):
            read_as(MetadataEncoding, saved | change)


def test_hiding_makes_whole_rows_or_single_columns_unknown_and_leaves_the_rest(encoding: MetadataEncoding) -> None:
    known = np.repeat(encoding.of(Patient(60, "male", "face"))[None], 4000, axis=0)
    shown = encoding.hidden(known, np.random.default_rng(0))
    parts = [slice(0, 2), slice(2, 5), slice(5, 9)]
    hides = np.column_stack([(shown[:, part] == encoding.unknown[part]).all(axis=1) for part in parts])
    kept = np.column_stack([(shown[:, part] == known[:, part]).all(axis=1) for part in parts])
    assert (hides ^ kept).all()
    assert hides.all(axis=1).mean() == pytest.approx(ALL_HIDDEN, abs=0.03)
    assert 0.15 < (hides.any(axis=1) & ~hides.all(axis=1)).mean() < 0.3


def test_patients_are_read_from_a_table_by_picture(tmp_path: Path) -> None:
    file = tmp_path / "patients.csv"
    file.write_text("image_id,age_approx,gender,anatom_site_general\na.jpg,61,M,back\nb,,f,unknown\nc,-4,female,foot\n")
    patients = read_patients(file)
    assert patients.of(Path("deep/a.jpg")) == Patient(61, "male", "back")
    assert patients.of(Path("b.png")) == Patient(None, "female", None)
    assert patients.of(Path("other.png")) is None
    assert "1 of the ages lie below 0" in patients.notes[0]
    file.write_text("image,age,sex\na,50,F\na,60,F\nb,,X\n")
    patients = read_patients(file)
    assert patients.of(Path("a.jpg")) == Patient(50, "female", None)
    unknown, twice = patients.notes
    assert "written as “x”" in unknown
    assert "a stands in patients.csv more than once" in twice
    file.write_text("image,weight\na,70\n")
    with pytest.raises(DataError, match="needs a column “image”"):
        read_patients(file)


def test_one_column_adds_and_several_add() -> None:
    assert that_add(("age",)) == "age adds"
    assert that_add(("age", "site")) == "age and body site add"
