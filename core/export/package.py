"""What is handed over: the code of a training as script and notebook, its split, and a line on each."""

import io
import os
import shlex
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from core.base.csv_text import csv_text
from core.base.errors import ConfigurationError, DataError
from core.data.images.cache import open_cache
from core.data.images.fingerprint import content_hashes
from core.data.spec import Dataset
from core.data.splits.leakage import LeakageReport, leakage_report
from core.data.splits.splits import Split, make_split
from core.export.notebook import notebook
from core.export.training_code import TrainingCode, training_code
from core.models.registry import ENSEMBLE, OUTSIDE, model_spec
from core.models.weights import file_for_keras
from core.runs.judging.results import load_leakage_of
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from core.training.recipe import Recipe


@dataclass(frozen=True)
class Package:
    """A training to hand over. The pictures are not in it: `pictures` is the folder in which they are here.

    Nor are weights: `weights` is the file with which it begins, None where it begins with chance.
    """

    name: str
    code: TrainingCode
    split: pd.DataFrame
    pictures: Path
    about: str
    weights: Path | None = None

    @property
    def command(self) -> str:
        """How the script is started here, in its folder."""
        weights = f" --weights {shlex.quote(str(self.weights))}" if self.weights else ""
        return f"python train.py --pictures {shlex.quote(str(self.pictures))}{weights}"

    def files(self) -> dict[str, str]:
        """Text of each file by its name."""
        return {
            "train.py": self.code.script(),
            "train.ipynb": notebook(self.code),
            "split.csv": csv_text(self.split),
            "README.txt": self.about,
        }

    def zipped(self) -> bytes:
        """All files in one folder, as a zip file."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in self.files().items():
                archive.writestr(f"{self.name}/{name}", text)
        return content.getvalue()


def refuse_without_code(recipe: Recipe) -> None:
    """Raise where a training cannot be handed over as code.

    Raises:
        ConfigurationError: it learns from genes, or is several trainings; says what there is instead.
    """
    if recipe.model == ENSEMBLE:
        raise ConfigurationError(
            "An ensemble is not trained, so there is no training to write as code. Take the code of its members."
        )
    if recipe.model == OUTSIDE:
        raise ConfigurationError(
            "This model was brought from outside and not trained here, so there is no training to write as code."
        )
    if recipe.cross_validates:
        raise ConfigurationError(
            f"This run joins the out-of-fold predictions of {recipe.folds} trainings, so it is not one "
            "training that could be written as code. Take the code of the run of one of its folds."
        )
    if model_spec(recipe.model).takes == "genes":
        raise ConfigurationError(
            f"Only trainings on pictures can be written as code, and {recipe.model} was trained on genes. "
            "Its model.keras holds the choice of genes and their scale; the class ChosenGenes in "
            "core/models/genes.py reads it."
        )


def package_of_run(run: RunFolder, dataset: Dataset) -> Package:
    """A run's training; one that has not divided its data yet is handed over as its recipe.

    Raises:
        DataError: pictures of its split are no longer in the data set.
        RunError: its recipe or leakage report cannot be read.
    """
    recipe = run.recipe()
    if not (run.split_file.is_file() and run.leakage_file.is_file()):
        return package_of_recipe(recipe, dataset)
    if run.predictor_file.is_file():  # a folder per class may have got another one since
        dataset = replace(dataset, spec=replace(dataset.spec, classes=PredictorInfo.load(run.predictor_file).classes))
    return package(recipe, dataset, Split.load(run.split_file), load_leakage_of(run), run.run_id)


def package_of_recipe(recipe: Recipe, dataset: Dataset) -> Package:
    """What a recipe would train.

    Raises:
        DataError: the data set cannot be divided like this.
    """
    split = make_split(
        dataset.table, recipe.split, recipe.seed, recipe.fractions, recipe.most_pictures, recipe.test_fold
    )
    return package(recipe, dataset, split, leakage_report(split, content_hashes(dataset), dataset))


def package(recipe: Recipe, dataset: Dataset, split: Split, leakage: LeakageReport, run_id: str = "") -> Package:
    """A training with its split.

    Args:
        recipe: what is trained.
        dataset: the recipe's data set.
        split: its parts; pictures of which the image cache knows that they cannot be read are left out.
        leakage: what they let through.
        run_id: the run that trained it, if there is one.

    Raises:
        DataError: pictures of the split are not in the data set.
    """
    cache = open_cache(dataset, recipe.image_size)
    if cache is not None:
        split = split.without({failure.image_id for failure in cache.failures})
    paths = split.rows["image_id"].map(dataset.table.set_index("image_id")["path"])
    if paths.isna().any():
        raise DataError(
            f"{paths.isna().sum():,} pictures of this split are no longer in {dataset.spec.title}, so it cannot be "
            "handed over."
        )
    folder = os.path.commonpath({os.path.dirname(path) for path in paths})  # noqa: PTH120 - 10,000 Paths are slow
    pictures = paths.map(lambda path: os.path.relpath(path, folder).replace(os.sep, "/"))
    rows = split.rows[["label", "group_id", "part"]].rename(columns={"group_id": "group"}).assign(picture=pictures)
    rows = rows[["picture", "label", "group", "part"]]
    code = training_code(recipe, dataset.spec.class_keys, rows, leakage, run_id)
    name = f"train-{run_id or recipe.model}"
    weights = file_for_keras(model_spec(recipe.model), recipe.weights)
    return Package(name, code, rows, Path(folder), _about(dataset, pictures.iloc[0], weights), weights)


def _about(dataset: Dataset, first: str, weights: Path | None) -> str:
    spec = dataset.spec
    begins = (
        f"FILE is {weights.name}, the weights with which it begins; they are not in here either.\n" if weights else ""
    )
    return (
        "train.py and train.ipynb are the same training, as a script and as a notebook; split.csv says which picture "
        "is in which part.\n"
        f"The pictures are not in here: {spec.title} ({spec.licence}). Please cite: {spec.citation}\n"
        f"Start it in this folder with: python train.py --pictures FOLDER{' --weights FILE' * bool(weights)}\n"
        f"FOLDER is the one that holds {first}\n{begins}"
    )
