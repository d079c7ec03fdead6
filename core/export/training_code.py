"""Any recipe as code that trains the same model on the same split, without anything of this project.

What people have named (data sets, classes, files) stands in the code only as `repr` writes it.
"""

import importlib.metadata
import textwrap
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import pandas as pd

from core.base.errors import ConfigurationError
from core.base.random_streams import Stream
from core.data.images import heif
from core.data.metadata_encoding import in_words
from core.data.splits.balance import Balance
from core.data.splits.leakage import LeakageReport
from core.export import pieces
from core.export.call import WIDEST
from core.export.learning_code import learning
from core.export.section import Section, section
from core.export.source import Gathered, gather, import_statements
from core.export.weights_code import begins_with, loading
from core.models.registry import model_spec
from core.models.spec import ModelSpec
from core.training.recipe import Recipe

LARGEST_IN_MEMORY = 2_000_000_000
"""Pictures of up to so many bytes together are held in memory by the code."""
BRIGHTNESS = "brightness-logreg"
_NEEDED = ("keras", "tensorflow", "numpy", "pandas", "pillow")


@dataclass(frozen=True)
class TrainingCode:
    """A training as code, in the order in which it runs; `introduction` says how it is started."""

    introduction: str
    sections: tuple[Section, ...]

    def script(self) -> str:
        """The whole as one file; editors run it section by section, for each begins with `# %%`."""
        parts = [f'"""{self.introduction}\n"""']
        for each in self.sections:
            remarks = [f"# {line}" for line in textwrap.wrap(each.text, WIDEST)]
            parts.append("\n".join([f"# %% {each.title}", *remarks, "", each.code]))
        return "\n\n\n".join(parts) + "\n"


def training_code(
    recipe: Recipe, class_keys: tuple[str, ...], split: pd.DataFrame, leakage: LeakageReport, run_id: str = ""
) -> TrainingCode:
    """The code of a training.

    Args:
        recipe: what is trained.
        class_keys: classes in the order of the model's outputs.
        split: the rows of `split.csv`; its column `picture` names the files.
        leakage: what the split lets through.
        run_id: the run that trained it, if there is one.

    Raises:
        ConfigurationError: it has stages or learns from metadata, for which no code is written.
    """
    if recipe.metadata:
        raise ConfigurationError(
            f"Trainings that also use {in_words(recipe.metadata)} cannot be written as code yet. To train "
            "the same again, use `python -m core train` with recipe.json of this run."
        )
    if recipe.stages:
        raise ConfigurationError(
            "Trainings in stages cannot be written as code yet. To train the same again, use `python -m "
            "core train` with recipe.json of this run."
        )
    origin = {"DATASET": recipe.dataset, **({"RUN": run_id} if run_id else {}), "CLASSES": class_keys}
    spec = model_spec(recipe.model)
    if spec.gradient_trained:
        sections = _by_gradient(recipe, origin, split["picture"])
    elif spec.name == BRIGHTNESS:
        sections = _at_once(recipe, origin, split["picture"])
    else:
        sections = [
            section("Settings", "", _named(origin)),
            _SPLIT,
            section("The floor", "It looks at no picture. What is trained has to be better.", pieces.MAJORITY_BASELINE),
        ]
    return TrainingCode(_introduction(recipe, leakage), (_imports(sections), *sections))


def _introduction(recipe: Recipe, leakage: LeakageReport) -> str:
    spec = model_spec(recipe.model)
    versions = " ".join(f"{name}=={_version(name)}" for name in _NEEDED)
    said = [f"{spec.title}: the same model on the same split as Lesion Lab trains it, step by step."]
    if leakage.leaking:
        leak = (
            f"THE SPLIT LEAKS: of {leakage.held_out:,} {leakage.held_out_part} pictures, "
            f"{leakage.with_group_in_train:,} have a picture of the same group in training, "
            f"{leakage.with_copy_in_train:,} the very same picture. "
            f"{''.join(f'{each} ' for each in leakage.level_sentences)}The figures at the end are too good."
        )
        said.append(textwrap.fill(leak, WIDEST))
    said += [textwrap.fill(caution, WIDEST) for caution in leakage.cautions]
    if spec.gradient_trained or spec.name == BRIGHTNESS:
        needed = versions if spec.gradient_trained else f"{versions} scikit-learn=={_version('scikit-learn')}"
        weights = begins_with(recipe)
        where = "Start it in the folder with split.csv; FOLDER is the one in which the paths of split.csv begin"
        where += f", FILE the weights with which the network begins, here {weights}:" if weights else ":"
        said.append(
            f"{textwrap.fill(where, WIDEST)}\n\n"
            f"    pip install {needed}\n    python train.py --pictures FOLDER{' --weights FILE' if weights else ''}"
        )
    else:
        said.append("Start it in the folder with split.csv; it needs numpy and pandas:\n\n    python train.py")
    said.append("For research and education only: not a medical device, not a diagnosis.")
    return "\n\n".join(said)


def _version(package: str) -> str:
    return importlib.metadata.version(package)


def _at_once(recipe: Recipe, origin: dict[str, Any], files: pd.Series) -> list[Section]:
    """The logistic regression on brightness: it looks at pictures and is computed, not trained epoch by epoch."""
    settings = {**origin, "SIZE": recipe.image_size, "SEED": recipe.seed, "ORDER_STREAM": int(Stream.ORDER)}
    code, rules = "positions = np.arange(len(train))", Gathered()
    if recipe.balance in (Balance.OVERSAMPLE, Balance.UNDERSAMPLE):
        settings["BALANCING_STREAM"] = int(Stream.BALANCING)
        rule = {Balance.OVERSAMPLE: "oversampled", Balance.UNDERSAMPLE: "undersampled"}[recipe.balance]
        rules = gather(f"core.data.splits.splits:{rule}")
        code = f'positions = {rule}(train["label"], random_stream(SEED, BALANCING_STREAM))'
    computed = [f"{code}\n{pieces.COMPUTE}"]
    if recipe.balance.weighs:
        rules = gather("core.data.splits.balance:class_weights")
        of_class = f'of_class = class_weights(train["label"], CLASSES, {str(recipe.balance)!r})'
        computed.append(f"{of_class}\nweights *= [of_class[n] for n in labels]\n")
    fitting = gather("core.models.brightness:fit_brightness")
    call = "fit_brightness(model, pictures, rows, labels, weights)"
    text = f"{recipe.balance.explanation} Nothing is trained epoch by epoch: the weights that fit best are computed."
    parts = filter(None, [rules.text, fitting.text, "".join([*computed, call])])
    fit_section = section("Fitting", text, "\n\n\n".join(parts), fitting)
    return [
        section(
            "Settings",
            "SIZE is the side in pixels to which pictures are reduced.",
            f"{_named(settings)}\n\n{pieces.WHERE_PICTURES_ARE}",
        ),
        _SPLIT,
        picture_section(files, recipe.image_size),
        _network(recipe),
        replace(fit_section, imports={**rules.imports, **fitting.imports}),
        section("What it is worth", _JUDGED, f"{pieces.ANSWERS}\n\n{pieces.JUDGE}"),
    ]


def _by_gradient(recipe: Recipe, origin: dict[str, Any], files: pd.Series) -> list[Section]:
    settings = {
        **origin,
        "SIZE": recipe.image_size,
        "EPOCHS": recipe.epochs,
        "LEARNING_RATE": recipe.learning_rate,
        "SEED": recipe.seed,
        "ORDER_STREAM": int(Stream.ORDER),
    }
    if recipe.balance in (Balance.OVERSAMPLE, Balance.UNDERSAMPLE):
        settings["BALANCING_STREAM"] = int(Stream.BALANCING)
    if weights := begins_with(recipe):
        settings["BEGINS_WITH"] = weights
    if recipe.mixes:
        settings["MIXING_STREAM"] = int(Stream.MIXING)
    ways, answering = Gathered(), pieces.ANSWERS
    if recipe.test_time_augmentation.ways > 1:
        settings["WAYS"] = recipe.test_time_augmentation.ways
        ways = gather("core.data.images.turns:turned")
        answering = f"{ways.text}\n\n\n{pieces.ANSWERS_IN_WAYS}"
    return [
        section(
            "Settings",
            "SIZE is the side in pixels to which pictures are reduced. SEED fixes first weights, order and chance; "
            "each use has random numbers of its own, a stream.",
            f"{_named(settings)}\n\n{pieces.WHERE_PICTURES_ARE}{pieces.WHERE_WEIGHTS_ARE if weights else ''}",
        ),
        _SPLIT,
        picture_section(files, recipe.image_size),
        _examples(recipe),
        _network(recipe),
        learning(recipe),
        section(
            "What it is worth",
            f"The {recipe.keep} epoch counts. {_JUDGED}",
            f"{answering}\n\n{pieces.LOAD_BEST}\n{pieces.JUDGE}",
            ways,
        ),
    ]


def picture_section(files: pd.Series, size: int) -> Section:
    """How pictures are decoded and squeezed to a square: what the files need of it, and in memory if they fit.

    Args:
        files: path of each picture, (images,).
        size: pixels of a side.
    """
    endings = files.map(lambda file: PurePath(file).suffix.lower())
    jpeg = endings.isin([".jpg", ".jpeg"]).all()
    converting = Gathered() if jpeg else gather("core.data.images.picture_conversion:to_rgb")
    reading = pieces.READ_PICTURE if jpeg else f"{converting.text}\n\n\n{pieces.READ_ANY_PICTURE}"
    if endings.isin(heif.SUFFIXES).any():
        reading = pieces.READ_HEIC + reading
    chance = gather("core.base.random_streams:random_stream")
    small = files.nunique() * size**2 * 3 <= LARGEST_IN_MEMORY
    room = pieces.ROOM_IN_MEMORY if small else pieces.ROOM_IN_A_FILE
    return section(
        "Pictures",
        "Each picture is decoded once and squeezed whole to a square: nothing is cropped, so a lesion at the rim stays "
        "in. Values stay 0 to 255, for rescaling is part of the network.",
        f"{reading}\n\n{pieces.LIST_FILES}\n{room}{pieces.DECODE}\n\n{chance.text}\n\n\n{pieces.FEED}",
        converting,
    )


def _examples(recipe: Recipe) -> Section:
    balancing: dict[Balance, tuple[str, str | None]] = {
        Balance.NONE: ("learnt_from = train", None),
        Balance.OVERSAMPLE: (
            'learnt_from = train.iloc[oversampled(train["label"], random_stream(SEED, BALANCING_STREAM))]',
            "splits:oversampled",
        ),
        Balance.UNDERSAMPLE: (
            'learnt_from = train.iloc[undersampled(train["label"], random_stream(SEED, BALANCING_STREAM))]',
            "splits:undersampled",
        ),
    }
    weighing = f'learnt_from = train\nweights = class_weights(train["label"], CLASSES, {str(recipe.balance)!r})'
    code, rule = (weighing, "balance:class_weights") if recipe.balance.weighs else balancing[recipe.balance]
    wanted = [f"core.data.splits.{rule}"] if rule else []
    size = f"BATCH_SIZE = {recipe.batch_size}"
    if not recipe.batch_size:
        wanted.append("core.training.learner:suitable_batch_size")
        size = "BATCH_SIZE = suitable_batch_size(len(learnt_from))"
    rules = gather(*wanted)
    return section(
        "What is learnt from",
        recipe.balance.explanation + (" Only the training part is touched." if rule else ""),
        "\n\n\n".join(filter(None, [rules.text, f"{code}\n{size}"])),
        rules,
    )


def _network(recipe: Recipe) -> Section:
    spec = model_spec(recipe.model)
    source = gather(spec.builder)
    call = _built(spec, recipe)
    return section(
        "Network",
        f"{spec.description} Source: {spec.source}.",
        f"{source.text}\n\n\nkeras.utils.set_random_seed(SEED)  # before the first weights are drawn\n"
        f"model = {call}\nmodel.summary(){loading(recipe)}",
        source,
    )


def _built(spec: ModelSpec, recipe: Recipe) -> str:
    chosen = {**spec.fixed, **recipe.architecture}
    arguments = "".join(f", {name}={value!r}" for name, value in chosen.items())
    return f"{spec.builder.partition(':')[2]}(SIZE, len(CLASSES){arguments})"


def _named(values: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {value!r}" for name, value in values.items())


def _imports(sections: list[Section]) -> Section:
    known = dict(pieces.IMPORTS)
    for each in sections:
        known |= each.imports
    code = "\n".join(each.code for each in sections)
    return section("Imports", "", import_statements(code, known))


_JUDGED = (
    "It is judged on pictures that it has not learnt from. Accuracy means little without its floor: where two thirds "
    "of all pictures show one class, naming it every time is right two times of three."
)
_SPLIT = section(
    "Split",
    "split.csv says which picture is learnt from (train), which chooses the best epoch (validation) and which is held "
    "out to the end (test). Pictures of one group, such as photos of one lesion, belong into one part.",
    pieces.READ_SPLIT,
)
