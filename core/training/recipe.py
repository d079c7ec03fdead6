"""The recipe: everything that defines a training, validated and explained."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.base.errors import ConfigurationError
from core.base.files import read_json, unreadable_named
from core.base.numbers import Number, Whole
from core.base.schema import RECIPE
from core.data.images.cache import MAX_SIZE, MIN_SIZE
from core.data.images.turns import Turns
from core.data.metadata_encoding import COLUMNS
from core.data.spec import DatasetSpec
from core.data.splits.balance import Balance
from core.data.splits.folds import FEWEST, MOST
from core.data.splits.splits import SplitKind
from core.models.registry import ENSEMBLE, OUTSIDE, list_models, model_spec
from core.models.weights import checked_choice, weights_path
from core.training.stages import ALL, Stage, refuse_missing_blocks

Column = Literal["age", "sex", "site"]
MOST_EPOCHS = 1000
OF_PICTURES = ("image_size", "metadata", "augment_", "mixup", "cutmix", "test_time_augmentation", "stages")
"""How the names of fields begin that mean nothing for genes."""

USED_BY = {
    "focal_gamma": ("loss", ("focal",)),
    "logit_tau": ("loss", ("logit-adjusted",)),
    "momentum": ("optimizer", ("sgd",)),
    "weight_decay": ("optimizer", ("adamw",)),
    "warm_up": ("schedule", ("cosine", "one-cycle")),
}
"""Fields that do something with some values of another one alone, and are refused where they would do nothing."""


class Recipe(BaseModel):
    """What a run is asked to do; immutable once the run exists. Field descriptions are shown to people."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    dataset: str = Field(description="Name of the data set to learn from.")
    model: str = Field(description="Name of the architecture in the model registry.")
    image_size: Whole = Field(
        default=0,
        ge=0,
        le=MAX_SIZE,
        description="Side in pixels to which pictures are reduced. 0 takes the model's own size.",
    )
    architecture: dict[str, int | float | str | bool] = Field(
        default={},
        description="What of the model's own structure differs from its defaults, such as architecture.dropout=0.3; "
        "`models` lists what each model has.",
    )
    weights: str = Field(
        default="",
        max_length=1000,
        description="What a network with a trunk begins with: “imagenet” (the published weights, also where nothing is "
        "said), “none”, the id of a run of the same model, or a file of weights.",
    )
    metadata: tuple[Column, ...] = Field(
        default=(),
        description="What the network is told beside the picture: age, sex, site, or several of them. What is not "
        "known of a picture counts as unknown. Judge it against the same recipe without it.",
    )
    split: SplitKind = Field(
        default=SplitKind.GROUPED,
        description="How pictures are divided into training, validation and test. “grouped” never leaks; “official” is "
        "what published figures rest on.",
    )
    train_fraction: Number = Field(default=0.70, gt=0, lt=1, description="Share of the pictures to learn from.")
    validation_fraction: Number = Field(
        default=0.15, gt=0, lt=1, description="Share held out to choose the best epoch."
    )
    test_fraction: Number = Field(
        default=0.15, ge=0, lt=1, description="Share held out until the very end, for the final figures."
    )
    folds: Whole = Field(
        default=0,
        ge=0,
        le=MOST,
        description="Cross-validation: deal the groups into so many folds (2 to 10), each of which is the test part of "
        "one run; the rest is divided into training and validation. 0 takes a single split. With split "
        "official the folds are those that the data set has.",
    )
    fold: Whole = Field(
        default=0,
        ge=0,
        le=MOST,
        description="Which of the folds, from 1, is the test part of this run. 0 with folds means one run for each.",
    )
    most_pictures: Whole = Field(
        default=0,
        ge=0,
        description="Use only about this many pictures: whole groups, with the same share of each class. 0 uses all.",
    )
    balance: Balance = Field(
        default=Balance.NONE,
        description="What is done about rare classes, on the training part alone.",
    )
    augment_flip: Literal["none", "horizontal", "both", "turns"] = Field(
        default="none",
        description="Mirror training pictures at random, left to right or both ways; “turns” also rotates them "
        "by 90°, 180° or 270°, which changes no pixel. A lesion has no fixed upright direction.",
    )
    augment_rotation: Number = Field(
        default=0.0, ge=0, le=180, description="Turn training pictures at random by up to so many degrees either way."
    )
    augment_zoom: Number = Field(
        default=0.0,
        ge=0,
        le=0.5,
        description="Enlarge or shrink training pictures at random by up to this share. Size can be a sign of disease.",
    )
    augment_aspect_ratio: Number = Field(
        default=0.0,
        ge=0,
        le=0.5,
        description="Make training pictures wider or narrower at random by up to this share, their height as it is. "
        "Every picture is squeezed into a square, so one of other sides looks stretched to a network.",
    )
    augment_translation: Number = Field(
        default=0.0,
        ge=0,
        le=0.5,
        description="Shift training pictures at random by up to this share of their side, in both directions.",
    )
    augment_brightness: Number = Field(
        default=0.0,
        ge=0,
        le=0.9,
        description="Brighten or darken training pictures at random by up to this share of the whole range.",
    )
    augment_contrast: Number = Field(
        default=0.0,
        ge=0,
        le=0.9,
        description="Strengthen or weaken the contrast of training pictures at random by up to this share.",
    )
    augment_saturation: Number = Field(
        default=0.0,
        ge=0,
        le=0.9,
        description="Strengthen or weaken the colours of training pictures at random by up to this share.",
    )
    augment_hue: Number = Field(
        default=0.0,
        ge=0,
        le=180,
        description="Shift the hue of training pictures at random by up to so many degrees of the colour circle. "
        "Colour is evidence, so more than a few degrees can change the diagnosis.",
    )
    epochs: Whole = Field(default=20, ge=1, le=MOST_EPOCHS, description="Number of passes over the training part.")
    batch_size: Whole = Field(
        default=0,
        ge=0,
        le=4096,
        description="Pictures per step. Larger is faster but needs more memory and gives fewer steps. 0 takes 64, "
        "or fewer where an epoch would have under 32 steps.",
    )
    loss: Literal["cross-entropy", "focal", "binary", "logit-adjusted"] = Field(
        default="cross-entropy",
        description="What training minimises. “focal” gives less weight to pictures that are already answered "
        "well, “binary” is for two classes, “logit-adjusted” corrects for how frequent each class "
        "is.",
    )
    focal_gamma: Number = Field(
        default=2.0,
        ge=0,
        le=10,
        description="How much less weight the focal loss gives to pictures that are already answered well.",
    )
    logit_tau: Number = Field(
        default=1.0,
        ge=0,
        le=2,
        description="How strongly the frequency of classes is corrected for. 1 treats rare and frequent classes "
        "alike, 0 aims at as many right answers as possible.",
    )
    label_smoothing: Number = Field(
        default=0.0, ge=0, le=0.5, description="Share of each label that is spread evenly over all classes."
    )
    mixup: Number = Field(
        default=0.0,
        ge=0,
        le=10,
        description="Blend each training picture with another one, by shares from Beta(mixup, mixup). 0 "
        "switches it off.",
    )
    cutmix: Number = Field(
        default=0.0,
        ge=0,
        le=10,
        description="Put a rectangle of another picture into each training picture, its area drawn from "
        "Beta(cutmix, cutmix). 0 switches it off; with mixup, each batch gets one of the two.",
    )
    optimizer: Literal["adam", "adamw", "rmsprop", "sgd"] = Field(
        default="adam", description="Optimizer: the rule by which the weights change after each batch."
    )
    momentum: Number = Field(
        default=0.9, ge=0, lt=1, description="How much of its last step sgd repeats (Nesterov momentum)."
    )
    weight_decay: Number = Field(
        default=0.01,
        ge=0,
        le=1,
        description="How strongly adamw pulls the weights towards 0; biases and normalizations are left out.",
    )
    clip_norm: Number = Field(
        default=0.0,
        ge=0,
        le=1000,
        description="Limit the length of the gradient to this (clipping by norm). 0 sets no limit.",
    )
    ema_momentum: Number = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Evaluate and keep a moving average of the weights, over about 1 / (1 − this) steps. 0 "
        "takes no average.",
    )
    schedule: Literal["constant", "cosine", "one-cycle"] = Field(
        default="constant",
        description="How the learning rate changes from step to step: “constant” never does, the others rise to "
        "it and then fall to 0.",
    )
    warm_up: Number = Field(default=0.1, ge=0, lt=1, description="Share of all steps in which the learning rate rises.")
    learning_rate: Number = Field(
        default=1e-3, gt=0, le=1, description="Size of a step: too large is unstable, too small is slow."
    )
    early_stopping_patience: Whole = Field(
        default=0,
        ge=0,
        le=1000,
        description="Stop after so many epochs without a better one. 0 never stops early.",
    )
    reduce_lr_patience: Whole = Field(
        default=0,
        ge=0,
        le=1000,
        description="Reduce the learning rate after so many epochs without a better one. 0 never reduces.",
    )
    reduce_lr_factor: Number = Field(
        default=0.2, gt=0, lt=1, description="By how much the learning rate is multiplied when it is reduced."
    )
    min_learning_rate: Number = Field(
        default=1e-6, ge=0, le=1, description="The learning rate is never reduced below this."
    )
    stages: tuple[Stage, ...] = Field(
        default=(),
        max_length=20,
        description="Stages one after another, each with its own part that learns, epochs and learning rate; `epochs` "
        "is then their sum. None: the whole network learns from the beginning to the end.",
    )
    monitor: Literal["val_loss", "val_accuracy", "val_balanced_accuracy"] = Field(
        default="val_loss", description="Validation figure that decides which epoch is the best."
    )
    keep: Literal["best", "last"] = Field(
        default="best",
        description="The epoch whose weights are kept, and with which a next stage begins: the best by `monitor`, or "
        "the last. The last suits a learning rate that falls to 0: the validation loss may rise before, because "
        "percentages become too sure, which the temperature mends afterwards.",
    )
    test_time_augmentation: Turns = Field(
        default=Turns.NONE,
        description="Each answer of the trained model is the mean over several views of the picture: mirrored "
        "(4), mirrored and rotated (8). It is more accurate and better calibrated, and takes 4 or 8 "
        "times as long.",
    )
    seed: Whole = Field(
        default=0, ge=0, le=2**31 - 1, description="Fixes the split, the first weights and the shuffling."
    )

    @field_validator("stages", mode="before")
    @classmethod
    def _stages_as_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('stages are a list in JSON, such as [{"learns": "head", "epochs": 3}]') from None

    @field_validator("metadata", mode="before")
    @classmethod
    def _columns_in_order(cls, value: Any) -> Any:
        """Names as text, such as “age,sex”, too; each once, in the order of `COLUMNS`, so that equal means equal."""
        names = re.split(r"[\s,+]+", value.strip("()[] ")) if isinstance(value, str) else value
        if not isinstance(names, list | tuple) or not all(isinstance(each, str) for each in names):
            return value
        names = [each.strip("'\"") for each in names]
        return tuple(sorted({each for each in names if each}, key=(*COLUMNS, *names).index))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        spec = model_spec(self.model)
        if self.stages:
            together = sum(stage.epochs for stage in self.stages)
            if together > MOST_EPOCHS:
                raise ConfigurationError(f"stages: together they may have {MOST_EPOCHS} epochs; they have {together}.")
            for name in OF_STAGES:  # what does nothing is no difference between recipes
                object.__setattr__(self, name, type(self).model_fields[name].default)
            object.__setattr__(self, "epochs", together)
            if not spec.gradient_trained:
                raise ConfigurationError(f"stages: {self.model} does not learn step by step, so it has no stages.")
        if self.image_size == 0:
            object.__setattr__(self, "image_size", spec.image_size)
        object.__setattr__(self, "architecture", spec.differing(self.architecture))
        object.__setattr__(self, "weights", checked_choice(spec, self.weights))
        if spec.takes == "genes":
            self._refuse_what_is_of_pictures()
        elif self.metadata and not spec.gradient_trained:
            raise ConfigurationError(f"metadata: {self.model} does not learn step by step; choose another model.")
        smallest = 0 if spec.takes == "genes" else max(spec.smallest_size(self.architecture), MIN_SIZE)
        if self.image_size < smallest:
            chosen = ", ".join(f"{name} {value}" for name, value in self.architecture.items())
            structure = f" with {chosen}" if chosen else ""
            raise ConfigurationError(
                f"image_size: {self.model}{structure} needs at least {smallest} pixels; it is {self.image_size}."
            )
        for stage in self.stages:
            size = stage.learning_size
            if size and not smallest <= size < self.image_size:
                raise ConfigurationError(
                    f"stages: learning_size must be at least {smallest} pixels, which {self.model} needs, and "
                    f"below image_size, {self.image_size}; it is {size}. 0 means image_size."
                )
        if abs(self.train_fraction + self.validation_fraction + self.test_fraction - 1) > 1e-6:
            raise ConfigurationError(
                "train_fraction, validation_fraction and test_fraction must sum to 1; they sum to "
                f"{self.train_fraction + self.validation_fraction + self.test_fraction:g}."
            )
        self._fit_folds()
        if self.split is SplitKind.OVERSAMPLE_FIRST and self.balance is not Balance.NONE:
            raise ConfigurationError("balance: oversample-first has already balanced the classes; set balance to none.")
        if self.schedule != "constant" and self.reduce_lr_patience:
            raise ConfigurationError(
                f"reduce_lr_patience: the schedule {self.schedule} already sets every learning rate. Set "
                "reduce_lr_patience to 0, or schedule to constant."
            )
        for name, (of, wanted) in USED_BY.items():
            if getattr(self, of) not in wanted and getattr(self, name) != type(self).model_fields[name].default:
                raise ConfigurationError(
                    f"{name}: it has an effect only if {of} is {' or '.join(wanted)}; {of} is {getattr(self, of)}."
                )
        return self

    def _fit_folds(self) -> None:
        """See that folds make sense, and give the test part the share of one; the others keep their proportion."""
        if self.fold > self.folds:
            raise ConfigurationError(f"fold: it must be 1 to {self.folds}; it is {self.fold}.")
        if not self.folds:
            return
        if self.folds < FEWEST:
            raise ConfigurationError(f"folds: give {FEWEST} to {MOST}, or 0 for a single split.")
        if self.split not in (SplitKind.GROUPED, SplitKind.OFFICIAL):
            raise ConfigurationError(
                f"folds: a cross-validation keeps groups whole. Set split to grouped, or to official for the folds "
                f"that the data set has; not {self.split}."
            )
        if abs(self.test_fraction - 1 / self.folds) > 1e-6:
            rest = (1 - 1 / self.folds) / (self.train_fraction + self.validation_fraction)
            object.__setattr__(self, "train_fraction", self.train_fraction * rest)
            object.__setattr__(self, "validation_fraction", self.validation_fraction * rest)
            object.__setattr__(self, "test_fraction", 1 / self.folds)

    def _refuse_what_is_of_pictures(self) -> None:
        """Genes have no size in pixels and are not mirrored: what would do nothing is refused, not passed over."""
        for name, field in type(self).model_fields.items():
            if name.startswith(OF_PICTURES) and getattr(self, name) != field.default:
                raise ConfigurationError(
                    f"{name}: only for models of pictures, and {self.model} learns from genes. Leave it out."
                )

    def check_classes(self, classes: int) -> None:
        """Refuse what does not go with so many classes.

        Raises:
            ConfigurationError: the loss is for two classes, and there are others.
        """
        if self.loss == "binary" and classes != 2:
            raise ConfigurationError(
                f"loss: binary is for two classes, and {self.dataset} has {classes}. Take cross-entropy or focal."
            )

    def check_stages(self) -> None:
        """Refuse stages in which more blocks are to learn than the network has.

        Raises:
            ConfigurationError: it has fewer.
        """
        trunk = model_spec(self.model).trunk
        for stage in self.stages:
            refuse_missing_blocks(stage.learns, trunk.blocks if trunk else 0, self.model)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types, with the version of the format."""
        return RECIPE.stamped(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """What `to_json` gave, of this version or any other; fields that are not known here are left out.

        Raises:
            ValueError: it is something else.
            ConfigurationError: it asks for what is not known here any more, such as a model.
        """
        return cls(**{name: each for name, each in RECIPE.current(value).items() if name in cls.model_fields})

    def __hash__(self) -> int:
        return hash(self.model_dump_json())  # the architecture is a dictionary, which has no hash of its own

    @property
    def picture_alone(self) -> Self:
        """The same recipe without metadata: what a recipe with metadata is judged against."""
        return self.model_copy(update={"metadata": ()})

    @property
    def mixes(self) -> bool:
        """Whether training pictures are mixed with one another."""
        return bool(self.mixup or self.cutmix)

    @property
    def as_stages(self) -> tuple[Stage, ...]:
        """Its stages; without any, one in which the whole network learns as the recipe says."""
        of_recipe = {name: getattr(self, name) for name in Stage.model_fields if name in Recipe.model_fields}
        return self.stages or (Stage(learns=ALL, **of_recipe),)

    def at_stage(self, number: int) -> Self:
        """The recipe as it holds in one of `as_stages`: its epochs and learning rate are those of the stage."""
        stage = self.as_stages[number]
        known = {name: value for name, value in stage if name in Recipe.model_fields}
        return self.model_copy(update={**known, "stages": ()})

    @property
    def cross_validates(self) -> bool:
        """Whether it asks for a run of each fold, and is none that could be trained by itself."""
        return self.folds > 0 and self.fold == 0

    @property
    def test_fold(self) -> tuple[int, int] | None:
        """Which fold, of how many, is the test part; None for a single split."""
        return (self.fold, self.folds) if self.fold else None

    @property
    def divides_unusually(self) -> bool:
        """Whether it asks for parts that many data sets do not have: official ones, folds, or few of the pictures."""
        return self.split is SplitKind.OFFICIAL or bool(self.fold or self.most_pictures)

    @property
    def fractions(self) -> tuple[float, float, float]:
        """Shares of train, validation and test."""
        return self.train_fraction, self.validation_fraction, self.test_fraction


OF_STAGES = tuple(name for name in Stage.model_fields if name in Recipe.model_fields)
"""Fields that each stage has for itself: where a recipe has stages, its own do nothing."""


def refuse_idle(recipe: Recipe, asked: Mapping[str, Any]) -> None:
    """Raise where something is asked for that does nothing, because the recipe has stages.

    Args:
        recipe: with what was asked for in it.
        asked: the fields of it that somebody has set, with what was typed.

    Raises:
        ConfigurationError: one of them is one of `OF_STAGES`; names it.
    """
    same = str(asked.get("epochs", "")).strip() == str(recipe.epochs)
    idle = [name for name in OF_STAGES if name in asked and not (name == "epochs" and same)]
    if recipe.stages and idle:
        raise ConfigurationError(
            f"{idle[0]}: this recipe learns in stages, and each has its own. Say it there, as in --set "
            f'\'stages=[{{"learns": "all", "{idle[0]}": …}}]\', or have no stages with --set \'stages=[]\'.'
        )


def make_recipe(**values: Any) -> Recipe:
    """Validate values into a recipe; text is converted where the field is a number.

    Raises:
        ConfigurationError: names every field that is wrong, and how.
    """
    with problems_named("The recipe cannot be used"):
        return Recipe(**values)


def refuse_other_examples(recipe: Recipe, spec: DatasetSpec) -> None:
    """Raise unless the model of a recipe learns from what its data set holds, and its loss from so many classes.

    Raises:
        ConfigurationError: it is for pictures and the data set has genes, or the other way round; names what would do.
            Or its loss is for two classes, and there are others; stages ask for blocks that it does not have; or the
            weights that it begins with are not here.
    """
    model = model_spec(recipe.model)
    if recipe.model == ENSEMBLE:
        raise ConfigurationError(
            "model: an ensemble is not trained. It is made of finished runs, on the page Compare or with: python -m "
            "core ensemble RUN RUN …"
        )
    if recipe.model == OUTSIDE:
        raise ConfigurationError(
            "model: a model from outside is not trained here. It is brought on the page Hand over, or with: python -m "
            "core bring FILE …"
        )
    if recipe.cross_validates:
        raise ConfigurationError(
            f"fold: it is missing; it says which of the {recipe.folds} folds one run is tested on. To "
            "start all of them, use the page Train or: python -m core train … --folds."
        )
    if model.takes != spec.holds:
        fitting = ", ".join(each.name for each in list_models(spec.holds))
        raise ConfigurationError(
            f"{model.name} learns from {model.takes}, and {recipe.dataset} holds {spec.holds}. Models for {spec.holds} "
            f"are: {fitting}."
        )
    recipe.check_stages()
    weights_path(model, recipe.weights)
    if spec.classes:  # those of a gene-expression table are known once it is read
        recipe.check_classes(len(spec.classes))


def recipe_in(file: Path, **changes: Any) -> Recipe:
    """The recipe in a JSON file, such as `recipe.json` of a run, with some fields changed.

    Args:
        file: an object with the fields of a recipe; those left out take their defaults.
        changes: fields that stand over those of the file; of `architecture`, each parameter by itself.

    Raises:
        ConfigurationError: the file cannot be read, is no such object, or names every field that is wrong.
    """
    with unreadable_named(ConfigurationError(f"{file} cannot be read as a recipe, such as the recipe.json of a run.")):
        fields = changed_fields(RECIPE.current(read_json(file)), changes)
    return make_recipe(**fields)


def without_unused(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of a recipe less those of `USED_BY` that would do nothing, which then take their defaults."""
    return {
        name: value
        for name, value in fields.items()
        if name not in USED_BY or fields.get(USED_BY[name][0]) in USED_BY[name][1]
    }


def changed_fields(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Fields of a recipe with others over them; of `architecture`, each parameter by itself."""
    structure = dict(fields.get("architecture", {})) | changes.get("architecture", {})
    return {**fields, **changes, "architecture": structure}


@contextlib.contextmanager
def problems_named(what: str) -> Iterator[None]:
    """Turn what pydantic finds wrong into a `ConfigurationError` that begins with `what` and names every field."""
    try:
        yield
    except ValidationError as error:
        raise ConfigurationError(f"{what}: {'; '.join(map(_in_words, map(dict, error.errors())))}") from error


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """Turn `key=value` texts, as typed after `--set`, into a dictionary; `architecture.NAME=value` into one within it.

    Raises:
        ConfigurationError: a text has no `=`, or its key is not a field of the recipe.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not equals:
            raise ConfigurationError(f"“{pair}” should be key=value, such as batch_size=64.")
        field, _, parameter = key.partition(".")
        if key == "architecture":
            raise ConfigurationError("architecture: name the parameter, such as architecture.dropout=0.3.")
        if field not in Recipe.model_fields or (parameter and field != "architecture"):
            raise ConfigurationError(f"The recipe has no field “{key}”. It has: {', '.join(Recipe.model_fields)}.")
        if parameter:
            values.setdefault(field, {})[parameter] = value.strip()
        else:
            values[key] = value.strip()
    return values


def _in_words(problem: dict[str, Any]) -> str:
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"there is no field “{field}”"
    if problem["type"] == "missing":
        return f"{field}: {problem['msg']}"
    given = f" (got {problem['input']!r})" if field else ""
    return f"{field}: {problem['msg'].removeprefix('Value error, ')}{given}".removeprefix(": ")


def monitor_sign(monitor: str) -> int:
    """−1 for a loss, which is better when smaller, 1 for everything else."""
    return -1 if monitor.endswith("loss") else 1
