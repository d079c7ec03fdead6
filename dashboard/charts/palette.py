"""One colour per class everywhere in the app: malignant warm, benign cool, readable for colour-blind people.

The colours were found by search: as far apart as possible in CIEDE2000 for normal sight and for protanopia,
deuteranopia and tritanopia, at a contrast of at least 3 to both page backgrounds (WCAG 2.2, 1.4.11).
"""

from collections.abc import Sequence

from core.data.adapters.skin import diagnosis_key
from core.data.spec import ClassSpec
from dashboard.markdown import Markdown

NOT_RECORDED = "#87919A"
"""What is not known has this grey in every chart."""

SEXES = {"female": "#0E6F86", "male": "#479CB3"}
"""Shades of the app's own colour, so that no sex looks like a class."""

ACCENT = "#2B8197"
"""Bars that stand for no class."""

KINDS = ("#5691FE", "#BE8C32", "#6A48EF", "#0E8B6F", "#C2221D", "#4B686F")
"""For values without a colour of their own: as many as stay 12 apart from each other and from `NOT_RECORDED`."""

_MALIGNANT = ("#C2221D", "#BE8C32", "#F950A1", "#80624B", "#A19467")
_BENIGN = ("#5691FE", "#0E8B6F", "#6A48EF", "#4B686F", "#7894A2")
_NEITHER = (
    "#0E8B6F",
    "#BE8C32",
    "#6A48EF",
    "#4B686F",
    "#F950A1",
    "#80624B",
    "#7894A2",
    "#A19467",
    "#5691FE",
    "#C2221D",
)
"""Those that elsewhere mean malignant and benign come last."""
_KNOWN = {"mel": 0, "bcc": 1, "akiec": 2, "ak": 2, "scc": 3, "nv": 0, "bkl": 1, "df": 2, "vasc": 3}
"""Place of a diagnosis in its row of colours, whichever data set it comes from."""


def class_colours(classes: Sequence[ClassSpec]) -> dict[str, str]:
    """Colour of each class, as `#RRGGBB` by class key.

    A known diagnosis always has the same colour, the first of two classes that mean the same; other classes take what
    is left on their side, in order. Five malignant and five benign classes are told apart; with more, colours come
    back. Classes that nobody has called either have the colours of all that the others leave.
    """
    colours: dict[str, str] = {}
    for row, malignant in ((_MALIGNANT, True), (_BENIGN, False), (_NEITHER, None)):
        side = [c.key for c in classes if c.malignant is malignant]
        known = {_KNOWN[diagnosis_key(key)]: key for key in reversed(side) if diagnosis_key(key) in _KNOWN}
        taken = {key: place for place, key in known.items()}
        used = {*colours.values(), *(row[place] for place in taken.values())}
        free = [place for place in range(len(row)) if row[place] not in used] or range(len(row))
        others = [key for key in side if key not in taken]
        taken |= {key: free[number % len(free)] for number, key in enumerate(others)}
        colours |= {key: row[taken[key]] for key in side}
    return {c.key: colours[c.key] for c in classes}


def class_mark(colour: str) -> Markdown:
    """A small square of a class colour, as Streamlit Markdown, to stand before the name of the class."""
    return Markdown(f':color[\u2002]{{background="{colour}"}}')
