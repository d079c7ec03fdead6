"""One sentence on what each class is."""

import pytest

from core.data.adapters import breast_histopathology, medmnist, patchcamelyon
from core.data.adapters.skin import HAM10000_CLASSES, ISIC_2019_CLASSES, ISIC_2019_UNKNOWN
from core.data.demo.demo import DEMO_SPEC
from core.data.diagnoses.diagnoses import diagnosis
from core.data.diagnoses.diagnosis_names import TOGETHER
from core.data.diagnoses.diagnosis_sentences import sentence_on

PATHOLOGY = medmnist.published("pathmnist.npz")
KNOWN = (
    *HAM10000_CLASSES,
    *ISIC_2019_CLASSES,
    ISIC_2019_UNKNOWN,
    *DEMO_SPEC.classes,
    *breast_histopathology.BREAST_HISTOPATHOLOGY_SPEC.classes,
    *patchcamelyon.PATCHCAMELYON_SPEC.classes,
    *(PATHOLOGY.spec.classes if PATHOLOGY else ()),
)
FOLDERS = [
    *TOGETHER[0].values(),  # BreakHis
    *("ADI", "BACK", "DEB", "LYM", "MUC", "MUS", "NORM", "STR", "TUM"),  # NCT-CRC-HE-100K
    *("colon_aca", "colon_n", "lung_aca", "lung_n", "lung_scc"),  # LC25000
    *("BRCA", "COAD", "KIRC", "LUAD", "PRAD"),  # TCGA
    *("Benign", "InSitu", "Invasive"),  # BACH
]


@pytest.mark.parametrize("name", sorted({each.name for each in KNOWN} | set(FOLDERS)))
def test_each_class_of_a_known_data_set_has_one_sentence(name: str) -> None:
    said = sentence_on(name)
    assert said is not None
    assert said.endswith(".")
    assert said[0].isupper()
    assert ". " not in said
    assert len(said) <= 150


def test_another_spelling_has_the_same_sentence_and_an_unknown_class_none() -> None:
    assert sentence_on("Nevi, melanocytic") == sentence_on("Muttermal") == sentence_on("nv")
    assert sentence_on("Muttermal") != sentence_on("mel")
    assert sentence_on("tile of the left kidney") is None
    assert sentence_on("") is None


def test_what_is_benign_is_not_called_a_cancer_and_the_reverse() -> None:
    for name in {each.name for each in HAM10000_CLASSES + ISIC_2019_CLASSES}:
        said = sentence_on(name) or ""
        assert (" cancer" in said or "carcinoma" in said) is bool(diagnosis(name).malignant), name
