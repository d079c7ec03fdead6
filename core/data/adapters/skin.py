"""Diagnoses of pigmented skin lesions, shared by every data set that uses them."""

from collections.abc import Collection

from core.data.diagnoses.diagnoses import diagnosis
from core.data.spec import ClassSpec

HAM10000_CLASSES = (
    ClassSpec("akiec", "actinic keratosis / intraepithelial carcinoma", malignant=True),
    ClassSpec("bcc", "basal cell carcinoma", malignant=True),
    ClassSpec("bkl", "benign keratosis", malignant=False),
    ClassSpec("df", "dermatofibroma", malignant=False),
    ClassSpec("mel", "melanoma", malignant=True),
    ClassSpec("nv", "melanocytic nevus", malignant=False),
    ClassSpec("vasc", "vascular lesion", malignant=False),
)
"""In alphabetical order of their keys, which is also the order in which models number them."""

ISIC_2019_CLASSES = (
    ClassSpec("ak", "actinic keratosis", malignant=True),
    ClassSpec("bcc", "basal cell carcinoma", malignant=True),
    ClassSpec("bkl", "benign keratosis", malignant=False),
    ClassSpec("df", "dermatofibroma", malignant=False),
    ClassSpec("mel", "melanoma", malignant=True),
    ClassSpec("nv", "melanocytic nevus", malignant=False),
    ClassSpec("scc", "squamous cell carcinoma", malignant=True),
    ClassSpec("vasc", "vascular lesion", malignant=False),
)
"""What HAM10000 calls akiec is divided between ak and scc here."""

ISIC_2019_UNKNOWN = ClassSpec("unk", "none of the eight diagnoses", malignant=None)

_SYNONYMS = {"ak": "akiec", "akiec": "ak"}


def class_in(key: str, keys: Collection[str]) -> str:
    """The class of `keys` that `key` means, such as akiec for ak, or mel for Melanoma; `key` itself if it is none."""
    if key in keys:
        return key
    diagnoses = {diagnosis_key(each): each for each in keys}
    meant = diagnosis_key(key)
    return diagnoses.get(meant) or diagnoses.get(_SYNONYMS.get(meant, ""), key)


def diagnosis_key(name: str) -> str:
    """The key among `HAM10000_CLASSES` and `ISIC_2019_CLASSES` of a diagnosis; `name` itself if it is none of them."""
    known = known_diagnosis(name)
    return known.key if known else name


def known_diagnosis(name: str) -> ClassSpec | None:
    """The one of `HAM10000_CLASSES` and `ISIC_2019_CLASSES` that a name means in any spelling; None if it is none."""
    return _CLASSES.get(diagnosis(name).key)


_CLASSES = {each.key: each for each in (*ISIC_2019_CLASSES, *HAM10000_CLASSES)}
