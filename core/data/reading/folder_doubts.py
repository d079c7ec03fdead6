"""What makes it doubtful that folders are the classes: how deep they are, in which parts they lie, who named them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.base.printable import first_few, printable
from core.data.group_words import words
from core.data.reading.folder_kinds import kind_of, tells
from core.data.spec import MOST_CLASSES
from core.data.splits.splits import TRAIN

_UNTITLED = re.compile(
    r"(?:new folder|untitled folder|neuer ordner|unbenannter ordner|ny mappe|ny mapp|namnlös mapp|unavngiven mappe"
    r"|nouveau dossier|dossier sans titre|nueva carpeta|carpeta sin título|nova pasta|nuova cartella|nieuwe map"
    r"|nowy folder|новая папка|新建文件夹|新增資料夾|新しいフォルダー?|새 폴더)(?:[ _-]*\(?\d+\)?)?",
    re.IGNORECASE,
)
"""How Windows, macOS and Linux call a folder that nobody has named."""
_MAY_BE_CLASSES = ("diagnosis", "other")
_NUMBERED_CLASSES = frozenset(
    "class classes cls klasse klass clase classe type types typ tipo grade grades grad grado stage stages level levels "
    "score scores category categories cat label labels cluster clusters group groups gruppe isup gleason birads rads "
    "kl who diagnosis dx phenotype subtype state target".split()
)
_FEW_LETTERS = 2
""""G1" and "T2" are grades."""


def lie_beside_training(names: Mapping[str, tuple[str, ...]], parts: Mapping[str, str], number: int) -> bool:
    """Whether the folders of a level lie in other parts than that for training, whose pictures lie in none of them.

    Args:
        names: of the folders of each place with pictures, by level.
        parts: the part of each place.
        number: of the level.
    """
    within = {parts.get(place) for place, each in names.items() if len(each) > number and each[number]}
    outside = {parts.get(place) for place, each in names.items() if len(each) <= number or not each[number]}
    return TRAIN in outside and not within & {TRAIN, None}


def doubt_of_untitled(names: Iterable[str]) -> str:
    """Asks of folders that nobody has named among others, such as "New folder (2)"."""
    untitled = sorted(name for name in names if _UNTITLED.fullmatch(name))
    if not untitled:
        return ""
    return (
        f"Nobody has named {first_few(untitled)}, so no class is known of the pictures there. Name folders after their "
        f"class, agree that each is a class, or say no-classes={','.join(untitled)}."
    )


def doubt_of_neighbours(names: Iterable[str]) -> str:
    """Asks of folders in a data folder, called after no diagnosis that is known: they may be a data set each."""
    shown = sorted(names)
    if 2 * sum(map(tells, shown)) >= len(shown):
        return ""
    return (
        f"{first_few(shown)} lie in a data folder, each with pictures alone. Agree that they are the classes of one "
        "data set, or put each data set into a folder of its own."
    )


def doubt_of_numbers(names: Sequence[str]) -> str:
    """Asks of folders of one name that differ in their number alone and say nothing of classes: "ALL_IDB1" and 2."""
    said = {tuple(word for word in words(name) if not word.isdigit()) for name in names}
    word = next(iter(said), ())
    if len(said) > 1 or len(names) < 2 or len("".join(word)) <= _FEW_LETTERS or _NUMBERED_CLASSES.intersection(word):
        return ""
    return f"The folders {first_few(sorted(names))} differ in a number alone: they may be classes, or parts of one set."


def doubt_of_depth(names: Mapping[str, tuple[str, ...]], number: int) -> str:
    """Asks of folders of a level that hold others which may be classes, where pictures lie beside these, or where
    other folders of the level hold none.

    Args:
        names: of the folders of each place with pictures, by level.
        number: of the level.
    """
    below: dict[str, Counter[str]] = {}
    holding: set[str] = set()
    for each in names.values():
        if len(each) > number and each[number]:
            inner = next((name for name in each[number + 1 :] if name), "")
            below.setdefault(each[number], Counter()).update([inner] if inner else [])
            if not inner:
                holding.add(each[number])
    inner_names = Counter({name: 1 for inner in below.values() for name in inner})
    if len(inner_names) > MOST_CLASSES or not _may_be_classes(inner_names):
        return ""
    both = sorted(name for name in holding if below[name] and _may_be_classes(below[name]))
    if both:
        return (
            f"{printable(both[0])} holds pictures and the folders {first_few(sorted(below[both[0]]))}, which may be "
            f"classes of their own. Agree that all are {printable(both[0])}, or put these folders beside it."
        )
    deep = [name for name, inner in below.items() if len(inner) > 1 and _may_be_classes(inner)]
    flat = [name for name in below if name in holding]
    if deep and flat:
        hold, none = ("holds" if len(each) == 1 else "hold" for each in (deep, flat))
        return (
            f"{first_few(deep)} {hold} folders that may be the classes ({first_few(sorted(below[deep[0]]))}), and "
            f"{first_few(flat)} {none} none. Agree if {first_few([*deep, *flat])} are the classes, or say "
            f"no-classes={','.join([*deep, *flat])}."
        )
    return ""


def _may_be_classes(names: Counter[str]) -> bool:
    return kind_of(names) in _MAY_BE_CLASSES
