"""The body map: where on the body the images were taken, front and back."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from core.base.percents import percent
from core.data.body_sites import REGIONS, regions_of_sites
from core.data.spec import ClassSpec
from core.data.statistics.counts import UNKNOWN, cross_counts, value_counts
from dashboard.charts.body_shapes import BACK, CENTRES, EXTENT, FRONT, VIEWS, inside, patches
from dashboard.charts.exploration import Chart, Pick
from dashboard.charts.palette import ACCENT, NOT_RECORDED
from dashboard.charts.style import styled

FAINTEST, STRONGEST = 0.13, 0.95
MALIGNANT = "#C2221D"
_PARTS = {(BACK, "hand"): "hand", (FRONT, "hand"): "palm"}  # the body stands with its palms forward


def body_map(
    table: pd.DataFrame,
    classes: Sequence[ClassSpec],
    *,
    malignant_fraction: bool = False,
    others: pd.DataFrame | None = None,
) -> Chart:
    """A body, front and back, each region as strong in colour as it has images.

    A site that is coarser than the regions counts in each region it covers, so the regions sum up to more than the
    images. A click on a region asks for the finest of its sites.

    Args:
        table: tidy metadata, (images,) rows.
        classes: of the data set.
        malignant_fraction: colour by the share of malignant images of the finest site instead of their number.
        others: rows that pass all filters but that of the site; their regions can be clicked, and are pale.
    """
    everything = table if others is None else others
    by_site = cross_counts(table["site"], table["label"])
    elsewhere = value_counts(everything["site"])
    covered = regions_of_sites(elsewhere.index)
    totals = by_site.sum(axis=1)
    bad = [c.key for c in classes if c.malignant and c.key in by_site]
    malignant = by_site[bad].sum(axis=1)
    sites = {r: [site for site in elsewhere.index if r in covered[site]] for r in REGIONS}
    images = {r: int(sum(totals.get(site, 0) for site in of)) for r, of in sites.items()}
    finest = {r: _finest(of, covered) for r, of in sites.items()}
    fractions = {r: malignant.get(s, 0) / totals[s] if totals.get(s, 0) else 0.0 for r, s in finest.items()}
    unknown = int(table["site"].isna().sum())
    homeless = int(sum(totals.get(site, 0) for site, regions in covered.items() if not regions))

    top = 1 if malignant_fraction else max(images.values(), default=0) or 1
    colour = MALIGNANT if malignant_fraction else ACCENT
    strength = {r: np.sqrt((fractions if malignant_fraction else images)[r] / top) for r in REGIONS}
    shapes = [
        {
            "type": "path",
            "path": path,
            "layer": "below",
            "fillrule": "evenodd",
            "fillcolor": _shade(colour, strength[region]) if images[region] else "rgba(135,145,154,0.10)",
            "line": {"color": NOT_RECORDED, "width": 0.8, "dash": "solid" if sites[region] else "dot"},
        }
        for region, path, _, _ in _drawing()
    ]
    traces, picks = [], []
    for region, _, x, y in _drawing():
        traces.append(
            {
                "type": "scatter",
                "x": x,
                "y": y,
                "mode": "markers",
                "name": REGIONS[region],
                "marker": {"size": 6, "opacity": 0, "color": colour},
                "selected": {"marker": {"opacity": 0}},
                "unselected": {"marker": {"opacity": 0}},
                "hovertemplate": _about(region, sites[region], covered, totals, elsewhere, fractions[region])
                + "<extra></extra>",
                "showlegend": False,
            }
        )
        asked: tuple[Pick, ...] = (("site", str(finest[region])),) if finest[region] is not None else ()
        picks.append((asked,) * len(x))
    traces.append(_scale(colour, top, malignant_fraction))
    left, right, low, high = EXTENT
    still = {"visible": False, "fixedrange": True, "constrain": "domain"}
    layout = {
        "shapes": shapes,
        "annotations": _captions(),
        "xaxis": {**still, "range": [left, right]},
        "yaxis": {**still, "range": [low, high], "scaleanchor": "x"},
        "margin": {"t": 72, "l": 0, "r": 0, "b": 50},
        "hoverdistance": 14,
    }
    title = "Where the malignant images lie" if malignant_fraction else "Where on the body"
    notes = [f"{unknown:,} without a site"] * bool(unknown) + [f"{homeless:,} not on the map"] * bool(homeless)
    figure = styled(traces, layout, title=title, images=len(table), height=560, note=", ".join(notes))
    behind = _behind(totals, malignant, covered)
    stated = behind[behind["site"] != UNKNOWN]
    most = stated.loc[stated["images"].idxmax()] if len(stated) else None
    where = f"Most images are of the {most['site']} ({most['images']:,})" if most is not None else "No site is stated"
    alt = f"{where}; the site of {unknown:,} of {len(table):,} images is {UNKNOWN}."
    return Chart(figure, behind, alt, tuple(picks), _coarse_in_words(covered, totals))


def _behind(totals: pd.Series, malignant: pd.Series, covered: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    rows = [
        (site, int(n), int(malignant[site]), malignant[site] / n, ", ".join(REGIONS[r] for r in covered.get(site, ())))
        for site, n in totals.sort_values(ascending=False, kind="stable").items()
        if n
    ]
    return pd.DataFrame(rows, columns=["site", "images", "malignant", "share", "drawn on"])


def _coarse_in_words(covered: dict[str, tuple[str, ...]], totals: pd.Series) -> str:
    """Which sites cover several regions, and where front and back cannot be told."""
    coarse = [site for site in covered if len(covered[site]) > 1 and totals.get(site, 0)]
    if not coarse:
        return ""
    coarse.sort(key=lambda site: -totals[site])
    named = ", ".join(f"“{site}”" for site in coarse[:4]) + (" and others" if len(coarse) > 4 else "")
    return (
        f"A coarse site ({named}) counts in every region it covers. For arms, legs, neck and scalp the data do "
        "not say front or back, so both show the same number. Square-root colour scale; dotted: no such site here."
    )


def _about(
    region: str,
    sites: list[str],
    covered: dict[str, tuple[str, ...]],
    totals: pd.Series,
    elsewhere: pd.Series,
    fraction: float,
) -> str:
    """What stands beside the pointer."""
    if not sites:
        return f"<b>{REGIONS[region]}</b><br>the data set has no such site"
    lines = [f"<b>{REGIONS[region]}</b>"]
    for site in sites:
        images = int(totals.get(site, 0))
        number = images or int(elsewhere[site])
        wide = ", also counted in other regions" if len(covered[site]) > 1 else ""
        lines.append(f"{site}: {number:,} image{'s' * (number != 1)}{wide}{'' if images else ', not chosen'}")
    finest = _finest(sites, covered)
    if totals.get(finest, 0):  # what a click chooses
        lines.append(f"{percent(fraction)} of “{finest}” malignant")
    return "<br>".join([*lines, f"<i>click: {finest}</i>"])


def _finest(sites: list[str], covered: dict[str, tuple[str, ...]]) -> str | None:
    """The site that covers the fewest regions."""
    return min(sites, key=lambda site: len(covered[site]), default=None)


def _scale(colour: str, top: float, malignant_fraction: bool) -> dict:
    """A trace without points that brings the bar of colours."""
    ticks = [0, top / 4, top]
    shades = [[step / 10, _shade(colour, step / 10)] for step in range(11)]
    return {
        "type": "scatter",
        "x": [None],
        "y": [None],
        "mode": "markers",
        "showlegend": False,
        "hoverinfo": "skip",
        "marker": {
            "color": [0],
            "cmin": 0,
            "cmax": 1,
            "colorscale": shades,
            "showscale": True,
            "colorbar": {
                "orientation": "h",
                "x": 0.5,
                "y": -0.01,
                "yanchor": "top",
                "len": 0.6,
                "thickness": 9,
                "outlinewidth": 0,
                "tickvals": [np.sqrt(tick / top) for tick in ticks],
                "ticktext": [percent(tick, 0) if malignant_fraction else f"{tick:,.0f}" for tick in ticks],
                "title": {"text": "malignant share" if malignant_fraction else "images", "side": "bottom"},
            },
        },
    }


def _captions() -> list[dict]:
    """Names of the views over their heads, and of the soles."""
    look = {"showarrow": False, "font": {"size": 13}}
    captions = [{"x": CENTRES[view], "y": 187, "text": view, **look} for view in VIEWS]
    return [*captions, {"x": CENTRES[BACK] + 41, "y": 17, "text": "soles", **look}]


def _shade(colour: str, strength: float) -> str:
    """A colour that lets the page shine through the more, the weaker it is: it reads on light and on dark pages."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{FAINTEST + (STRONGEST - FAINTEST) * strength:.3f})"


@lru_cache
def _drawing() -> tuple[tuple[str, str, np.ndarray, np.ndarray], ...]:
    """Region, its SVG path, and x and y of points that lie so densely in it that the nearest one tells the region."""
    drawn = []
    every = patches()
    for region in REGIONS:
        own = [patch for patch in every if _PARTS.get((patch.view, patch.region), patch.region) == region]
        points = np.concatenate([inside(patch) for patch in own]).astype(np.float32)
        holes = [patch for patch in every if region == "face" and patch.region == "mouth"]  # it lies in the face
        path = " ".join(patch.path for patch in own + holes)
        drawn.append((region, path, points[:, 0].copy(), points[:, 1].copy()))
    return tuple(drawn)
