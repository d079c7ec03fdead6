"""The checks of a run's explanations: every method on many test pictures, kept in the run's folder.

`explanations/pictures.parquet` has a row for each picture and method; it grows while the work goes on, and whoever goes
on after an interruption leaves out what is in it. `explanations/checks.json` is what follows from it
(`core.runs.explanations.explanation_summary`). Both hold for one state of the model and are made anew for another.
"""

import hashlib
import io
import time
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from core.base.errors import ConfigurationError, DataError, RunError
from core.base.files import UNREADABLE, write_atomically
from core.base.progress import Progress, silent
from core.data.catalog import open_dataset
from core.data.images.cache import ImageCache, ensure_cache
from core.data.metadata_encoding import Patient
from core.data.splits.splits import TEST, VALIDATION, Split
from core.explain.integrated_gradients import FIRST_STEPS
from core.explain.methods import Method
from core.explain.randomised import copy_of, randomise, rank_correlation
from core.models.registry import model_spec
from core.runs.run_folder import RunFolder
from core.serving.explaining import Explanation, check_by_deletion, checked_methods, explain, random_parts
from core.serving.predictor import Predictor, PredictorInfo

MOST_PICTURES = 140
FEWEST_PICTURES = 100
"""On fewer a method is shown and not judged."""
RANDOMISED_PICTURES = 12
"""So many of them are explained with random weights too, which takes twice as long again."""
MAP_SIDE = 28
"""Maps are kept at this side."""
SAVE_SECONDS = 5.0
_VERSION = 2


def explanations_folder(run: RunFolder) -> Path:
    """Where everything that was found out about a run's explanations lies."""
    return run.path / "explanations"


def state_of_model(run: RunFolder) -> list[Any]:
    """What the explanations of a run depend on, in plain JSON types: its weights and how it answers.

    Raises:
        RunError: the run has no trained model, or its file is damaged.
    """
    info, file = PredictorInfo.load(run.predictor_file), run.model_file
    try:
        if file.suffix == ".onnx":
            weights = _checksum(file, file.stat().st_mtime_ns)
        else:
            with zipfile.ZipFile(file) as opened:
                weights = opened.getinfo("model.weights.h5").CRC
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"The model of the run {run.run_id} is damaged and cannot be explained.") from error
    return [_VERSION, weights, info.temperature, str(info.test_time_augmentation)]


def state_of_checks(run: RunFolder) -> list[Any]:
    """What the checks of a run's explanations depend on, as `state_of_model`, and whether the model is told of people.

    Raises:
        RunError: as `state_of_model`.
    """
    metadata = PredictorInfo.load(run.predictor_file).metadata
    return [*state_of_model(run), *([] if metadata is None else ["of the person in each picture"])]


@lru_cache(maxsize=16)
def _checksum(file: Path, written: int) -> int:  # noqa: ARG001 - another file is another entry
    found = 0
    with file.open("rb") as opened:
        while part := opened.read(1 << 20):
            found = zlib.crc32(part, found)
    return found


def check_pictures(
    run: RunFolder, progress: Progress = silent, wanted: Collection[Method] | None = None
) -> pd.DataFrame:
    """Explain many pictures of a run's test part with every method, and check each map.

    Goes on where an earlier call was interrupted; what was done is saved every five seconds, and at once when the
    progress ends the work with an exception.

    Args:
        run: with a trained model that looks at pictures.
        progress: told how many pictures are explained.
        wanted: methods to which this is confined, beside darkness and edges; None takes every method of the model.

    Returns:
        As `load_pictures`.

    Raises:
        ConfigurationError: the model cannot be explained.
        RunError: the run has no trained model.
        DataError: its pictures are not here any more.
    """
    info = PredictorInfo.load(run.predictor_file)
    methods = chosen_methods(info, wanted)
    state = state_of_checks(run)
    dataset = open_dataset(info.dataset, progress)
    cache = ensure_cache(dataset, info.image_size, progress)
    chosen = _dealt(run, cache)
    people = {} if info.metadata is None else _people(dataset.table, chosen["image_id"])
    table = load_pictures(run)
    table = pd.DataFrame() if table is None else table
    done = set() if table.empty else set(zip(table["image_id"], table["method"], strict=True))
    rows: list[dict[str, Any]] = []
    saved = time.monotonic()
    try:
        for new in _rows_of(run, chosen, people, done, methods, cache, progress):
            rows += new
            if time.monotonic() - saved > SAVE_SECONDS:
                table, rows, saved = _save(run, table, rows, state), [], time.monotonic()
        progress(len(chosen), len(chosen), "Explaining pictures")
    finally:
        table = _save(run, table, rows, state)
    return table


def chosen_methods(info: PredictorInfo, wanted: Collection[Method] | None = None) -> tuple[Method, ...]:
    """What is checked of a run, as `check_pictures` takes and raises it."""
    methods = checked_methods(model_spec(info.model), info.inside)
    if not methods:
        raise ConfigurationError(f"{info.model} cannot be explained: its answer does not depend on the picture.")
    if unknown := [each for each in wanted or () if each not in methods]:
        raise ConfigurationError(f"{unknown[0]} does not work for {info.model}. Choose from: {', '.join(methods)}.")
    if wanted is None:
        return methods
    return tuple(each for each in methods if each in wanted or not each.knows_the_model)


def load_pictures(run: RunFolder) -> pd.DataFrame | None:
    """What is known of single pictures, one row for each and method; None if nothing is, of the model as it is now.

    Columns: `image_id`, `group_id`, `true` and `explained` (class keys), `method`; `lost` and `shifted`, by how much
    the probability fell (0…1) when the hottest tenth was deleted, and in the mean over its shifted copies; `ahead`, how
    many of those took less; `empty`; `converged`, of integrated gradients; `whole` and `head`, rank correlation
    with the map under random weights; `map`, 28×28 bytes.
    """
    try:
        table = pd.read_parquet(explanations_folder(run) / "pictures.parquet")
        return table if table.attrs["state"] == state_of_checks(run) else None
    except (*UNREADABLE, RunError):
        return None


def maps_of(table: pd.DataFrame) -> np.ndarray:
    """The maps of rows of `load_pictures`, (rows, 28, 28) float32, 0…1."""
    raw = b"".join(table["map"])
    return np.frombuffer(raw, np.uint8).reshape(-1, MAP_SIDE, MAP_SIDE).astype(np.float32) / 255


def _rows_of(
    run: RunFolder,
    chosen: pd.DataFrame,
    people: Mapping[str, Patient],
    done: set[tuple[str, str]],
    methods: tuple[Method, ...],
    cache: ImageCache,
    progress: Progress,
) -> Iterator[list[dict[str, Any]]]:
    """The rows of each picture in turn, one for each method with which it is not done."""
    about_nobody = Predictor.of_run(run.path)
    parts = random_parts(about_nobody.info, onnx=run.model_file.suffix == ".onnx")
    randomised = {which: about_nobody.with_model(copy_of(about_nobody.model)) for which in parts}
    for number, row in enumerate(chosen.itertuples(index=False)):
        missing = [method for method in methods if (row.image_id, str(method)) not in done]
        if not missing:
            yield []
            continue
        if number < RANDOMISED_PICTURES:  # another draw for each: one alone may happen to keep a direction
            for which, other in randomised.items():
                randomise(other.model, about_nobody.model, number, head_alone=which == "head")
        predictor = about_nobody.about(people.get(row.image_id))
        forgetful = {which: other.about(people.get(row.image_id)) for which, other in randomised.items()}
        picture = np.asarray(cache.images[row.row])
        explained = predictor.info.class_keys[int(predictor.probabilities(picture[None])[0].argmax())]
        rows = []
        for method in missing:
            progress(number, len(chosen), "Explaining pictures")
            found = explain(predictor, picture, explained, method)
            check = check_by_deletion(predictor, picture, explained, found.values)
            kept = _reduced(found.values)
            rows.append(
                {
                    "image_id": row.image_id,
                    "group_id": row.group_id,
                    "true": row.label,
                    "explained": explained,
                    "method": str(method),
                    "lost": check.lost,
                    "shifted": check.lost - check.gain,
                    "ahead": check.ahead,
                    "empty": found.empty,
                    "converged": _converged(found),
                    "map": kept.tobytes(),
                    "whole": None,
                    "head": None,
                }
                | {
                    which: _correlation(kept, explain(other, picture, explained, method, most_steps=2 * FIRST_STEPS))
                    if method.knows_the_model and number < RANDOMISED_PICTURES
                    else None
                    for which, other in forgetful.items()
                }
            )
        yield rows


def _people(table: pd.DataFrame, image_ids: pd.Series) -> dict[str, Patient]:
    """What is known of the person in each picture, by its id."""
    known = table.drop_duplicates("image_id").set_index("image_id")
    return {name: Patient.of(known.loc[name]) for name in image_ids if name in known.index}


def _converged(found: Explanation) -> float | None:
    return None if found.completeness is None else float(found.completeness.converged)


def _correlation(kept: np.ndarray, other: Explanation) -> float | None:
    return rank_correlation(kept, _reduced(other.values))


def _reduced(heat: np.ndarray) -> np.ndarray:
    """A heat map at the side at which it is kept, (28, 28) uint8."""
    image = Image.fromarray(heat.astype(np.float32)).resize((MAP_SIDE, MAP_SIDE), Image.Resampling.BILINEAR)
    return np.clip(np.rint(np.asarray(image) * 255), 0, 255).astype(np.uint8)


def _dealt(run: RunFolder, cache: ImageCache) -> pd.DataFrame:
    """The pictures to explain: `image_id`, `group_id`, `label` and `row` in the cache.

    They are of the test part, or where there is none of the validation part, dealt evenly over the classes; a second
    picture of a group comes only where there is none of another. The same ones every time.
    """
    split = Split.load(run.split_file)
    part = TEST if (split.rows["part"] == TEST).any() else VALIDATION
    held_out = split.part(part).drop_duplicates("image_id")
    held_out = held_out.assign(row=cache.rows(held_out["image_id"]))
    held_out = held_out[held_out["row"] >= 0]
    if held_out.empty:
        raise DataError("None of the pictures that this run was judged on is here any more.")
    mixed = held_out["image_id"].map(lambda name: hashlib.blake2b(str(name).encode(), digest_size=8).hexdigest())
    held_out = held_out.assign(mixed=mixed).sort_values("mixed")
    held_out["of_group"] = held_out.groupby("group_id").cumcount()
    held_out = held_out.sort_values(["of_group", "mixed"], kind="stable")
    held_out["of_class"] = held_out.groupby("label").cumcount()
    dealt = held_out.sort_values(["of_class", "label"], kind="stable").head(MOST_PICTURES)
    return dealt[["image_id", "group_id", "label", "row"]]


def _save(run: RunFolder, table: pd.DataFrame, rows: list[dict[str, Any]], state: list[Any]) -> pd.DataFrame:
    if rows:
        new = pd.DataFrame(rows).astype({"converged": float, "whole": float, "head": float})
        table = pd.concat([table, new], ignore_index=True) if len(table) else new
        table.attrs = {"state": state}
        content = io.BytesIO()
        table.to_parquet(content)
        write_atomically(explanations_folder(run) / "pictures.parquet", content.getvalue(), private=True)
    return table
