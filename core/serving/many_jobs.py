"""The job that predicts many pictures: reads, answers and writes down some at a time, from where another one ended."""

import io
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.base.errors import CancelledError, DataError, PictureError, RunError
from core.base.files import disk_full_named, open_regular
from core.base.printable import printable
from core.base.progress import Progress
from core.base.settings import artifacts_dir
from core.data.gathering import Asked, gathered
from core.data.images.pictures import MAX_BYTES, decode_square, decode_within
from core.serving.answer import answer_of, told_of
from core.serving.many_pictures import THUMBNAIL, ManyPictures, predictions_folder, whole_lines
from core.serving.predictor import Predictor

AT_ONCE = 64
"""Pictures that are decoded and answered together; the memory of a job does not grow with their number."""


def run_predictions_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """Answer the pictures of `prediction` that are not answered yet, as a background job.

    Raises:
        DataError: nothing can be read, or the prediction is gone.
        RunError: the run is gone or has no trained model.
        CancelledError: somebody stopped it; what was answered stays.
    """
    many = ManyPictures(predictions_folder() / str(arguments["prediction"]))
    asked = many.asked()
    run_folder = artifacts_dir() / "runs" / asked.run_id
    if not run_folder.is_dir():
        raise RunError(f"There is no run {asked.run_id} any more.")
    predictor = Predictor.of_run(run_folder)
    paths = [Path(path) for path in asked.paths] or sorted(
        (file for file in many.pictures.rglob("*") if file.is_file()), key=lambda file: int(file.parent.name)
    )
    with gathered(paths, progress) as found, disk_full_named(many.path):
        pictures = [(printable(_shown(each, many, asked.paths)), each) for each in found.pictures]
        names, end = whole_lines(many.answers_file)
        if names != [name for name, _ in pictures[: len(names)]]:
            raise DataError("The pictures are others than when this began. Start again with those that are there now.")
        with many.answers_file.open("ab") as file, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            file.truncate(end)
            for start in range(len(names), len(pictures), AT_ONCE):
                if cancelled():
                    raise CancelledError("It was cancelled; what was answered is kept.")
                some = pictures[start : start + AT_ONCE]
                file.writelines(_answered(many, predictor, start, some, pool))
                file.flush()
                os.fsync(file.fileno())
                progress(start + len(some), len(pictures), "Predicting pictures")
    return {"pictures": len(pictures), "left_out": dict(found.left_out)}


def _shown(asked: Asked, many: ManyPictures, paths: Sequence[str]) -> str:
    """What a picture is called in the table: its path from what was named."""
    name = Path(asked.name)
    if not paths and name.is_relative_to(many.pictures):
        return name.name
    for path in paths:
        if name != Path(path) and name.is_relative_to(path):
            return str(name.relative_to(path))
    return name.name if str(name) in paths else asked.name


def _answered(
    many: ManyPictures, predictor: Predictor, start: int, some: Sequence[tuple[str, Asked]], pool: ThreadPoolExecutor
) -> list[bytes]:
    """A JSON line for each picture; their thumbnails are written."""

    def read(number: int, asked: Asked) -> np.ndarray | str:
        try:
            return _read(asked, predictor.info.image_size, many.thumbnail(number))
        except PictureError as error:
            return str(error)
        except MemoryError:
            return "This picture needs more memory than is there for it. Save it with fewer pixels."

    squares = list(pool.map(read, range(start, start + len(some)), [asked for _, asked in some]))
    readable = [square for square in squares if not isinstance(square, str)]
    answers = iter(predictor.probabilities(np.stack(readable)) if readable else ())
    lines = []
    for (name, _), square in zip(some, squares, strict=True):
        told = {"error": square} if isinstance(square, str) else told_of(answer_of(predictor, next(answers)))
        lines.append((json.dumps({"name": name, **told}, allow_nan=False) + "\n").encode())
    return lines


def _read(asked: Asked, size: int, thumbnail: Path) -> np.ndarray:
    """A picture as the model sees it, (size, size, 3) uint8; its thumbnail is written.

    Raises:
        PictureError: as for what somebody brings to the page Predict.
    """
    if asked.problem:
        raise PictureError(asked.problem)
    name = asked.path.name
    try:
        with open_regular(asked.path) as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PictureError(f"{printable(name)} cannot be opened.") from error
    if len(content) > MAX_BYTES:
        raise PictureError(f"{printable(name)} is larger than {MAX_BYTES // 1024**2} MB.")
    square = decode_square(content, size, name=name)
    small = io.BytesIO()
    shown, _ = decode_within(content, 4 * THUMBNAIL, THUMBNAIL, name=name)
    Image.fromarray(shown).save(small, "JPEG", quality=80)
    thumbnail.write_bytes(small.getvalue())
    return square
