"""What the checks of many pictures say of each method of explaining a run: figures, intervals, faults in words."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import PictureError, RunError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.typed_json import read_as
from core.data.masks import heat_inside, read_mask
from core.evaluation.intervals import COVERAGE, group_weights, numbered_groups
from core.explain.deletion import FEWEST_AHEAD, SHIFTS
from core.explain.methods import MODEL_FREE, Method
from core.explain.randomised import SAME
from core.runs.explanations.explanation_checks import (
    FEWEST_PICTURES,
    MAP_SIDE,
    explanations_folder,
    maps_of,
    state_of_checks,
)
from core.runs.run_folder import RunFolder

RESAMPLES = 2000
_SEED = 0


@dataclass(frozen=True)
class Estimate:
    """A mean over pictures with its 95 % interval over groups; None where there are fewer than two groups."""

    mean: float
    lower: float | None
    upper: float | None

    @property
    def limits(self) -> tuple[float, float] | None:
        """Both limits of the interval, where there is one."""
        return None if self.lower is None or self.upper is None else (self.lower, self.upper)

    @property
    def above_zero(self) -> bool:
        """Whether more than chance lies above 0."""
        return self.lower is not None and self.lower > 0


@dataclass(frozen=True)
class MethodCheck:
    """What is known of one method on one run.

    `gain` is how much more probability (0…1) is lost by deleting the hottest tenth than by deleting its shifted copies;
    `over_darkness` and `over_edges` are by how much that is more than for the maps that know nothing of the model, None
    for these themselves. `far_ahead` and `behind` are the fractions of pictures in which more than 90 % and fewer than
    half of the shifted copies took less. `converged` is the fraction of integrated gradients that add up. `whole` and
    `head` are the mean rank correlations with the map under random weights. `inside` is the mean fraction of heat
    within the lesion in `masked` pictures, with its 95 % interval `inside_limits`; `area` is the mean fraction of their
    area that the lesion has, which is what chance puts there; `times_chance` is how many times that `inside` is.
    """

    method: Method
    pictures: int
    groups: int
    empty: int
    gain: Estimate
    lost: float
    shifted: float
    far_ahead: float
    behind: float
    over_darkness: Estimate | None = None
    over_edges: Estimate | None = None
    converged: float | None = None
    whole: float | None = None
    head: float | None = None
    masked: int = 0
    inside: float | None = None
    inside_limits: tuple[float, float] | None = None
    area: float | None = None
    times_chance: Estimate | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        """What speaks against believing this method for this run, in words; empty where nothing does."""
        if not self.method.knows_the_model:
            return ()
        found = []
        if not self.gain.above_zero:
            found.append("Its hottest tenth matters no more than the same shape elsewhere.")
        darkness, edges = (over is not None and over.above_zero for over in (self.over_darkness, self.over_edges))
        if not darkness:
            nor = "" if edges else ", nor than edges"
            found.append(f"It is not shown to be better than darkness, which knows nothing of the model{nor}.")
        elif not edges:
            found.append("It is not shown to be better than edges, which know nothing of the model.")
        for name, same in (("all weights are", self.whole), ("the last layer alone is", self.head)):
            if same is not None and same >= SAME:
                found.append(f"It hardly changes when {name} random.")
        if self.converged is not None and self.converged < 0.5:
            found.append("In most pictures it does not add up.")
        return tuple(found)

    @property
    def judged(self) -> bool:
        """Whether there are enough pictures to judge by."""
        return self.pictures >= FEWEST_PICTURES


def summarise(table: pd.DataFrame, masks: dict[str, Path] | None = None) -> tuple[MethodCheck, ...]:
    """What follows from the checks of single pictures, one entry a method in the order of `Method`.

    Args:
        table: as `core.runs.explanations.explanation_checks.load_pictures` gives it, not empty.
        masks: where the lesion is, by image id; only where that is known.
    """
    table = table.assign(gain=table["lost"] - table["shifted"])
    if masks:
        table = pd.concat([table, _inside(table, masks)], axis=1)
    gains = table.pivot(index="image_id", columns="method", values="gain")
    groups = table.drop_duplicates("image_id").set_index("image_id")["group_id"].reindex(gains.index)
    found = []
    for method in (each for each in Method if each in gains.columns):
        rows = table[table["method"] == method]
        over: dict[str, Any] = {
            f"over_{other}": _estimate((gains[method] - gains[other]).dropna(), groups)
            for other in MODEL_FREE
            if method.knows_the_model and other in gains.columns
        }
        lesions: dict[str, Any] = _lesions(rows.dropna(subset="inside")) if masks else {}
        found.append(
            MethodCheck(
                method=method,
                pictures=len(rows),
                groups=int(rows["group_id"].nunique()),
                empty=int(rows["empty"].sum()),
                gain=_estimate(gains[method].dropna(), groups),
                lost=float(rows["lost"].mean()),
                shifted=float(rows["shifted"].mean()),
                far_ahead=float((rows["ahead"] > 0.9 * SHIFTS).mean()),
                behind=float((rows["ahead"] < FEWEST_AHEAD).mean()),
                converged=_mean(rows["converged"]),
                whole=_mean(rows["whole"]),
                head=_mean(rows["head"]),
                **lesions,
                **over,
            )
        )
    return tuple(found)


def save_checks(run: RunFolder, checks: tuple[MethodCheck, ...]) -> None:
    """Keep them in the run's folder, for the model as it is now."""
    value = {"state": state_of_checks(run), "methods": [asdict(check) for check in checks]}
    write_json(explanations_folder(run) / "checks.json", value)


def load_checks(run: RunFolder) -> tuple[MethodCheck, ...] | None:
    """What was kept, None if nothing was, of the model as it is now."""
    try:
        value = read_json(explanations_folder(run) / "checks.json")
        if value["state"] != state_of_checks(run):
            return None
        return tuple(read_as(MethodCheck, each) for each in value["methods"])
    except (*UNREADABLE, RunError):
        return None


def average_maps(table: pd.DataFrame, method: Method) -> dict[str, tuple[np.ndarray, int]]:
    """The mean heat map of each class that was explained, (28, 28) float32, and of how many pictures it is.

    Args:
        table: as `core.runs.explanations.explanation_checks.load_pictures` gives it.
        method: of the maps.
    """
    rows = table[(table["method"] == method) & ~table["empty"]]
    return {str(key): (maps_of(of_class).mean(axis=0), len(of_class)) for key, of_class in rows.groupby("explained")}


def _inside(table: pd.DataFrame, masks: dict[str, Path]) -> pd.DataFrame:
    """`inside` and `area` of each row; NaN where there is no mask that can be read, or no heat."""
    lesions: dict[str, np.ndarray | None] = {}
    for name in table["image_id"].unique():
        lesions[name] = None
        if name in masks:
            try:
                lesions[name] = read_mask(masks[name], MAP_SIDE)
            except PictureError:
                continue
    found = []
    for name, heat in zip(table["image_id"], maps_of(table), strict=True):
        lesion = lesions[name]
        found.append((None if lesion is None else heat_inside(heat, lesion)) or (np.nan, np.nan))
    return pd.DataFrame(found, columns=["inside", "area"], index=table.index)


def _lesions(seen: pd.DataFrame) -> dict[str, Any]:
    """What a method's heat has to do with lesions, from its rows of pictures with a mask, as fields of a check."""
    if seen.empty:
        return {}
    inside = _estimate(seen["inside"], seen["group_id"])
    return {
        "masked": len(seen),
        "inside": inside.mean,
        "inside_limits": inside.limits,
        "area": float(seen["area"].mean()),
        "times_chance": _estimate(seen["inside"], seen["group_id"], seen["area"]),
    }


def _estimate(values: pd.Series, groups: pd.Series, whole: pd.Series | None = None) -> Estimate:
    """Mean, or the ratio of two means, and percentile interval, whole groups being resampled."""
    parts = np.ones(len(values)) if whole is None else whole.to_numpy()
    mean = float(values.sum() / parts.sum())
    codes, names = numbered_groups(groups.reindex(values.index))
    if len(names) < 2:
        return Estimate(mean, None, None)
    sums = np.bincount(codes, values.to_numpy(), len(names))
    counts = np.bincount(codes, parts, len(names))
    weights = group_weights(len(names), RESAMPLES, np.random.default_rng(_SEED))
    drawn = (weights @ sums) / (weights @ counts)
    tail = (1 - COVERAGE) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(mean, float(lower), float(upper))


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if values.notna().any() else None
