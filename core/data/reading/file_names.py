"""What file names say of a picture: whom it shows, what it was copied from, its class; known ways of naming, words."""

import re
from collections.abc import Callable, Collection, Sequence

import pandas as pd

from core.data.adapters.folder_names import PART_WORDS, is_container, is_id, is_identifier, is_setting
from core.data.diagnoses.diagnoses import diagnosis
from core.data.group_words import GROUP_WORDS, words
from core.data.spec import MOST_CLASSES

_BREAKHIS = re.compile(
    r"^(?:SOB|CNB)_[BM]_[A-Z]+-(?P<patient>\d+-\d+[A-Z]*)-(?P<magnification>\d+)-\d+$"
)  # Spanhol et al. 2016: procedure_class_type-year-slide-magnification-number
_PAD_UFES = re.compile(r"^(?P<patient>PAT_\d+)_(?P<lesion>\d+)_\d+$")  # Pacheco et al. 2020
_TCGA = re.compile(r"^(?:.*[-_])?(?P<patient>TCGA[-_][A-Z0-9]{2}[-_][A-Z0-9]{4})(?=[-_.]|$)", re.IGNORECASE)
_C_NMC = re.compile(r"^UID_(?P<patient>H?\d+)_\d+_\d+_(?:all|hem)$", re.IGNORECASE)  # Gupta et al. 2019
_KATHER = re.compile(r"^[0-9A-F]+_(?P<slide>CRC-Prim-HE-\d+)_\d+(?:\.tif_Row_\d+_Col_\d+)?$", re.IGNORECASE)
_WORDED = re.compile(
    r"(?:^|[_\-. ])(?P<word>patient|pat|pt|person|case|subject|subj|lesion|slide|wsi|video|vid|clip|seq|sequence|plate"
    r"|mole|vol|volume|exam|study|series)[_\-. ]?"
    r"(?P<id>[A-Z]?\d+)"
    r"(?=[_\-. ]|$)",
    re.IGNORECASE,
)
_NOUNS = {
    "pat": "patient", "person": "patient", "pt": "patient", "subj": "patient", "subject": "patient", "wsi": "slide",
    "mole": "lesion", "vid": "video", "clip": "video", "seq": "video", "sequence": "video", "vol": "volume",
}  # fmt: skip
_COPY = re.compile(
    r"^(?P<original>.+?)(?:\.rf\.[0-9A-Za-z]{16,}"  # Roboflow
    r"|_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # Augmentor
    r"|[_\-. ]+(?:aug|augmented|[hv]?flip|flipped|rot|rotate|rotated|rotation|mirror|mirrored|crop|cropped|bright"
    r"|dark|noise|noisy|blur|blurred|zoom|shift|copy|copie|copia|kopie|kopia"
    r"|edited|bearbeitet|modifié|modifie|editado|editada|modificato|bewerkt|redigeret|redigerad|muokattu)"
    r"[_\-. ]?\(?\w{0,8}\)?)$",
    re.IGNORECASE,
)
ALTERED = r"(?i)(?:^|/)(?:aug|augmented|augmentation)[_\-. ]?[^/]*$"
"""How paths of altered copies end that are not called after what they were made of."""
_MADE_OF = re.compile(
    r"^(?:aug|augmented|augmentation|(?:copy|copie|copia|kopie|kopia)(?: (?:of|von|van|de|di|do|da))?"
    r"|h?flip|v?flip|flipped|rot|rotated|mirror|mirrored)[_\-. ]?\d{0,3}[_\-. ]+"
    r"(?P<original>.+)$",
    re.IGNORECASE,
)
"""Names of copies that are called after their original behind what was done: "aug_0_m017"."""
_NUMBERED_COPY = re.compile(r"^(?P<original>.*\S)[ _]?\(\d{1,2}\)$")
_BEGINS_WITH_ID = re.compile(
    r"^(?P<id>(?:(?P<word>[A-Za-z]+)[_\-. ]?)?\d{2,}[A-Za-z]?|\d{2}[A-Z]\d{3,}"
    r"|[A-Za-z]{2,8}\d[_\-]\d{3,}"  # OASIS: OAS1_0028_MR1
    r"|(?:[A-Za-z]{1,3}\d{1,4}){2}[A-Za-z]*)[_\-. ]+.+$"  # malaria of the NIH: C33P1thinF_IMG
)
_PATIENT_OF_PAIR = re.compile(r"(?:^|(?<=\d))(?:p|pt|pat)\d+", re.IGNORECASE)
_PAIR = re.compile(r"[A-Za-z]{1,3}\d{1,4}[A-Za-z]{1,3}\d{1,4}")
_SIDE_BEHIND_ID = re.compile(r"^(?P<group>[A-Za-z]{0,8}[_\-]?\d{3,})(?P<side>[LRlr]|O[DS]|o[ds]|left|right)$")
"""An id with the side of a body glued to it, such as "9000496L"."""
_VIEW = re.compile(
    r"^(?P<group>.*?\w)(?:[_\-. ]+(?:left|right|l|r|od|os|cc|mlo|ml|lm|front|back|frontal|lateral|anterior|posterior"
    r"|dorsal|ventral|top|bottom|side|clinic|clinical|derm|dermoscopic|dermoscopy|overview|closeup|macro|micro))+$",
    re.IGNORECASE,
)
"""Names that end in the view of something or the side of a body, of which there are several."""
_NO_ID = re.compile(r"^(?:[A-Za-z]*[_\-. ]?)(?:19|20)\d{2}(?:[01]\d[0-3]\d)?$")
"""A year or a date."""
_NO_ID_WORDS = frozenset("tile patch crop frame page row col x y class label fold version size dim".split())
_PARTS_OF_NAMES = re.compile(r"[_\-. ]+")
_LETTERS_AND_NUMBER = re.compile(r"^([A-Za-z]{1,8})(\d{2,}[A-Za-z]?)$")
_NO_LETTERS = _NO_ID_WORDS | frozenset(
    "r c z t s n v w h i img image pic picture photo dsc scan slice view no nr num index isic magnification mag".split()
)
"""Letters before a number that say where in a picture or series it is, or how it was taken."""
_NUMBERED_CLASS = re.compile(r"(?:^|[_\-. ])(?:class|label|cls)[_\-]?(\w+?)(?=[_\-. ]|$)", re.IGNORECASE)
_FIRST_WORDS = re.compile(r"^[^\W\d_]+(?:[_\- ]+[^\W\d_]+)*")
_NUMBERED_FIRST_WORDS = re.compile(r"^(?:\d{1,2}[_\-. ]+)?([^\W\d_]+(?:[_\- ]+[^\W\d_]+(?![^\W_]))*)")
_WORDS_BEHIND_DATE = re.compile(r"^[\d_\-. ]+([^\W\d_]+(?:[_\- ]+[^\W\d_]+(?![^\W_]))*)")
_LAST_NUMBER = re.compile(r"[_\-. ](\d{1,2})$")
_LAST_WORDS = re.compile(r"[^\W\d_]+(?:[_\- ]+[^\W\d_]+)*$")
NAME = "name: "
"""Columns that were read from file names begin so."""
CLASS_IN_NAME, ORIGINAL = f"{NAME}class", f"{NAME}original"
BEGINNING = "beginning of the name"
NO_GROUPS = (CLASS_IN_NAME, f"{NAME}magnification")
"""Such columns that say nothing of what belongs together."""
_NEARLY_ALL, _MOST, _MOSTLY, _SOME = 0.9, 0.8, 0.5, 0.1
_OF_SOME = 0.3
"""As many names at least say the patient where others, as of the healthy, say none."""
_PHOTOS = 1.5
"""Pictures of one id on average, at least, where nothing but the beginning of the name says that it is one."""
_LOOKED_AT = 1000
_FEWEST_OF_A_CLASS = 3


def columns_in_names(stems: Sequence[str]) -> dict[str, list[str | None]]:
    """What file names without ending say, as columns "name: patient", "name: original", …; none if they say nothing.

    A way of naming counts where nearly all names have it and some id comes up twice. An original is what copies such
    as "a_flip" or those of Roboflow were made from. Where nothing else is known, an id at the beginning ("P012_3") is
    a group.
    """
    looked = stems[:: max(1, len(stems) // _LOOKED_AT)]
    for pattern in (_BREAKHIS, _PAD_UFES, _TCGA, _C_NMC, _KATHER):
        least = _MOSTLY if pattern in (_C_NMC, _KATHER) else _NEARLY_ALL  # others lie beside those of classes
        if sum(pattern.match(each) is not None for each in looked) >= least * max(1, len(looked)):
            return _kept({f"{NAME}{key}": [_group(pattern, each, key) for each in stems] for key in pattern.groupindex})
    columns: dict[str, list[str | None]] = {}
    of_others = any(_NUMBERED_COPY.match(each) or _MADE_OF.match(each) for each in looked)
    names = frozenset(stems) if of_others else frozenset()
    found = [_worded(each) for each in looked]
    nouns = pd.Series([noun for said in found for noun in said], dtype=object).value_counts()
    common = [str(noun) for noun, count in nouns.items()
              if count >= (_OF_SOME if noun == "patient" else _NEARLY_ALL) * len(looked)]  # fmt: skip
    if common:
        everywhere = [_worded(each) for each in stems]
        columns = {f"{NAME}{noun}": [said.get(noun) for said in everywhere] for noun in common}
    elif sum(_original(each, names) != each for each in looked) >= _SOME * max(1, len(looked)):
        columns[ORIGINAL] = [_original(each, names) for each in stems]
    elif sum(_VIEW.match(each) is not None for each in looked) >= _NEARLY_ALL * max(1, len(looked)) and _are_groups(
        shown := [_group(_VIEW, each, "group") for each in stems]
    ):
        columns[f"{NAME}group"] = shown
    elif (of_sides := _before_sides(stems, looked)) is not None:
        columns[f"{NAME}group"] = of_sides
    elif all(_id_of(each) for each in looked) and _are_groups(ids := [_id_of(each) for each in stems]):
        columns[f"{NAME}group"] = ids
    elif (letters := _letters_of_ids(looked)) is not None:
        columns[f"{NAME}group"] = [_id_behind(each, letters) for each in stems]
    elif (place := _place_of_ids(looked)) is not None:
        columns[f"{NAME}group"] = [_part_at(each, place) for each in stems]
    return _kept(columns)


def _original(name: str, names: Collection[str]) -> str:
    """What a picture is a copy of by its name: "a" of "a_flip", and of "a (1)" and "aug_0_a" where there is an "a"."""
    if (found := _MADE_OF.match(name)) and found["original"] in names:
        name = found["original"]
    while (found := _NUMBERED_COPY.match(name)) and found["original"] in names:
        name = found["original"]
    return _group(_COPY, name, "original") or name


def _before_sides(stems: Sequence[str], looked: Sequence[str]) -> list[str | None] | None:
    """The id before the side of a body that each name ends in; None where names are no such ones."""
    sides = {found["side"].lower() if (found := _SIDE_BEHIND_ID.match(each)) else "" for each in looked}
    if "" in sides or len(sides) != 2:
        return None
    ids = [_group(_SIDE_BEHIND_ID, each, "group") for each in stems]
    return ids if _are_groups(ids) else None


def _are_groups(ids: Sequence[str | None]) -> bool:
    """Whether there are several ids, and of each several pictures on average."""
    return 3 <= len(set(ids)) <= len(ids) / _PHOTOS


def _letters_of_ids(stems: Sequence[str]) -> str | None:
    """The letters before an id anywhere in the names, as the P of "f3a9_2021_P0003_1"; None where there are none.

    Nearly all names have it, and on average it comes up in several.
    """
    found: dict[str, list[str]] = {}
    for name in stems:
        for part in _PARTS_OF_NAMES.split(name):
            if (said := _LETTERS_AND_NUMBER.match(part)) and said[1].lower() not in _NO_LETTERS:
                found.setdefault(said[1], []).append(said[2])
    for letters, ids in found.items():
        everywhere = _NEARLY_ALL * len(stems) <= len(ids) <= len(stems)
        if everywhere and _are_groups(ids):
            return letters
    return None


def _place_of_ids(stems: Sequence[str]) -> int | None:
    """Which part of all names is an id that a machine has made and that comes up in several, as that of the patient in
    those of INbreast, "20586908_6c613a14b80a8591_MG_R_CC_ANON"; None where none is."""
    parts = [_PARTS_OF_NAMES.split(each) for each in stems]
    for place in range(min(map(len, parts), default=0)):
        ids = [each[place] for each in parts]
        if all(map(is_identifier, ids)) and _are_groups(ids):
            return place
    return None


def _part_at(name: str, place: int) -> str | None:
    parts = _PARTS_OF_NAMES.split(name)
    return parts[place] if len(parts) > place else None


def _id_behind(name: str, letters: str) -> str | None:
    return next((part for part in _PARTS_OF_NAMES.split(name)
                 if (said := _LETTERS_AND_NUMBER.match(part)) and said[1] == letters), None)  # fmt: skip


def classes_in_names(stems: Sequence[str]) -> list[str] | None:
    """The class that each file name says, as "class1" or as words that are diagnoses; None where names say none.

    "" stands where a name says none although nearly all do.
    """
    for said in (_numbered_class, *map(_words_by, (_FIRST_WORDS, _LAST_WORDS, _WORDS_BEHIND_DATE))):
        looked = pd.Series([said(each) for each in stems[:: max(1, len(stems) // _LOOKED_AT)]], dtype=object)
        values = looked[looked != ""].unique()
        if len(looked) and len(values) and (looked != "").mean() >= _NEARLY_ALL and len(values) <= MOST_CLASSES:
            told = sum(diagnosis(each).known or diagnosis(each).malignant is not None for each in values)
            if len(values) > 1 and (said is _numbered_class or told >= _MOST * len(values)):
                return [said(each) for each in stems]
    return None


def beginnings_or_ends(stems: Sequence[str]) -> list[str] | None:
    """What may be the class by the beginning or end of each file name, whatever it means; None where nothing may.

    Nearly all names begin (or end) with one of a few words, such as "BN_001", "01_TUMOR_1A2B" and "0007_all", or end
    in a small number behind what comes once alone ("0007_1"); these are not of cameras, views, patients or parts.
    """
    looked = stems[:: max(1, len(stems) // _LOOKED_AT)]
    for said in (_words_by(_NUMBERED_FIRST_WORDS), _words_by(_LAST_WORDS), _number_at_end):
        found = pd.Series([said(each) for each in looked], dtype=object)
        counts = found[found != ""].value_counts()
        counts = counts[counts >= _FEWEST_OF_A_CLASS]
        few = 2 <= len(counts) <= min(MOST_CLASSES, len(looked) // _FEWEST_OF_A_CLASS)
        if not few or counts.sum() < _NEARLY_ALL * len(looked):
            continue
        if said is _number_at_end:
            heads = pd.Series([each[: -len(number)] for each, number in zip(looked, found, strict=True)])
            may_be = heads.is_unique and counts.min() >= _SOME * counts.max()
        else:
            none = [text for text in counts.index if _says_no_class(text)]
            may_be = len(none) < len(counts) and all(len(text) == 1 for text in none)
        if may_be:
            known = {text: next((each for each in counts.index if re.match(rf"{re.escape(each)}(?![^\W_])", text)), "")
                     for text in {said(each) for each in stems}}  # fmt: skip
            return [known[said(each)] for each in stems]
    return None


def parts_in_names(stems: Sequence[str]) -> list[str] | None:
    """The official part that each file name begins with, as "train_12" and "testA_3" do; None where some name none."""
    found: list[str] = []
    for each in stems:
        said = words(each)
        if not said or said[0] not in PART_WORDS:
            return None
        found.append(PART_WORDS[said[0]])
    return found if len(set(found)) > 1 else None


def ids_before(stems: pd.Series) -> pd.Series | None:
    """The id that each file name begins with, as "20586908" of "20586908_MG_R_CC"; None where some begin with none."""
    found = stems.str.extract(r"^([^\W_]+)[_\-. ]")[0]
    return found if len(found) and found.notna().all() and found.map(is_id).all() else None


def _says_no_class(text: str) -> bool:
    """Whether the words before or behind a number say how it was taken or whose it is, as "IMG" and "patient" do."""
    alone = all(word in _NO_LETTERS or word in GROUP_WORDS or word in PART_WORDS for word in words(text))
    return alone or is_setting(text) or (is_container(text) and text.casefold() != "all")  # the leukaemia ALL


def _number_at_end(name: str) -> str:
    found = _LAST_NUMBER.search(name)
    return found[1] if found else ""


def _numbered_class(name: str) -> str:
    found = _NUMBERED_CLASS.search(name)
    return found[1] if found else ""


def _words_by(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def said(name: str) -> str:
        found = pattern.search(name)
        return (found[1] if found.re.groups else found[0]) if found else ""

    return said


def _id_of(name: str) -> str | None:
    """The id that a name begins with, None if it begins with none, or with a date."""
    found = _BEGINS_WITH_ID.match(name)
    if found is None or _NO_ID.match(found["id"]) or (found["word"] or "").lower() in _NO_ID_WORDS:
        return None
    if (pair := _PAIR.match(found["id"])) is None:
        return found["id"]
    if all(letters.lower() in _NO_LETTERS for letters in re.findall("[A-Za-z]+", pair[0])):
        return None  # "r3c12": where a tile lies
    patient = _PATIENT_OF_PAIR.search(pair[0])
    return patient[0] if patient else pair[0]


def _kept(columns: dict[str, list[str | None]]) -> dict[str, list[str | None]]:
    """Those in which something comes up twice."""
    return {name: values for name, values in columns.items() if 0 < len(set(values) - {None}) < len(values)}


def _group(pattern: re.Pattern[str], name: str, key: str) -> str | None:
    found = pattern.match(name)
    return found.group(key) if found else None


def _worded(name: str) -> dict[str, str]:
    return {_NOUNS.get(found["word"].lower(), found["word"].lower()): found["id"] for found in _WORDED.finditer(name)}
