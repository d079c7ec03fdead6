"""Written names of diagnoses: what they mean, and whether they are malignant."""

import unicodedata
from collections.abc import Iterator

import pytest

from core.data.diagnoses.diagnoses import diagnosis, is_unknown, named_diagnoses, plain, same_diagnosis, spelled
from tests.core.data.diagnoses.published_diagnoses import ISIC_BENIGN, ISIC_INDETERMINATE, ISIC_MALIGNANT, LISTS


def split(text: str) -> list[str]:
    return [" ".join(each.split()) for each in text.split(";")]


def published() -> Iterator[tuple[str, str, bool | None]]:
    for source, lists in LISTS.items():
        for malignant, names in lists.items():
            yield from ((source, name, malignant) for name in split(names))


@pytest.mark.parametrize(("source", "name", "malignant"), list(published()))
def test_names_as_publishers_write_them_are_malignant_or_not(source: str, name: str, malignant: bool | None) -> None:
    assert diagnosis(name).malignant is malignant


@pytest.mark.parametrize(
    ("names", "malignant"), [(ISIC_MALIGNANT, True), (ISIC_BENIGN, False), (ISIC_INDETERMINATE, None)]
)
def test_the_whole_hierarchy_of_the_isic_archive_is_known(names: str, malignant: bool | None) -> None:
    found = {name: diagnosis(name).malignant for name in split(names)}
    # HAM10000 counts actinic keratoses as malignant; of proliferations of Langerhans cells nobody is sure.
    differing = ("ctinic keratosis", "angerhans", "Indeterminate cell", "Erdheim")
    assert [
        name for name, called in found.items() if called is not malignant and not any(d in name for d in differing)
    ] == []


@pytest.mark.parametrize(
    ("written", "key", "name"),
    [
        ("MEL", "mel", "melanoma"),
        ("Melanom", "mel", "melanoma"),
        ("mélanome", "mel", "melanoma"),
        ("Malignant  Melanoma", "mel", "melanoma"),
        ("Melanoma, NOS", "mel", "melanoma"),
        ("NEVI", "nv", "melanocytic nevus"),
        ("Nævus", "nv", "melanocytic nevus"),
        ("Nävus", "nv", "melanocytic nevus"),
        ("Muttermal", "nv", "melanocytic nevus"),
        ("nevo melanocítico", "nv", "melanocytic nevus"),
        ("Nevos melanocíticos", "nv", "melanocytic nevus"),
        ("BasalCellCarcinoma", "bcc", "basal cell carcinoma"),
        ("carcinoma de células basais", "bcc", "basal cell carcinoma"),
        ("Plattenepithelkarzinom", "scc", "squamous cell carcinoma"),
        ("carcinome épidermoïde", "scc", "squamous cell carcinoma"),
        ("Aktinische_Keratose", "ak", "actinic keratosis"),
        ("ACK", "ak", "actinic keratosis"),
        ("Actinic keratoses and intraepithelial carcinoma", "akiec", "actinic keratosis / intraepithelial carcinoma"),
        ("Seborrhoeic Keratoses", "sek", "seborrheic keratosis"),
        ("keratosis, seborrheic", "sek", "seborrheic keratosis"),
        ("queratosis seborreica", "sek", "seborrheic keratosis"),
        ("Benign keratosis-like lesions ", "bkl", "benign keratosis"),
        ("pigmented benign keratosis", "bkl", "pigmented benign keratosis"),
        ("haemangiomas", "hemangioma", "hemangioma"),
        ("Bowen's disease", "squamous cell carcinoma in situ", "squamous cell carcinoma in situ"),
        ("spitz-nevus", "spitz nevus", "spitz nevus"),
        ("Nevus, Spitz", "spitz nevus", "spitz nevus"),
        ("bösartig", "malignant", "malignant"),
        ("Gutartig", "benign", "benign"),
        ("Benigno", "benign", "benign"),
        ("bénin", "benign", "benign"),
        ("maligno", "malignant", "malignant"),
        ("malin", "malignant", "malignant"),
        ("malignes Melanom", "mel", "melanoma"),
        ("1. Eczema 1677", "eczema", "eczema"),
        ("0_melanoma", "mel", "melanoma"),
        ("Benign::Benign melanocytic proliferations::Nevus", "nv", "melanocytic nevus"),
        ("tumor_adenosis_none", "tumor_adenosis_none", "tumor adenosis none"),
        (" Type_3 ", "Type_3", "Type 3"),
    ],
)
def test_a_name_gives_the_usual_key_and_the_full_name(written: str, key: str, name: str) -> None:
    for form in ("NFC", "NFD"):
        found = diagnosis(unicodedata.normalize(form, written))
        assert (found.key, found.name) == (key, name)


@pytest.mark.parametrize("written", ["Pecan", "type 3", "良", "", "  ", "+", "\x00", "a" * 10_000, "(", "::", "1"])
def test_what_is_in_no_table_is_no_error_and_keeps_its_name(written: str) -> None:
    found = diagnosis(written)
    assert (found.key, found.known, found.malignant) == (written.strip(), False, None)


@pytest.mark.parametrize(
    ("written", "malignant"),
    [
        ("Malignant tumour of the eyelid", True),
        ("maligne Veränderung", True),
        ("angiosarcoma of the scalp", True),
        ("Bronchialkarzinom", True),
        ("breast cancer", True),
        ("Brustkrebs", True),
        ("cancer de piel", True),
        ("melanoma, associated with a nevus", True),
        ("melanoma_2", True),
        ("Malignant, not otherwise specified", True),
        ("Leukämie", True),
        ("Benign tumour", False),
        ("gutartige Veränderung", False),
        ("non-malignant", False),
        ("non malignant skin", False),
        ("nicht bösartig", False),
        ("no_cancer", False),
        ("without tumor cells", False),
        ("agminated naevi of the arm", False),
        ("pseudolymphoma", None),
        ("premalignant", None),
        ("precancerous lesion", None),
        ("not benign", None),
        ("benign or malignant", None),
        ("not melanoma", None),
        ("melanoma negative", None),
        ("melanoma vs nevus", None),
        ("nevus or melanoma", None),
        ("tumor of uncertain malignant potential", None),
        ("suspected melanoma", None),
        ("sarcomatoid reaction", None),
    ],
)
def test_of_an_unknown_name_the_words_tell_or_leave_it_open(written: str, malignant: bool | None) -> None:
    assert diagnosis(written).malignant is malignant


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Malignant", "malignant", True),
        ("bösartig", "MALIGNANT", True),
        ("Nevus", "nv", True),
        ("basal_cell-carcinoma", "BCC", True),
        ("Type A", "type_a", True),
        ("Übergang", unicodedata.normalize("NFD", "übergang"), True),
        ("type 1", "type 2", False),
        ("melanoma stage 1", "melanoma stage 2", False),
        ("Melanoma (I)", "Melanoma (II)", False),
        ("melanoma_1", "melanoma_2", False),
        ("seborrheic keratosis", "pigmented benign keratosis", False),
        ("Melanoma Invasive", "Melanoma in situ", False),
        ("Nevus, Spitz", "Nevus, Blue", False),
        ("ak", "akiec", False),
        ("benign", "non-malignant", False),
        ("+", "-", False),
        ("か", "が", False),
        ("की", "का", False),
        ("0", "00", False),
    ],
)
def test_names_that_differ_in_case_spelling_or_language_are_the_same_diagnosis(a: str, b: str, same: bool) -> None:
    assert same_diagnosis(a, b) is same_diagnosis(b, a) is same
    assert same_diagnosis(a, a)


@pytest.mark.parametrize(
    "written",
    ["unknown", "Unknown ", "UNK", "NA", "n/a", "N.A.", "nan", "NaN", "null", "<NA>", "#N/A", "?", "??", "-", "–", "",
     "  ", "not known", "not_recorded", "unbekannt", "Undetermined", "k.A.", "desconocido", "inconnu", "."],
)  # fmt: skip
def test_what_nobody_knows_is_unknown(written: str) -> None:
    assert is_unknown(written)


@pytest.mark.parametrize(
    "written",
    ["none", "None", "normal", "no tumor", "healthy", "benign", "negative", "0", "False", "Indeterminate", "other",
     "+", "nv", "良性", "no finding"],
)  # fmt: skip
def test_an_answer_that_says_nothing_was_found_is_no_unknown(written: str) -> None:
    assert not is_unknown(written)


def test_single_letters_mean_a_diagnosis_only_among_their_like() -> None:
    codes = ["A", "F", "PT", "TA", "DC", "LC", "MC", "PC"]
    assert [diagnosis(code, codes).malignant for code in codes] == [False] * 4 + [True] * 4
    assert diagnosis("DC", codes).key == "ductal_carcinoma"
    assert diagnosis("A").malignant is diagnosis("A", ["A", "F"]).malignant is diagnosis("PC", [*codes, "X"]).malignant


def test_no_two_lines_of_the_table_claim_a_name() -> None:
    claimed: dict[str, set[str]] = {}
    for name, meant in named_diagnoses():
        claimed.setdefault(diagnosis(name).key, set()).add(meant.key)
    assert {key: keys for key, keys in claimed.items() if keys != {key}} == {}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("  Spitz-Nevus_(Reed) ", "spitz nevus reed"),
        ("BÖSARTIG", "bosartig"),
        ("Bowen’s", "bowens"),
        ("diğer", "diger"),
        ("IŞIK", "isik"),
        ("हिन्दी", "हिन्दी"),
        ("groß", "gross"),
    ],
)
def test_plain_text_has_small_letters_and_single_blanks(written: str, text: str) -> None:
    assert plain(written) == plain(unicodedata.normalize("NFD", written)) == plain(written.upper()) == text


@pytest.mark.parametrize(
    "written",
    [
        "melanoma?",
        "Nevus (?)",
        "susp. melanoma",
        "DD Melanom",
        "status post melanoma",
        "Z.n. Melanom",
        "Verdacht auf BCC",
    ],
)
def test_what_somebody_only_suspects_is_neither_malignant_nor_benign(written: str) -> None:
    assert diagnosis(written).malignant is None


def test_a_doubtful_diagnosis_is_no_other_spelling_of_a_sure_one() -> None:
    assert spelled("nevus?") != spelled("nevus")


@pytest.mark.parametrize(
    ("written", "malignant"),
    [
        ("GBM", True), ("HCC", True), ("HGSC", True), ("CLL", True), ("nodular BCC", True), ("clear cell RCC", True),
        ("seminoma", True), ("NILM", False), ("UDH", False), ("hyperplastic polyp", False), ("oncocytoma", False),
        ("Normalgewebe", False), ("Histiozytom", False), ("dermatosis papulosa nigra", False), ("hem", None),
    ],
)  # fmt: skip
def test_names_and_codes_of_tissue_are_known_where_they_are_sure(written: str, malignant: bool | None) -> None:
    assert diagnosis(written).malignant is malignant
