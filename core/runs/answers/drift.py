"""Drift watch: whether the pictures that a run is asked about are still like those that it was tested on.

`drift.json` in the run's folder counts, week by week, how many pictures people and programs asked about, how many the
gate refused, how sure the model was, and which classes it named. Nothing of a picture is kept, nor its name. The file
can be read by its owner alone, is replaced in one step, and many processes count at once. Of a job that answers many
pictures it also says how many of them are counted, so that none counts twice where the job is killed and goes on.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any, NamedTuple

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
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.judging.trust import load_trust
from core.runs.run_folder import RunFolder
from core.serving.gate import gate_folder, open_gate
from core.serving.predictor import PredictorInfo

WEEK = "%G-W%V"
"""A week as ISO 8601 writes it, in UTC."""
MOST_WEEKS = 520
"""Ten years; of more, the oldest go."""
MOST_JOBS = 1000
"""Of more, the oldest go: no job goes on that long after."""
WAIT_SECONDS = 10.0
"""How long the others are waited for who count at the same time; after that the answer is given uncounted."""
Count = Annotated[int, (0, 2**53)]

logger = logging.getLogger(__name__)


class Told(NamedTuple):
    """What is counted of one answer: the most likely class, its probability, what the gate said (None: not asked)."""

    label: str
    sure: float
    passed: bool | None


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

    def count(self, told: Told) -> None:
        """Count one answer."""
        self.pictures += 1
        self.looked_at += told.passed is not None
        if told.passed is False:
            self.refused += 1
            return
        self.confidence += told.sure
        self.squares += told.sure * told.sure
        self.classes[told.label] = self.classes.get(told.label, 0) + 1

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


@dataclass
class _Counted:
    """What the file holds: the weeks by their name, and of each job how many of its first pictures are in them."""

    weeks: dict[str, Week] = field(default_factory=dict)
    jobs: dict[str, Count] = field(default_factory=dict)


def note_answers(run: RunFolder, answers: Sequence[PictureAnswer], at: float | None = None) -> None:
    """Count answers for pictures that somebody brought; an answer is never lost because it cannot be counted.

    Args:
        run: that answered.
        answers: for pictures that were not asked about a moment ago.
        at: when, in seconds since the epoch; now where None.
    """
    told = [_told_in(each) for each in answers]
    if told:
        _count(run, lambda counted, week: _add(counted, week, told), len(told), at)


def note_answers_of_job(run: RunFolder, job: str, through: int, told: Sequence[Told | None]) -> bool:
    """Count answers of a job, each once, however often they are brought; whether they are counted now.

    Args:
        run: that answered.
        job: an identity of what is worked on, which stays where another process goes on.
        through: how many pictures of it are answered.
        told: of the last of these, up to the newest; None where a picture could not be read, which is not counted.
    """

    def add_what_is_new(counted: _Counted, week: str) -> None:
        known = counted.jobs.get(job, 0)
        new = told[max(0, known - (through - len(told))) :]
        _add(counted, week, [each for each in new if each is not None])
        counted.jobs[job] = max(known, through)

    return _count(run, add_what_is_new, len(told))


def counted_of_job(run: RunFolder, job: str) -> int:
    """How many of the first pictures of a job are counted already; 0 where that is not known."""
    try:
        return _load(run).jobs.get(job, 0)
    except RunError:
        return 0


def _told_in(answer: PictureAnswer) -> Told:
    said, gate = answer.answer, answer.answer.gate
    return Told(said.label, said.probabilities[said.label], None if gate is None else gate.passed)


def _add(counted: _Counted, week: str, told: Sequence[Told]) -> None:
    of_week = counted.weeks.setdefault(week, Week()) if told else Week()
    for each in told:
        of_week.count(each)


def _count(run: RunFolder, add: Callable[[_Counted, str], None], answers: int, at: float | None = None) -> bool:
    """Change what is counted, alone; False where that could not be."""
    if not run.path.is_dir():  # the run has just been deleted
        return False
    week = time.strftime(WEEK, time.gmtime(time.time() if at is None else at))
    try:
        with RecordLock(run.path / "drift.lock", timeout=WAIT_SECONDS, mode=0o600):
            try:
                counted = _load(run)
            except RunError:
                logger.exception("what was counted is damaged, so counting begins anew")
                counted = _Counted()
            add(counted, week)
            _write(run, counted)
    except (OSError, Timeout, LesionLabError):
        logger.exception("%d answers of the run %s were not counted", answers, run.run_id)
        return False
    return True


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
    known = _load(run).weeks
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


def _load(run: RunFolder) -> _Counted:
    file = run.path / "drift.json"
    if not file.is_file():
        return _Counted()
    damaged = RunError(f"The counts of the run {run.run_id} are damaged. Counting starts again with the next answer.")
    with unreadable_named(damaged):
        counted = read_as(_Counted, DRIFT.current(read_json(file)))
        for week, of_week in counted.weeks.items():
            _monday(week)
            of_week.refuse_nonsense()
        return counted


def _write(run: RunFolder, counted: _Counted) -> None:
    kept = _Counted(dict(sorted(counted.weeks.items())[-MOST_WEEKS:]), dict(sorted(counted.jobs.items())[-MOST_JOBS:]))
    write_json(run.path / "drift.json", DRIFT.stamped(asdict(kept)), private=True, new_folders=False)
