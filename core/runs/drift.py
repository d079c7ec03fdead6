"""Drift watch: whether the pictures that a run is asked about are still like those that it was tested on.

`drift.json` in the run's folder counts, week by week, how many pictures people and programs asked about, how many the
gate refused, how sure the model was, and which classes it named. Nothing of a picture is kept, nor its name. The file
can be read by its owner alone, is replaced in one step, and many processes count at once.
"""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any

import pandas as pd
from filelock import Timeout

from core.base.errors import LesionLabError, RunError
from core.base.files import read_json, unreadable_named, write_json
from core.base.record import RecordLock
from core.base.schema import DRIFT
from core.base.typed_json import read_as
from core.data.splits.splits import TRAIN, Split
from core.evaluation.drift import Change, class_mix_change, mean_change, share_change
from core.evaluation.predictions import sure_and_right
from core.evaluation.small_samples import wilson_interval
from core.runs.picture_answer import PictureAnswer
from core.runs.run_folder import RunFolder
from core.runs.trust import load_trust
from core.serving.gate import gate_folder, open_gate
from core.serving.predictor import PredictorInfo

WEEK = "%G-W%V"
"""A week as ISO 8601 writes it, in UTC."""
MOST_WEEKS = 520
"""Ten years; of more, the oldest go."""
WAIT_SECONDS = 10.0
"""How long the others are waited for who count at the same time; after that the answer is given uncounted."""
Count = Annotated[int, (0, 2**53)]

logger = logging.getLogger(__name__)


@dataclass
class Week:
    """What was counted in one week.

    Of `pictures`, the gate looked at `looked_at` and refused `refused`. Of those that it let pass, or did not look at,
    `confidence` is the sum of the probabilities of the most likely class and `squares` that of their squares, and
    `classes` counts the most likely class.
    """

    pictures: Count = 0
    looked_at: Count = 0
    refused: Count = 0
    confidence: float = 0.0
    squares: float = 0.0
    classes: dict[str, int] = field(default_factory=dict)

    def count(self, told: PictureAnswer) -> None:
        """Count one answer."""
        gate = told.answer.gate
        self.pictures += 1
        self.looked_at += gate is not None
        if gate is not None and not gate.passed:
            self.refused += 1
            return
        sure = told.answer.probabilities[told.answer.label]
        self.confidence += sure
        self.squares += sure * sure
        self.classes[told.answer.label] = self.classes.get(told.answer.label, 0) + 1

    def refuse_nonsense(self) -> None:
        """Raise where no counting can have led to this.

        Raises:
            ValueError: it counts more of a part than of the whole, or less than nothing.
        """
        answered = sum(self.classes.values())
        counts = (self.refused, self.looked_at, self.pictures, answered, *self.classes.values())
        sums = 0.0 <= self.squares <= self.confidence + 1e-6 <= answered + 1e-3
        if min(counts) < 0 or self.refused > self.looked_at or answered != self.pictures - self.refused or not sums:
            raise ValueError("These counts do not belong together.")
        if self.looked_at > self.pictures:
            raise ValueError("More pictures were looked at than there were.")


@dataclass(frozen=True)
class Expected:
    """What a run had to do with when it was made.

    `classes` counts the training pictures of each class; `refused` of `looked_at` pictures of the right kind are
    refused by the gate; `confidences` are the probabilities of the most likely class on test pictures. What is not
    known is empty or 0.
    """

    classes: dict[str, int]
    refused: int
    looked_at: int
    confidences: tuple[float, ...]


@dataclass(frozen=True)
class Drift:
    """What was counted, and what of it is other than expected by more than chance.

    `by_week` has a row a week, ascending and without a gap: `week`, `pictures`, `looked_at`, `refused`,
    `refused_share`, `refused_low`, `refused_high`, `confidence` (mean), `confidence_low`, `confidence_high` (95 %),
    then a count for each class under "n " and its key. `changes` are over all weeks that are looked at. `ahead` counts
    pictures of weeks that have not come yet: the clock of the machine was wrong, and they are left out.
    """

    by_week: pd.DataFrame
    expected: Expected
    changes: tuple[Change, ...]
    ahead: int = 0


def note_answers(run: RunFolder, answers: Sequence[PictureAnswer], at: float | None = None) -> None:
    """Count answers for pictures that somebody brought; an answer is never lost because it cannot be counted.

    Args:
        run: that answered.
        answers: for pictures that were not asked about a moment ago.
        at: when, in seconds since the epoch; now where None.
    """
    if not answers or not run.path.is_dir():  # the run has just been deleted
        return
    week = time.strftime(WEEK, time.gmtime(time.time() if at is None else at))
    try:
        with RecordLock(run.path / "drift.lock", timeout=WAIT_SECONDS, mode=0o600):
            try:
                weeks = _load(run)
            except RunError:
                logger.exception("what was counted is damaged, so counting begins anew")
                weeks = {}
            of_week = weeks.setdefault(week, Week())
            for told in answers:
                of_week.count(told)
            kept = dict(sorted(weeks.items())[-MOST_WEEKS:])
            _write(run, kept)
    except (OSError, Timeout, LesionLabError):
        logger.exception("%d answers of the run %s were not counted", len(answers), run.run_id)


def load_drift(run: RunFolder, weeks: int = 12, now: float | None = None) -> Drift:
    """What was counted in `weeks` weeks up to the last one in which somebody asked, and whether it is as expected.

    Args:
        run: that was asked.
        weeks: how many, those in which nobody asked among them.
        now: in seconds since the epoch; by the clock where None.

    Raises:
        LesionLabError: a file of the run is missing or damaged.
    """
    info = PredictorInfo.load(run.predictor_file)
    expected = _expected(run, info)
    known = _load(run)
    this_week = time.strftime(WEEK, time.gmtime(time.time() if now is None else now))
    counted = {week: of for week, of in sorted(known.items()) if week <= this_week}
    ahead = sum(of.pictures for week, of in known.items() if week > this_week)
    found = _without_gaps(counted, weeks)
    by_week = pd.DataFrame(
        [_row(week, of_week, info.class_keys) for week, of_week in found.items()], columns=_columns(info.class_keys)
    )
    return Drift(by_week, expected, _changes(list(found.values()), expected, info), ahead)


def _without_gaps(counted: Mapping[str, Week], most: int) -> dict[str, Week]:
    """The last weeks up to the newest that is counted, from the first of them on in which somebody asked."""
    if not counted:
        return {}
    last = _monday(max(counted))
    names = [(last - timedelta(weeks=back)).strftime(WEEK) for back in reversed(range(most))]
    first = next(number for number, name in enumerate(names) if name in counted)
    return {name: counted.get(name) or Week() for name in names[first:]}


def _monday(week: str) -> date:
    """The first day of a week.

    Raises:
        ValueError: it is no week of ISO 8601.
    """
    return date.fromisoformat(f"{week}-1")


def _changes(weeks: Sequence[Week], expected: Expected, info: PredictorInfo) -> tuple[Change, ...]:
    """Each of three figures against what is expected, over all weeks together."""
    looked_at, refused = sum(each.looked_at for each in weeks), sum(each.refused for each in weeks)
    classes = {key: sum(each.classes.get(key, 0) for each in weeks) for key in info.class_keys}
    answered = sum(classes.values())
    confidence, squares = sum(each.confidence for each in weeks), sum(each.squares for each in weeks)
    found = (
        share_change("refused", refused, looked_at, expected.refused, expected.looked_at),
        mean_change("confidence", confidence, squares, answered, expected.confidences),
        class_mix_change("classes", classes, expected.classes),
    )
    return tuple(each for each in found if each is not None)


def _row(week: str, counted: Week, keys: Sequence[str]) -> dict[str, Any]:
    answered = sum(counted.classes.values())
    low, high = wilson_interval(counted.refused, counted.looked_at) or (math.nan, math.nan)
    mean = counted.confidence / answered if answered else math.nan
    spread = math.sqrt(max(0.0, counted.squares / answered - mean**2)) if answered else math.nan
    reach = 1.96 * spread / math.sqrt(answered) if answered > 1 else math.nan
    return {
        "week": week,
        "pictures": counted.pictures,
        "looked_at": counted.looked_at,
        "refused": counted.refused,
        "refused_share": counted.refused / counted.looked_at if counted.looked_at else math.nan,
        "refused_low": low,
        "refused_high": high,
        "confidence": mean,
        "confidence_low": mean - reach,
        "confidence_high": min(1.0, mean + reach),
        **{f"n {key}": counted.classes.get(key, 0) for key in keys},
    }


def _columns(keys: Sequence[str]) -> list[str]:
    return list(_row("", Week(), keys))


def _expected(run: RunFolder, info: PredictorInfo) -> Expected:
    labels = Split.load(run.split_file).part(TRAIN)["label"].value_counts()
    gate = open_gate(gate_folder(info.dataset))
    whole = None if gate is None else gate.rates[0]
    held_out = load_trust(run).held_out
    sure = () if held_out is None else tuple(sure_and_right(held_out, info.class_keys)[0].tolist())
    return Expected(
        {key: int(labels.get(key, 0)) for key in info.class_keys},
        0 if whole is None else whole.pictures - whole.passed,
        0 if whole is None else whole.pictures,
        sure,
    )


def _load(run: RunFolder) -> dict[str, Week]:
    file = run.path / "drift.json"
    if not file.is_file():
        return {}
    damaged = RunError(f"What was counted of the run {run.run_id} is damaged. It begins anew with the next answer.")
    with unreadable_named(damaged):
        value = DRIFT.current(read_json(file))
        weeks = {str(week): read_as(Week, counted) for week, counted in value["weeks"].items()}
        for week, counted in weeks.items():
            _monday(week)
            counted.refuse_nonsense()
        return weeks


def _write(run: RunFolder, weeks: dict[str, Week]) -> None:
    value = {"weeks": {week: asdict(counted) for week, counted in weeks.items()}}
    write_json(run.path / "drift.json", DRIFT.stamped(value), private=True, new_folders=False)
