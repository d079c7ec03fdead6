"""The words of a name, and those in the names of columns that say what belongs together."""

import re
import unicodedata

GROUP_WORDS = {
    **dict.fromkeys(("patient", "patients", "patienten", "paciente", "pazient", "pat"), ("patient", 5)),
    "subject": ("subject", 5),
    "person": ("person", 5), "participant": ("patient", 5), "donor": ("patient", 5), "case": ("case", 4),
    "plate": ("plate", 3), "slide": ("slide", 3), "wsi": ("slide", 3), "video": ("video", 3), "series": ("series", 3),
    **dict.fromkeys(("lesion", "lesions", "lasion", "laesion", "lesao", "mole"), ("lesion", 2)),
    "group": ("group", 1),
}  # fmt: skip
"""Words in the names of columns that say what must not be split: the noun, and the coarser the higher a number.

They are as `words` gives them, without accents."""
PERSONS = ("patient", "subject", "person", "case")
"""The nouns of people."""
_ID_WORDS = frozenset("id ids no nr num number code key uid identifier".split())
_NOT_GROUPS = frozenset("age sex gender type count size location site area region class label status group".split())
_ACCENTS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def words(name: str) -> list[str]:
    """The words of a name in lower case, also those that only a capital letter begins: "TrainSet 2" has three.

    Latin letters lose their accents: "validación" is "validacion".
    """
    if not name.isascii():
        name = "".join(each for each in unicodedata.normalize("NFKD", name) if not _ACCENTS.match(each))
        name = unicodedata.normalize("NFC", name)
    return [word.lower() for word in _WORD.findall(name)]


def plain_name(name: str) -> str:
    """The name of a column as it is compared: letters and digits alone, in lower case."""
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


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
