"""Whether the weights that a run begins with have learnt from pictures that the run is judged on."""

from pathlib import Path

import numpy as np

from core.base.errors import LesionLabError
from core.base.files import UNREADABLE, read_json
from core.base.progress import Progress, silent
from core.data.images.cache import ensure_cache
from core.data.spec import Dataset
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split
from core.models.weights import WeightsOrigin
from core.runs.judging.seen_pictures import seen_in_training
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo


def known_to_trunk(origin: WeightsOrigin, dataset: Dataset, split: Split, progress: Progress = silent) -> int | None:
    """How many held-out pictures of a split the weights have learnt from, or others of their group.

    Pictures are compared by what they show, groups by their names where the data set is the same; so for the run that
    the weights come from, and for those that it had its own from. Weights from ImageNet have learnt none. None where it
    cannot be told: what they learnt from is not written down, or not here any more.

    Args:
        origin: where the weights come from.
        dataset: whose pictures are divided.
        split: its parts; held out is the test part, or validation where there is none.
        progress: told about pictures that have to be read for it.
    """
    held_out = split.part(TEST) if (split.rows["part"] == TEST).any() else split.part(VALIDATION)
    known = np.zeros(len(held_out), bool)
    earlier: WeightsOrigin | None = origin
    gone_through: set[str] = set()
    while earlier is not None and not earlier.published:
        if not earlier.run_folder or earlier.run_folder in gone_through:
            return None
        gone_through.add(earlier.run_folder)
        run = RunFolder(Path(earlier.run_folder))
        try:
            info, its_split = PredictorInfo.load(run.predictor_file), Split.load(run.split_file)
            pictures = ensure_cache(dataset, info.image_size, progress)
            seen = seen_in_training(pictures, held_out["image_id"], info, its_split, progress)
            earlier = begun_with(run)
        except (LesionLabError, *UNREADABLE):
            return None
        if seen is None:
            return None
        known |= seen
        if info.dataset == dataset.spec.name:
            known |= held_out["group_id"].isin(set(its_split.part(TRAIN)["group_id"])).to_numpy()
    return int(known.sum())


def begun_with(run: RunFolder) -> WeightsOrigin | None:
    """Where the weights come from that a run began with; None if it began with chance.

    Raises:
        OSError, ValueError: that is written down, and cannot be read.
    """
    return WeightsOrigin.from_json(read_json(run.weights_file)) if run.weights_file.is_file() else None
