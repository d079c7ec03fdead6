"""How many of each class a run finds among the pictures that speak for it: for the page Predict, and for reports."""

from dataclasses import dataclass
from functools import lru_cache

from core.base.files import written_at
from core.base.percents import percent, percent_range
from core.evaluation.class_intervals import SENSITIVITY, class_intervals
from core.runs.judging.results import headline_metrics, load_own_predictions
from core.runs.run_folder import RunFolder

_KEPT = 32


@dataclass(frozen=True)
class ClassSensitivity:
    """Of `support` pictures (or samples) of a class in a part of the data, `found` were taken for that class.

    `limits` is the 95 % interval over groups, 0…1; None where no two groups were there.
    """

    name: str
    part: str
    things: str
    found: int
    support: int
    limits: tuple[float, float] | None

    @property
    def share(self) -> float | None:
        """The sensitivity, 0…1; None where the part holds none of the class."""
        return self.found / self.support if self.support else None

    @property
    def sentence(self) -> str:
        """For a person, in one short line."""
        thing = self.things.removesuffix("s")
        if self.share is None:
            return f"The {self.part} part has no {thing} of {self.name}: nobody knows how many the model finds."
        counted = f"Of {self.support:,} {self.part} {self.things if self.support != 1 else thing} of {self.name}"
        limits = "" if self.limits is None else f"; 95 % interval {percent_range(*self.limits, 0)}"
        return f"{counted} the model found {self.found:,} ({percent(self.share, 0)}{limits})."


def class_sensitivities(run: RunFolder) -> dict[str, ClassSensitivity]:
    """The sensitivity for each class, by its key and in the order of the classes, on the part that speaks for a run.

    It is kept for as long as the files of the run stay as they are.

    Raises:
        RunError, DataError: as `core.runs.judging.results.load_own_predictions`.
    """
    files = (run.predictor_file, run.predictions_file, run.evaluation / "metrics.json")
    return _sensitivities(run, *map(written_at, files))


@lru_cache(maxsize=_KEPT)
def _sensitivities(run: RunFolder, *written: int) -> dict[str, ClassSensitivity]:  # noqa: ARG001 - see `load_trust`
    part, metrics = headline_metrics(run)
    info, table = load_own_predictions(run)
    limits = class_intervals(table[table["part"] == part], info.class_keys, figures=(SENSITIVITY,))
    names = {each.key: each.name for each in info.classes}
    return {
        each.key: ClassSensitivity(
            names[each.key],
            part,
            info.things,
            metrics.confusion[place][place],
            each.support,
            limits[each.key].get(SENSITIVITY),
        )
        for place, each in enumerate(metrics.per_class)
    }
