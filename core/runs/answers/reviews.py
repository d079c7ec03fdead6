"""The review queue: pictures that a model left undecided, and what a person says of them.

An entry is a folder `artifacts/reviews/<id>/` with `entry.json`, which is written once, `picture.jpg` where whoever
brought the picture allowed it to be kept, and `answer.json` once a person has answered.
"""

import io
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import pandas as pd
from PIL import Image

from core.base.errors import LesionLabError
from core.base.files import (
    UNREADABLE,
    disk_full_named,
    folder_built_aside,
    read_json,
    write_atomically,
    write_json,
)
from core.base.ids import new_id, newest_first
from core.base.locks import locked
from core.base.schema import REVIEW
from core.base.settings import artifacts_dir
from core.base.typed_json import Time, read_as
from core.evaluation.small_samples import wilson_interval
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.verdict import Kind
from core.runs.judging.caution import load_caution
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture

MOST_ENTRIES = 2000
"""So many are kept; of more, the oldest that were answered go."""
MOST_BY_THEMSELVES = 1000
"""So many that nobody put there may wait at once: a program that sends thousands leaves room for people."""
MOST_QUEUED = 100
"""Undecided pictures of one prediction of many that go into the queue by themselves: the first ones."""
LONGEST_TEXT = 500
_WEEK = "%G-W%V"
_GONE = "This entry is not in the queue any more."
LOCK_SECONDS = 60.0
"""How long the others are waited for who put something into the queue."""
SHORT_SECONDS = 10.0
"""The same where nobody asked for it, and somebody waits for an answer."""

logger = logging.getLogger(__name__)


class ReviewError(LesionLabError):
    """Something is wrong with the review queue."""


@dataclass(frozen=True)
class Entry:
    """What the model said of one picture.

    `picture` is a hash by which the picture is known again; `kept` says whether it is here. `note` is why a person
    overruled the gate, "" if nobody did. `by` is whoever put it into the queue, "" for a person at the machine;
    `by_itself` is whether it went there without being asked for, sent by a program or among many.
    """

    run_id: str
    picture: str
    kept: bool
    label: str
    probabilities: dict[str, float]
    score: float | None
    set: tuple[str, ...] | None
    kind: str
    reasons: tuple[str, ...]
    created: Time
    note: str = ""
    by: str = ""
    by_itself: bool = False


@dataclass(frozen=True)
class Recognised:
    """What is kept of a picture: a hash by which it is known again, and its JPEG, None where it must not be kept."""

    digest: str
    jpeg: bytes | None

    @classmethod
    def of(cls, picture: BroughtPicture, keep: bool | None) -> "Recognised":
        """Of a picture as it was read; `keep` is whether whoever brought it allows that, None is no."""
        return cls(sha256(picture.shown.tobytes()).hexdigest(), _as_jpeg(picture) if keep else None)


@dataclass(frozen=True)
class PersonsAnswer:
    """What a person says: a class key, or "" for none of them, with a note."""

    label: str
    note: str
    by: str
    at: Time


@dataclass(frozen=True)
class Review:
    """An entry of the queue, and a person's answer once there is one."""

    review_id: str
    entry: Entry
    answer: PersonsAnswer | None

    @property
    def picture_file(self) -> Path:
        """The picture; only where it was kept."""
        return reviews_folder() / self.review_id / "picture.jpg"


def reviews_folder() -> Path:
    """Where the queue lies."""
    return artifacts_dir() / "reviews"


def put_into_queue(
    run: RunFolder, told: PictureAnswer, picture: BroughtPicture, keep: bool | None, *, note: str = "", by: str = ""
) -> str:
    """Put a picture into the queue; the same picture of the same run stands in it once.

    Args:
        run: that answered.
        told: its answer.
        picture: as it was read.
        keep: whether whoever brought it allows that it is kept; None is no.
        note: why a person overruled the gate.
        by: e-mail address of whoever does this, empty for a person at the machine.

    Returns:
        The id of the entry.

    Raises:
        ReviewError: the queue is full, or others keep it busy.
        DiskFullError: nothing is left behind.
    """
    seen = Recognised.of(picture, keep)
    with _locked_queue(LOCK_SECONDS):
        return _put(_entry(run, told, seen, note=note[:LONGEST_TEXT], by=by), seen.jpeg, list_reviews())


def goes_by_itself(run: RunFolder, told: PictureAnswer) -> bool:
    """Whether an answer is undecided and an instructor has chosen that such pictures go into the queue by themselves.

    Raises:
        RunError: the run's caution is damaged.
    """
    return told.verdict.kind is Kind.REVIEW and load_caution(run).queue


def put_undecided(run: RunFolder, undecided: Sequence[tuple[PictureAnswer, Recognised]], by: str = "") -> list[bool]:
    """Put pictures into the queue by themselves; an answer is never lost because that cannot be.

    A picture that a person has answered for does not come again, and at most `MOST_BY_THEMSELVES` wait.

    Args:
        run: that answered.
        undecided: its answers, with what is kept of each picture.
        by: e-mail address of whoever asked, empty for a person at the machine.

    Returns:
        For each, whether it is in the queue now.
    """
    put: list[bool] = []
    try:
        if undecided:
            with _locked_queue(SHORT_SECONDS):
                reviews = list_reviews()
                for told, seen in undecided:
                    _put(_entry(run, told, seen, by=by, by_itself=True), seen.jpeg, reviews)
                    put.append(True)
    except LesionLabError as error:
        logger.warning("%d undecided pictures did not go into the review queue: %s", len(undecided) - len(put), error)
    return put + [False] * (len(undecided) - len(put))


@contextmanager
def _locked_queue(seconds: float) -> Iterator[None]:
    """Nobody else changes the queue meanwhile.

    Raises:
        ReviewError: others keep it busy.
        DiskFullError: the disk is full.
    """
    folder = reviews_folder()
    busy = ReviewError("Others are changing the review queue. Try again in a minute.")
    with disk_full_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "queue.lock", busy, seconds):
            yield


def _entry(
    run: RunFolder, told: PictureAnswer, seen: Recognised, *, note: str = "", by: str = "", by_itself: bool = False
) -> Entry:
    answer, verdict = told.answer, told.verdict
    return Entry(
        run.run_id,
        seen.digest,
        seen.jpeg is not None,
        answer.label,
        answer.probabilities,
        verdict.score,
        verdict.set,
        str(verdict.kind or ""),
        verdict.reasons,
        time.time(),
        note,
        by,
        by_itself,
    )


def _put(entry: Entry, jpeg: bytes | None, reviews: list[Review]) -> str:
    """Put an entry where it is not yet, while the queue is locked; `reviews` are all entries, and stay so."""
    of_it = (entry.run_id, entry.picture, entry.note)
    same = [each for each in reviews if (each.entry.run_id, each.entry.picture, each.entry.note) == of_it]
    for each in same:
        if entry.by_itself if each.answer is not None else (each.entry.kept or jpeg is None):
            return each.review_id
    for each in same:
        if each.entry.by_itself and each.answer is None:  # the one with the picture takes its place
            forget_review(each.review_id)
            reviews.remove(each)
    if entry.by_itself and sum(each.entry.by_itself and each.answer is None for each in reviews) >= MOST_BY_THEMSELVES:
        raise ReviewError(f"{MOST_BY_THEMSELVES:,} pictures wait that went into the review queue by themselves.")
    _make_room(reviews)
    review_id = new_id("review")
    with folder_built_aside(reviews_folder() / review_id) as aside:
        if jpeg is not None:
            write_atomically(aside / "picture.jpg", jpeg, private=True)
        write_json(aside / "entry.json", REVIEW.stamped(asdict(entry)), private=True)
    reviews.insert(0, Review(review_id, entry, None))
    return review_id


def list_reviews() -> list[Review]:
    """The whole queue, the newest first; entries that cannot be read are left out."""
    found = []
    for folder in newest_first(reviews_folder().glob("*-review-*"), "entry.json"):
        with suppress(*UNREADABLE):
            found.append(_read(folder))
    return found


def answer_review(review_id: str, label: str, note: str = "", by: str = "") -> None:
    """Keep a person's answer beside the model's; a later one takes its place.

    Args:
        review_id: of an entry.
        label: a class key that the entry knows, or "" for none of the classes.
        note: what the person wants to say.
        by: e-mail address, empty for a person at the machine.

    Raises:
        ReviewError: there is no such entry any more, or the class is none of its.
    """
    folder = reviews_folder() / Path(review_id).name
    try:
        entry = _read(folder).entry
    except UNREADABLE as error:
        raise ReviewError(_GONE) from error
    if label and label not in entry.probabilities:
        raise ReviewError("This run does not know that class. Choose one of its classes, or none of them.")
    said = PersonsAnswer(label, note[:LONGEST_TEXT], by, time.time())
    try:
        write_json(folder / "answer.json", REVIEW.stamped(asdict(said)), private=True, new_folders=False)
    except FileNotFoundError as error:  # deleted just now
        raise ReviewError(_GONE) from error


def forget_review(review_id: str) -> None:
    """Take an entry out of the queue, with its picture and its answer."""
    rmtree(reviews_folder() / Path(review_id).name, ignore_errors=True)


def take_back(review_id: str, by: str = "") -> None:
    """Take an entry out of the queue again, as whoever put it there.

    Args:
        review_id: of the entry.
        by: e-mail address, empty for a person at the machine.

    Raises:
        ReviewError: somebody else put it there, or a person has answered it meanwhile.
    """
    try:
        review = _read(reviews_folder() / Path(review_id).name)
    except UNREADABLE:
        return
    if review.entry.by != by:
        raise ReviewError("Somebody else put this picture into the queue, so it stays there.")
    if review.answer is not None:
        raise ReviewError("A person has answered for this picture meanwhile, so it stays in the queue.")
    forget_review(review_id)


def agreement_over_time(reviews: list[Review]) -> pd.DataFrame:
    """How often a person named the model's most likely class, week by week.

    Args:
        reviews: of which those that are answered count.

    Returns:
        A row for each week in which somebody answered, ascending: `week` (ISO 8601, in UTC), `answered`, `agreed`,
        `agreement` (0…1), `low` and `high` (95 % interval by Wilson).
    """
    answered = [(each.answer, each.entry) for each in reviews if each.answer is not None]
    rows = pd.DataFrame(
        {
            "week": [time.strftime(_WEEK, time.gmtime(answer.at)) for answer, _ in answered],
            "agreed": [answer.label == entry.label for answer, entry in answered],
        }
    )
    found = []
    for week, some in rows.groupby("week"):
        agreed, many = int(some["agreed"].sum()), len(some)
        low, high = wilson_interval(agreed, many) or (0.0, 1.0)
        found.append((week, many, agreed, agreed / many, low, high))
    return pd.DataFrame(found, columns=["week", "answered", "agreed", "agreement", "low", "high"])


def _read(folder: Path) -> Review:
    entry = read_as(Entry, REVIEW.current(read_json(folder / "entry.json")))
    if entry.label not in entry.probabilities or not set(entry.set or ()) <= set(entry.probabilities):
        raise ValueError("It names classes that it knows no probability of.")
    answer = None
    with suppress(*UNREADABLE):  # not answered yet, or damaged: then the entry waits again
        answer = read_as(PersonsAnswer, REVIEW.current(read_json(folder / "answer.json")))
    return Review(folder.name, entry, answer)


def _make_room(reviews: list[Review]) -> None:
    """Forget the oldest answered entries until one more has its place."""
    surplus = len(reviews) - MOST_ENTRIES + 1
    if surplus <= 0:
        return
    answered = [each for each in reversed(reviews) if each.answer is not None][:surplus]
    if len(answered) < surplus:
        raise ReviewError(f"The review queue is full: {MOST_ENTRIES:,} pictures wait. Answer some of them first.")
    for each in answered:
        forget_review(each.review_id)
        reviews.remove(each)


def _as_jpeg(picture: BroughtPicture) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture.shown).save(content, "JPEG", quality=90)
    return content.getvalue()
