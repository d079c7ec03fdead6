"""The words of a name, and those in the names of columns that say what belongs together."""

import re
import unicodedata

GROUP_WORDS = {
    **dict.fromkeys(
        ("patient", "patients", "patienten", "patientin", "paciente", "pacientes", "pazient", "paziente", "pazienti",
         "pacjent", "пациент", "患者", "病人", "病患", "환자", "مريض", "pat",
         "pasient", "pasienter", "patienter", "potilas", "cpr", "personnummer", "病历号", "病歷號", "住院号",
         "カルテ番号", "등록번호"), ("patient", 5)),
    **dict.fromkeys(("subject", "subjects", "proband", "probanden"), ("subject", 5)),
    "person": ("person", 5), "participant": ("patient", 5), "donor": ("patient", 5),
    **dict.fromkeys(("case", "fallnummer", "fallnr", "sagsnummer", "sagsnr", "saksnummer", "病例", "症例"),
                    ("case", 4)),
    "study": ("study", 4), "exam": ("exam", 4), "accession": ("exam", 4),
    "plate": ("plate", 3), "slide": ("slide", 3), "wsi": ("slide", 3), "video": ("video", 3), "series": ("series", 3),
    **dict.fromkeys(("lesion", "lesions", "lasion", "laesion", "lesao", "lesjon", "mole", "病变", "病変"),
                    ("lesion", 2)),
    "group": ("group", 1),
}  # fmt: skip
"""Words in the names of columns that say what must not be split: the noun, and the coarser the higher a number.

They are as `words` gives them, without accents."""
PERSONS = ("patient", "subject", "person", "case")
"""The nouns of people."""
_ID_WORDS = frozenset(
    "id ids no nr num number nummer numero codigo code kode key uid identifier identifiant kennung kennziffer "
    "tunnus "
    "号 番号 编号 編號 序号 번호 номер".split()
)
_SAID_OF_IDS = frozenset(
    "of the der des de del la le du anon anonym anonymous anonymized anonymised pseudonym pseudonymized pseudonymised "
    "unique hashed hash".split()
)
"""What is said of an id and changes nothing."""
_BRACKETS = re.compile(r"\s*[(\[{][^()\[\]{}]*[)\]}]\s*$")
_NOT_GROUPS = frozenset("age sex gender type count size location site area region class label status group".split())
_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans(
    {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def words(name: str) -> list[str]:
    """The words of a name in lower case, also those that only a capital letter begins: "TrainSet 2" has three.

    Latin letters lose their accents: "validación" is "validacion".
    """
    if not name.isascii():
        name = _without_accents(name)
    return [word.lower() for word in _WORD.findall(name)]


def _without_accents(name: str) -> str:
    name = "".join(each for each in unicodedata.normalize("NFKD", name) if not _ACCENTS.match(each))
    in_letters = unicodedata.normalize("NFC", name).translate(_LETTERS)
    return in_letters.upper() if name.isupper() else in_letters


def plain_name(name: str) -> str:
    """The name of a column as it is compared: letters and digits alone, in lower case, Latin ones without accents.

    What stands in brackets behind it does not count: "Age (years)" is "age".
    """
    name = str(name)
    name = _BRACKETS.sub("", name) or name
    if not name.isascii():
        name = _without_accents(name)
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def group_word(column: str) -> tuple[str, int] | None:
    """What a column of groups is called in a sentence, and how coarse that is; None if its name is none of groups.

    "patient", "lesion_id", "ID of patient", "slide-no", "tile_group", "PatientNumber" are; "age_group" is not.
    """
    said = [word for word in words(_BRACKETS.sub("", column) or column) if word not in _SAID_OF_IDS]
    nouns = [word for word in said if word in GROUP_WORDS]
    rest = [word for word in said if word not in GROUP_WORDS and word not in _ID_WORDS]
    if not nouns:  # written in one: "patientid", "Patientennummer"
        plain = plain_name(column)
        together = (noun for noun in GROUP_WORDS for word in _ID_WORDS if plain in (noun + word, word + noun))
        return next((GROUP_WORDS[noun] for noun in together), None)
    if said == ["accession"]:
        return None  # of a sample, as GEO calls it
    if said[-1] == "group" and len(said) > 1:
        return None if _NOT_GROUPS.intersection(said[:-1]) else (nouns[0], 1)
    if rest == ["name"] and GROUP_WORDS[nouns[0]][0] == "patient":  # as exports of a PACS have it
        rest = []
    return None if rest else GROUP_WORDS[nouns[0]]


def is_bare_id(name: str) -> bool:
    """Whether a name says that something is numbered and not what, as "ID" and "No." do."""
    said = words(name)
    return bool(said) and all(word in _ID_WORDS for word in said)


def is_doubtful(column: str) -> bool:
    """Whether a column is called as groups are and may be something else: "tile_group", "case", "Study".

    "group_id", "case_no" and "SubjectID" are plain.
    """
    said = words(column)
    if len(said) == 1:
        return GROUP_WORDS.get(said[0], ("", 0))[0] in ("case", "subject", "study", "exam")
    return bool(said) and said[-1] == "group"
