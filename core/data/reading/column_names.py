"""What the columns of tables are called, by what they mean."""

from collections.abc import Iterable

from core.data.adapters.folder_names import words

IMAGE_NAMES = (
    "image", "image_id", "image_name", "img_id", "isic_id", "file", "file_name", "filename", "filepath", "path",
    "image_path", "picture", "picture_id", "ddi_file", "md5hash", "img", "image_file", "photo", "name", "id", "derm",
    "tile", "tile_id", "patch", "patch_id",
)  # fmt: skip
LABEL_NAMES = (
    "label", "class", "dx", "diagnosis", "diagnostic", "diagnosis_label", "category", "lesion_type", "diagnose",
    "klasse", "classe", "clase", "befund", "etiqueta", "diagnóstico", "diagnostico", "tumor_type", "class_name",
    "label_name", "ground_truth", "target_label", "nine_partition_label", "three_partition_label",
)  # fmt: skip
"""The first is taken before the second, where several would do."""
BINARY_NAMES = (
    "benign_malignant", "malignant", "is_malignant", "malignancy", "malign", "is_melanoma", "cancer", "is_cancer",
    "cancerous", "has_cancer", "bösartig", "maligno", "melanoma",
)  # fmt: skip
"""Columns whose "yes", 1 or TRUE means malignant."""
WEAK_NAMES = ("disease", "histology", "subtype", "type", "gt", "y", "kind", "group_label", "finding")
"""Columns that are the class where no other is."""
TARGET_NAMES = ("target", "label_id", "class_id", "y_true", "outcome")
"""Columns of numbers that mean what another table says, or nobody knows what."""
GROUP_WORDS = {
    **dict.fromkeys(("patient", "patients", "patienten", "paciente", "pazient", "pat"), ("patient", 5)),
    "subject": ("subject", 5),
    "person": ("person", 5), "participant": ("patient", 5), "donor": ("patient", 5), "case": ("case", 4),
    "plate": ("plate", 3), "slide": ("slide", 3), "wsi": ("slide", 3), "video": ("video", 3), "series": ("series", 3),
    **dict.fromkeys(("lesion", "lesions", "läsion", "laesion", "lesión", "lesão", "lesao", "mole"), ("lesion", 2)),
    "group": ("group", 1),
}  # fmt: skip
"""Words in the names of columns that say what must not be split: the noun, and the coarser the higher a number."""
_ID_WORDS = frozenset("id ids no nr num number code key uid identifier".split())
_NOT_GROUPS = frozenset("age sex gender type count size location site area region class label status group".split())
AGE_NAMES = ("age", "age_approx", "age_approximate", "age_years", "patient_age", "alter", "edad", "idade")
SEX_NAMES = ("sex", "gender", "patient_sex", "geschlecht", "sexo", "sexe")
SITE_NAMES = (
    "site", "localization", "localisation", "anatom_site_general", "anatom_site", "anatomical_site", "location",
    "anatom_site_general_challenge", "body_site", "region", "body_region", "anatom_site_1", "anatom_site_special",
)  # fmt: skip
METHOD_NAMES = ("diagnosis_method", "dx_type", "diagnosis_confirm_type", "diagnosis_confirmation")
SOURCE_NAMES = ("source", "dataset", "data_set", "institution", "hospital", "center", "centre")
PART_NAMES = ("split", "part", "subset", "partition", "set", "fold", "phase", "train_test", "data_split")
TIDY_NAMES = {
    "age": AGE_NAMES, "sex": SEX_NAMES, "site": SITE_NAMES, "diagnosis_method": METHOD_NAMES, "source": SOURCE_NAMES,
    "split": PART_NAMES,
}  # fmt: skip


def plain_name(name: str) -> str:
    """The name of a column as it is compared: letters and digits alone, in lower case."""
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


_PLAIN = {names: {plain_name(name): place for place, name in enumerate(names)} for names in (
    IMAGE_NAMES, LABEL_NAMES, WEAK_NAMES, BINARY_NAMES, TARGET_NAMES, *TIDY_NAMES.values(),
)}  # fmt: skip


def is_named(column: str, names: tuple[str, ...]) -> bool:
    """Whether a column is called by one of the names; case, blanks, dashes and underscores do not count."""
    return plain_name(column) in _PLAIN[names]


def columns_named(columns: Iterable[str], names: tuple[str, ...]) -> list[str]:
    """The columns that are called by one of the names, the earlier names first."""
    places = _PLAIN[names]
    return sorted((c for c in columns if plain_name(c) in places), key=lambda column: places[plain_name(column)])


def group_word(column: str) -> tuple[str, int] | None:
    """What a column of groups is called in a sentence, and how coarse that is; None if its name is none of groups.

    "patient", "lesion_id", "ID of patient", "slide-no", "tile_group", "PatientNumber" are; "age_group" is not.
    """
    said = [word for word in words(column) if word not in ("of", "the", "der", "des")]
    nouns = [word for word in said if word in GROUP_WORDS]
    rest = [word for word in said if word not in GROUP_WORDS and word not in _ID_WORDS]
    if not nouns:  # written in one: "patientid"
        plain = plain_name(column)
        together = (noun for noun in GROUP_WORDS for word in _ID_WORDS if plain in (noun + word, word + noun))
        return next((GROUP_WORDS[noun] for noun in together), None)
    if said[-1] == "group" and len(said) > 1:
        return None if _NOT_GROUPS.intersection(said[:-1]) else (nouns[0], 1)
    return None if rest else GROUP_WORDS[nouns[0]]
