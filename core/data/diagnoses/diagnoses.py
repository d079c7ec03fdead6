"""What a written diagnosis means, in any case, spelling or common language: its name, and whether it is malignant."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from core.data.diagnoses.diagnosis_names import BENIGN, MALIGNANT, NEITHER, TOGETHER, UNKNOWN
from core.data.diagnoses.diagnosis_names_abroad import ABROAD
from core.data.diagnoses.diagnosis_words import malignant_by_words, takes_back


@dataclass(frozen=True)
class Diagnosis:
    """What a written name means.

    `key` is the usual short key (“mel”), `name` the full name for sentences, `malignant` None where the name alone
    does not tell. `known` is False for a name that is in no table: then `key` is the name as it was written, and
    `malignant` is what its words tell.
    """

    key: str
    name: str
    malignant: bool | None
    known: bool


def diagnosis(written: str, together: Collection[str] = ()) -> Diagnosis:
    """What a written diagnosis means; never an error, whatever is written.

    `together` are all classes of the data set: codes such as BreakHis' A, F and PT mean something only among their
    like.
    """
    for codes in _TOGETHER:
        if len(together) >= min(_FEWEST_CODES, len(codes)) and {plain(each) for each in together} <= codes.keys():
            written = codes.get(plain(written), written)
    meant = _diagnosis(written)
    if not meant.known and meant.malignant is None and are_icd_codes(together):
        return replace(meant, malignant=_malignant_by_icd(written))
    return meant


def are_icd_codes(names: Collection[str]) -> bool:
    """Whether names are codes of ICD-10, such as "C43.9" and "D22.5"; some of them have the point, so that "C43" and
    "D22" alone are not taken for any."""
    said = [name.strip() for name in names if name.strip()]
    return bool(said) and all(map(_ICD.fullmatch, said)) and any("." in name for name in said)


def _malignant_by_icd(code: str) -> bool | None:
    """Whether a neoplasm is malignant by its chapter: C, and D00 to D09 in situ; benign are D10 to D36."""
    found = _ICD.fullmatch(code.strip())
    if found is None or found["letter"].upper() not in "CD":
        return None
    number = int(found["number"])
    if found["letter"].upper() == "C" or number <= _LAST_IN_SITU:
        return True
    return False if number <= _LAST_BENIGN else None


def same_diagnosis(a: str, b: str) -> bool:
    """Whether two written names mean the same diagnosis, such as “Nevi”, “nv” and “Muttermal”."""
    one, other = _diagnosis(a), _diagnosis(b)
    if one.known or other.known:
        return one.key == other.key
    return _canonical(a) == _canonical(b) and (bool(_canonical(a)) or a.strip() == b.strip())


@lru_cache(maxsize=10_000)
def is_unknown(written: str) -> bool:
    """Whether what is written says that nobody knows: “unknown”, “NA”, “?”, nothing; “none” and “normal” do not."""
    text = plain(written)
    return text in _UNKNOWN or (not text and not set(written) & set("+±"))


def plain(written: str) -> str:
    """The same text in small letters without accents, with single blanks between its words and nothing else.

    Accents are dropped from Latin letters alone: in other scripts they make other words.
    """
    if written.isascii():
        return " ".join(_WORDS.findall(written.lower().replace("'", "").replace("`", "")))
    text = unicodedata.normalize("NFC", "".join(_without_accents(written))).casefold().translate(_LETTERS)
    return " ".join("".join(each if _in_word(each) else " " for each in text).split())


def spelled(written: str) -> str:
    """As `plain`, with the sign at the end that tells HER2+ from HER2- and a doubtful "nevus?" from a nevus, and with
    that of a number."""
    said = written.strip().replace("−", "-").replace("–", "-")
    below_zero = "-" if said.startswith("-") and said[1:2].isdigit() else ""
    return below_zero + plain(written) + (said[-1:] if said[-1:] in ("+", "-", "?") else "")


def without_copy(written: str) -> str:
    """A name without what a file manager puts to that of a copy: "Copy of mole", "mole - Kopie (2)" are "mole"."""
    return _COPY.sub("", written).strip() or written


def named_diagnoses() -> Iterator[tuple[str, Diagnosis]]:
    """Each name of the tables with what it means, a name once for each line that has it."""
    meant_by: dict[str, Diagnosis] = {}
    for text, malignant in ((MALIGNANT, True), (BENIGN, False), (NEITHER, None)):
        for key, name, others in _lines(text):
            meant = meant_by[name] = Diagnosis(key, name, malignant, known=True)
            yield from ((each, meant) for each in (name, *others))
            yield key, meant
    for _, name, others in _lines(ABROAD):
        yield from ((each, meant_by[name]) for each in others)


_FEWEST_CODES = 4
_WORDS = re.compile(r"[a-z0-9]+")
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"} | dict.fromkeys("'’‘ʼ`´"))
_FILLERS = frozenset("nos of the a and or case cases image images photo photos picture pictures".split())
_SPELLINGS = (
    (re.compile(r"^naev"), "nev"),
    (re.compile(r"^nev(i|o|os|uses)$"), "nevus"),
    (re.compile(r"^haem"), "hem"),
    (re.compile(r"or+h?o?ei"), "orrhei"),
    (re.compile(r"tumour"), "tumor"),
    (re.compile(r"leukaem"), "leukem"),
    (re.compile(r"oses$"), "osis"),
    (re.compile(r"mata$"), "ma"),
    (re.compile(r"([a-z]{3,})ies$"), r"\1y"),
    (re.compile(r"([a-z]{3,}[^siu])s$"), r"\1"),
)
"""Spellings and plurals that are brought to one form, in the table and in what is looked up alike."""

_ORDER = re.compile(r"^\s*[([]?\d{1,3}[)\].:_\s-]+\s*(?=[^\W\d_])")
_COUNT = re.compile(r"[\s_-]*[([]?(?<![\d.,])(\d+([.,]\d+)?k|\d{2,})[)\]]?\s*$|\s*[([]\d[)\]]\s*$", re.IGNORECASE)
_COPIED = r"(?:copy|copie|copia|c[oó]pia|kopie|kopia|копия|副本)"
_COPY = re.compile(
    rf"^\s*{_COPIED} (?:of|von|van|de|di|do|da) |\s*(?:\s-\s*|[\s_]){_COPIED}(?:\s*\(?\d{{1,2}}\)?)?\s*$", re.IGNORECASE
)
_WORTH = re.compile(r"^\s*(malignant|benign)\s*[-–_:,/]\s*(?=\w)", re.IGNORECASE)
_SIGN = re.compile(r"\(\s*([+\-−–])\s*\)|(?<=\w)\s*([+\-−])\s*$")
_ICD = re.compile(r"(?P<letter>[A-Z])(?P<number>\d{2})(?:\.(?:\d{1,3}|-))?[+*!]?", re.IGNORECASE)
_LAST_IN_SITU, _LAST_BENIGN = 9, 36
_SHORT = re.compile(r"\s*[(\[]\s*(\w{1,8})\s*[)\]]\s*$")


@lru_cache(maxsize=10_000)
def _diagnosis(written: str) -> Diagnosis:
    if written.rstrip(" )]").endswith("?") and plain(written):  # nobody is sure of it
        return Diagnosis(written.strip(), " ".join(written.replace("_", " ").split()), None, known=False)
    text = _SIGN.sub(lambda found: " negative" if (found[1] or found[2]) != "+" else " positive", written)
    *above, last = re.split(r"::?", text)
    for tried in _forms(last):
        found = _in_table(tried)
        if found is not None:
            return found
    if worth := _WORTH.match(last):
        found = _in_table(last[worth.end() :])
        if found is not None and found.malignant is (worth[1].lower() == "malignant"):
            return found
    malignant = _by_words(last)
    for each in reversed(above if not takes_back(plain(last)) else []):
        if malignant is None:
            malignant = _malignancy(each)
    name = " ".join(written.replace("_", " ").split())
    return Diagnosis(written.strip(), name, malignant, known=False)


def _forms(written: str) -> Iterator[str]:
    """The name, and without what people put around it: a number before it, a count or its own short form behind it."""
    yield written
    bare = _COUNT.sub("", _ORDER.sub("", without_copy(written)))
    if bare != written:
        yield bare
    short = _SHORT.search(bare)
    if short is not None:
        full = bare[: short.start()]
        main, code = _in_table(full), _in_table(short[1])
        initials = "".join(word[0] for word in plain(full).split())
        if main is not None and (main == code or plain(short[1]) == initials):
            yield full


def _in_table(written: str) -> Diagnosis | None:
    table, joined = _tables()
    return table.get(_canonical(written)) or joined.get("".join(plain(written).split()))


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[tuple[str, ...], Diagnosis], dict[str, Diagnosis]]:
    """What each name means, by its words and by its letters without blanks (“InSitu”)."""
    table: dict[tuple[str, ...], Diagnosis] = {}
    joined: dict[str, Diagnosis] = {}
    for name, meant in named_diagnoses():
        table.setdefault(_canonical(name), meant)
        joined.setdefault("".join(plain(name).split()), meant)
    return table, joined


def _canonical(written: str) -> tuple[str, ...]:
    """The words of a name in alphabetical order, each in one spelling and in the singular, without fillers."""
    said = plain(written).split()
    return tuple(sorted(
        _one_spelling(word) for number, word in enumerate(said, start=1)
        if word not in _FILLERS or (word == "a" and number == len(said) > 1)  # as in "tumor a" beside "tumor b"
    ))  # fmt: skip


@lru_cache(maxsize=10_000)
def _one_spelling(word: str) -> str:
    for pattern, spelling in _SPELLINGS:
        word = pattern.sub(spelling, word)
    return word


def _malignancy(written: str) -> bool | None:
    found = _in_table(written)
    return found.malignant if found is not None else _by_words(written)


def _by_words(written: str) -> bool | None:
    """Whether the words of a name that is in no table tell that it is malignant, or not.

    What stands before a comma counts more (“Melanoma, associated with a nevus”), unless the rest takes it back.
    """
    head, comma, rest = written.partition(",")
    if comma and not takes_back(plain(rest)) and (found := _in_table(head)) is not None:
        return found.malignant
    return malignant_by_words(" ".join(_one_spelling(word) for word in plain(written).split()))


def _without_accents(written: str) -> Iterator[str]:
    latin = False
    for letter in unicodedata.normalize("NFKD", written):
        if unicodedata.combining(letter):
            if not latin:
                yield letter
        else:
            latin = "LATIN" in unicodedata.name(letter, "")
            yield letter


def _in_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def _lines(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Key, full name and other names of each line of a table."""
    for line in text.strip().replace("\n  ", " ").split("\n"):
        if line.startswith("- "):
            yield from ((name, name, []) for name in _listed(line[2:]))
            continue
        names, _, others = line.partition(" = ")
        key, _, name = names.rpartition(": ")
        yield key or name, name, _listed(others)


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


_TOGETHER = [{plain(code): name for code, name in codes.items()} for codes in TOGETHER]
_UNKNOWN = frozenset(plain(each) for each in _listed(UNKNOWN))
