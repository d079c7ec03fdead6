"""How the answers of a run can be read as yes or no: malignant against benign, and each class against the rest."""

from collections.abc import Collection

from core.data.diagnoses.diagnoses import same_diagnosis
from core.data.spec import ClassSpec
from core.evaluation.readings import Reading

MALIGNANT = "malignant"


def malignant_reading(classes: Collection[ClassSpec], chosen: Collection[str] = ()) -> Reading | None:
    """Malignant against benign; None where nobody has said which classes are malignant, or where all are or none is.

    Args:
        classes: of the run.
        chosen: keys that somebody has called malignant, for classes of which it is not known.
    """
    positive = tuple(c.key for c in classes if c.malignant or (c.malignant is None and c.key in chosen))
    if not positive or len(positive) == len(classes):
        return None
    if not chosen and any(c.malignant is None for c in classes):
        return None
    return Reading(MALIGNANT, positive)


def readings_of(classes: Collection[ClassSpec], chosen: Collection[str] = ()) -> list[Reading]:
    """Malignant against benign where it is known, then each class against all others.

    Of two classes there is but one such question, so that the other one is left out where it is known which is
    malignant.
    """
    malignant = malignant_reading(classes, chosen)
    each = [Reading(c.name, (c.key,)) for c in classes]
    if malignant is None:
        return each
    return [malignant, *(each if len(each) > 2 else [])]


def melanoma_of(classes: Collection[ClassSpec]) -> ClassSpec | None:
    """The class that means melanoma, under whatever name; None if there is none."""
    return next((c for c in classes if same_diagnosis(c.key, "mel") or same_diagnosis(c.name, "melanoma")), None)
