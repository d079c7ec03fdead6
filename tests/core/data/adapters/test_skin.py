import pytest

from core.data.adapters.skin import HAM10000_CLASSES, ISIC_2019_CLASSES, class_in, diagnosis_key, known_diagnosis

HAM10000 = tuple(c.key for c in HAM10000_CLASSES)
ISIC_2019 = tuple(c.key for c in ISIC_2019_CLASSES)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("MEL", "mel"),
        ("Melanoma", "mel"),
        ("basal_cell-carcinoma", "bcc"),
        ("Actinic keratosis / intraepithelial carcinoma", "akiec"),
        ("actinic keratosis", "ak"),
        ("Naevus", "nv"),
        ("pigmented benign keratosis", "bkl"),
    ],
)
def test_a_diagnosis_is_known_by_key_full_name_and_usual_names(name: str, key: str) -> None:
    assert known_diagnosis(name).key == diagnosis_key(name) == key


@pytest.mark.parametrize("name", ["", "melanomas and others", "type 3", "0", "良性"])
def test_other_names_are_no_diagnosis(name: str) -> None:
    assert known_diagnosis(name) is None
    assert diagnosis_key(name) == name


@pytest.mark.parametrize(
    ("key", "keys", "meant"),
    [
        ("mel", HAM10000, "mel"),
        ("ak", HAM10000, "akiec"),
        ("akiec", ISIC_2019, "ak"),
        ("scc", HAM10000, "scc"),
        ("mel", ("Melanoma", "Nevus"), "Melanoma"),
        ("nevus", HAM10000, "nv"),
        ("1", ("0", "1"), "1"),
        ("x", (), "x"),
    ],
)
def test_a_class_of_one_data_set_is_found_among_those_of_another(key: str, keys: tuple[str, ...], meant: str) -> None:
    assert class_in(key, keys) == meant
