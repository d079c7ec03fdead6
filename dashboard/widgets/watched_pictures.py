"""Six validation pictures and what the network says of them, epoch by epoch.

They are one piece of HTML, not three dozen widgets: whoever watches a run is sent it again every second, and what a
message costs the server is what slows a training on the same machine.
"""

import base64
from collections.abc import Sequence
from html import escape

import streamlit as st

from core.data.spec import ClassSpec
from core.errors import LesionLabError, PictureError
from core.runs.folder import RunFolder
from core.runs.watched import Watched
from dashboard.charts.palette import class_colours
from dashboard.curves import Curves
from dashboard.loading import load_dataset, thumbnail

HEIGHT = 150
MOST_COLUMNS = 40
"""Of the history of one picture; of more epochs, every second or third is shown."""
GRID = "display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:0.75rem"
CARD = "border:1px solid #87919A66;border-radius:0.5rem;padding:0.6rem;margin:0"
PICTURE = "width:100%;aspect-ratio:3/2;object-fit:cover;border-radius:0.3rem;display:block"
BAR = "display:grid;grid-template-columns:3.2rem 1fr;align-items:center;font-size:0.8rem;line-height:1.15rem"


def show_watched(run: RunFolder, watched: Watched, classes: Sequence[ClassSpec], curves: Curves) -> None:
    """Each picture with its true class, the probability of that so far, and those of all classes now."""
    told = [line["pictures"] for line in curves.epochs if line.get("pictures")]
    _draw_cards(str(run.path), *curves.told, run, watched, classes, told)


@st.cache_resource(max_entries=60, show_spinner=False)
def _draw_cards(path: str, epochs: int, last: float, _run: RunFolder, _watched: Watched, _classes, _told: list) -> None:  # noqa: ARG001 - key
    pictures = _pictures(_run, [image_id for image_id, _ in _watched.pictures])
    cards = [
        watched_card(pictures.get(image_id), [of[number] for of in _told], _classes, label)
        for number, (image_id, label) in enumerate(_watched.pictures)
    ]
    st.html(f'<div style="{GRID}">{"".join(cards)}</div>')


def watched_card(
    picture: bytes | None, history: Sequence[Sequence[float]], classes: Sequence[ClassSpec], true: str
) -> str:
    """One picture as HTML.

    Args:
        picture: a JPEG, None where it is not here.
        history: probability of each class, in the order of `classes`, epoch by epoch; empty before the first one.
        classes: all classes.
        true: key of the true class.
    """
    keys = [each.key for each in classes]
    name, place, colours = escape(classes[keys.index(true)].name), keys.index(true), class_colours(classes)
    of_true = [values[place] for values in history]
    if picture is None:
        shown = f'<div style="{PICTURE}">Its picture is not here.</div>'
    else:
        source = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
        shown = f'<img src="{source}" alt="A validation picture of {name}" style="{PICTURE}">'
    change = f"{100 * (of_true[-1] - of_true[-2]):+.0f} points" if len(of_true) > 1 else "&nbsp;"
    said = f"{of_true[-1]:.0%}" if of_true else "–"
    bars = "".join(
        _bar(each, value, colours[each.key], bold=each.key == true)
        for each, value in zip(classes, history[-1] if history else [0.0] * len(classes), strict=True)
    )
    return (
        f'<figure style="{CARD}">{shown}'
        f'<figcaption style="font-size:0.85rem;line-height:1.1rem;min-height:2.2rem;margin-top:0.3rem">'
        f"True class: <b>{name}</b></figcaption>"
        f'<div title="Probability of the true class, {name}">'
        f'<span style="font-size:1.5rem;font-weight:600">{said}</span>'
        f' <span style="font-size:0.8rem">{change}</span></div>'
        f"{_sparkline(of_true, colours[true], name)}{bars}</figure>"
    )


def _bar(each: ClassSpec, value: float, colour: str, *, bold: bool) -> str:
    weight = "700" if bold else "400"
    return (
        f'<div style="{BAR}" title="{escape(each.name)}: {value:.1%}">'
        f'<span style="font-weight:{weight};overflow:hidden">{escape(each.key)}</span>'
        f'<span style="background:{colour};width:{100 * value:.1f}%;height:0.65rem;'
        f'min-width:1px;border-radius:0 2px 2px 0"></span></div>'
    )


def _sparkline(values: Sequence[float], colour: str, name: str) -> str:
    """The probability of the true class epoch by epoch as thin columns; Streamlit lets no SVG through."""
    kept = values[:: len(values) // MOST_COLUMNS + 1]
    columns = "".join(f'<i style="flex:1;height:{100 * value:.0f}%;background:{colour}"></i>' for value in kept)
    return (
        f'<div role="img" aria-label="Probability of {name} by epoch" style="display:flex;align-items:flex-end;gap:1px;'
        f'height:1.8rem;margin:0.2rem 0;border-bottom:1px solid #87919A66;opacity:0.8">{columns}</div>'
    )


def _pictures(run: RunFolder, image_ids: list[str]) -> dict[str, bytes]:
    """Small copies of the pictures that are here."""
    try:
        table = load_dataset(run.recipe().dataset).table
    except LesionLabError:
        return {}
    found = {}
    for image_id, path in table.loc[table["image_id"].isin(image_ids), ["image_id", "path"]].itertuples(index=False):
        try:
            found[image_id] = thumbnail(path, HEIGHT)
        except PictureError:
            continue
    return found
