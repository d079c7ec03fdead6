"""The network that learns, compiled for a recipe; and having it ready before the run that needs it comes."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from core.data.images.pipeline import EpochOrder, batches
from core.models.fusion import fused
from core.models.load_weights import load_trunk
from core.models.registry import build_model, model_spec
from core.models.weights import weights_origin, weights_path
from core.training.augmentation import with_augmentation
from core.training.depthwise_gradient import quicken_depthwise
from core.training.devices import MirroredModel, mirrored, variables_on
from core.training.frozen import finite_ways, layer_factors, split_at
from core.training.fused_normalization import fuse_normalization
from core.training.keras_metrics import BalancedAccuracy, curve_metrics
from core.training.losses import loss_for
from core.training.mixing import mixed_batches
from core.training.optimization import optimizer_for
from core.training.precision import computing_in, precision
from core.training.recipe import Recipe
from core.training.timed_model import TimedModel

SMALL_STEP_BYTES = 2_000_000
"""A batch of pictures below this takes a CPU a few milliseconds, so Python's share of a step matters."""
_OF_NO_MATTER = {
    *("dataset", "split", "train_fraction", "validation_fraction", "test_fraction", "epochs", "monitor"),
    *("early_stopping_patience", "reduce_lr_patience", "reduce_lr_factor", "min_learning_rate"),
}
"""Fields of a recipe on which neither the network nor its graph depends, unless the epochs make its schedule."""


@dataclass(frozen=True)
class Learner:
    """A network and what is needed to train it.

    `model` is the recipe's network; `deployed_model` is what is saved: `model` itself, or a copy in float32 on one
    device where it computes in less or on several. `training_model` is what learns in one stage, compiled: the network
    behind its augmentation, or the part of it that comes after `frozen`, whose outputs it takes. `metrics` are
    followed meanwhile. `steps` is the number of batches an epoch has.
    """

    model: keras.Model
    deployed_model: keras.Model
    training_model: keras.Model
    frozen: keras.Model | None
    metrics: tuple[keras.metrics.Metric, ...]
    batch_size: int
    steps: int

    @property
    def confusion_metric(self) -> BalancedAccuracy:
        """The one that counts the confusion matrix."""
        return next(metric for metric in self.metrics if isinstance(metric, BalancedAccuracy))


_ready: list[tuple[tuple[object, ...], Learner]] = []


def learner_for(recipe: Recipe, classes: int, examples: int, size: int = 0, metadata: int = 0) -> Learner:
    """The recipe's network with its first weights, ready for its first stage; one that was prepared, if it is the same.

    Args:
        recipe: what to train.
        classes: number of classes.
        examples: how many an epoch goes through.
        size: how many genes an example has; of pictures, their side is the recipe's.
        metadata: how many numbers stand beside a picture; 0 where the recipe takes no metadata.
    """
    ready = _ready.pop() if _ready else None
    if ready is not None and ready[0] == _key(recipe, classes, examples):
        return ready[1]
    return _build(recipe, classes, examples, size, metadata)


def prepare(recipe: Recipe, classes: int, examples: int) -> None:
    """Build what `learner_for` is going to be asked for, and have its graphs traced, which takes seconds.

    It trains and predicts on noise, after which every variable is what it was. Not of a recipe with metadata: how many
    numbers they are is known once the training part is.
    """
    key = _key(recipe, classes, examples)
    spec = model_spec(recipe.model)
    if not spec.gradient_trained or spec.takes != "pictures" or recipe.metadata or (_ready and _ready[0][0] == key):
        return
    _ready.clear()
    learner = _build(recipe, classes, examples)
    training_model = learner.training_model
    variables = [*training_model.variables, *training_model.optimizer.variables]
    before = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]
    _trace(learner, recipe, classes)
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    _ready.append((key, learner))


def _build(recipe: Recipe, classes: int, examples: int, size: int = 0, metadata: int = 0) -> Learner:
    size = recipe.image_size or size
    keras.utils.set_random_seed(recipe.seed)
    batch_size = recipe.batch_size or suitable_batch_size(examples)
    strategy = mirrored()
    policy = _policy()
    with variables_on(strategy):
        with computing_in(policy):
            model = build_model(recipe.model, size, classes, recipe.architecture)
        begin_with(model, recipe)
        with computing_in(policy):
            model = fused(model, metadata) if metadata else model
        metrics = curve_metrics(classes)
    # Without stages a run can be had as a script of plain Keras, which is to give its figures to the last digits.
    if recipe.stages and not tf.config.list_logical_devices("GPU"):
        fuse_normalization(model)
        quicken_depthwise(model)
    deployed_model = model
    if strategy or policy != "float32":  # what is saved must answer anywhere
        deployed_model = build_model(recipe.model, size, classes, recipe.architecture)
        deployed_model = fused(deployed_model, metadata) if metadata else deployed_model
        deployed_model.set_weights(model.get_weights())
    steps = math.ceil(examples / batch_size)
    learner = Learner(model, deployed_model, model, None, tuple(metrics), batch_size, steps)
    return at_stage(learner, recipe, 0)


def at_stage(learner: Learner, recipe: Recipe, number: int) -> Learner:
    """The same network, ready for a stage of a recipe, with an optimizer of its own.

    Raises:
        ConfigurationError: the network has no such part.
    """
    here = recipe.at_stage(number)
    strategy = mirrored()
    model = learner.model
    for metric in learner.metrics:
        metric.reset_state()  # Keras forgets to in the first epoch of a model that is compiled anew
    with variables_on(strategy):
        stage = recipe.as_stages[number]
        frozen, learning = split_at(model, stage.learns)
        if frozen is None or finite_ways(recipe) is None or stage.learning_size:
            frozen, learning = None, with_augmentation(model, recipe, stage.learning_size)
        factors = layer_factors(model, learning, stage.layer_decay)
        # What is saved is not compiled; it shares its layers with what learns.
        training_model = _kind_of_training_model()(learning.inputs, learning.outputs, name=learning.name)
        training_model.compile(
            optimizer=_optimizer(here, _policy(), here.epochs * learner.steps, factors),
            loss=loss_for(recipe, model.output_shape[-1]),
            metrics=list(learner.metrics),
            steps_per_execution=steps_per_execution(learner.batch_size, learning.inputs[0].shape[1:], learner.steps),
        )
        # Several devices need its variables made here; made while a step is traced, they have it traced twice.
        training_model.optimizer.build(training_model.trainable_variables)
    return replace(learner, training_model=training_model, frozen=frozen)


def _kind_of_training_model() -> type[keras.Model]:
    if mirrored():
        return MirroredModel
    return keras.Model if tf.config.list_logical_devices("GPU") else TimedModel


def _policy() -> str:
    """In what a training computes; on several devices float32, for the reason that `MirroredModel` gives."""
    return "float32" if mirrored() else precision()


def begin_with(model: keras.Model, recipe: Recipe) -> None:
    """Give the trunk of a network the weights that the recipe begins with, if it begins with any.

    Raises:
        ConfigurationError: they are not here, damaged, or of another network.
    """
    spec = model_spec(recipe.model)
    origin = weights_origin(spec, recipe.weights)
    if origin is not None:
        load_trunk(model, spec, Path(origin.file))
        keras.utils.set_random_seed(recipe.seed)  # converting a file, which is done once, draws numbers too


def _trace(learner: Learner, recipe: Recipe, classes: int) -> None:
    """Run each graph of a training once, on batches that look like its own."""
    many = learner.batch_size * learner.training_model.steps_per_execution
    noise = np.random.default_rng(0).integers(0, 256, (1, *learner.model.input_shape[1:]), dtype=np.uint8)
    taken = noise
    if learner.frozen is not None:
        taken = np.asarray(learner.frozen.predict_on_batch(noise), np.float32)
    rows, labels = np.zeros(many, dtype=np.int64), np.arange(many) % classes
    order = EpochOrder(0)
    examples = batches(taken, rows, labels, learner.batch_size, order=order)
    learner.training_model.fit(
        mixed_batches(examples, classes, recipe, order) if recipe.mixes else examples,
        validation_data=batches(taken, rows[:1], labels[:1], 1),
        class_weight=dict.fromkeys(range(classes), 1.0) if recipe.balance.weighs and not recipe.mixes else None,
        shuffle=False,
        verbose=0,
    )
    learner.deployed_model.predict_on_batch(np.repeat(noise, 6, axis=0))


def _key(recipe: Recipe, classes: int, examples: int) -> tuple[object, ...]:
    batch_size = recipe.batch_size or suitable_batch_size(examples)
    steps = math.ceil(examples / batch_size)
    bundled = steps_per_execution(batch_size, (recipe.image_size, recipe.image_size, 3), steps)
    scheduled = 0 if recipe.at_stage(0).schedule == "constant" else steps * recipe.at_stage(0).epochs
    weights = weights_path(model_spec(recipe.model), recipe.weights)
    changed = weights.stat().st_mtime_ns if weights else 0
    return recipe.model_dump_json(exclude=_OF_NO_MATTER), classes, batch_size, bundled, scheduled, weights, changed


def suitable_batch_size(examples: int) -> int:
    """64, halved until an epoch has at least 32 steps, but not below 16.

    Fewer steps leave a small data set with hardly any updates an epoch, and batch normalization's moving averages
    behind.
    """
    size = 64
    while size > 16 and examples / size < 32:
        size //= 2
    return size


def steps_per_execution(batch_size: int, shape: tuple[int, ...], steps: int) -> int:
    """Batches run in one call of the graph, so that Python is not what a small model waits for.

    Large batches of large pictures run one by one; small ones in groups that still give at least eight
    reports an epoch.
    """
    if batch_size * math.prod(shape) > SMALL_STEP_BYTES:
        return 1
    return max(1, min(16, steps // 8))


def _optimizer(recipe: Recipe, policy: str, steps: int, factors: tuple[float, ...]) -> keras.optimizers.Optimizer:
    optimizer = optimizer_for(recipe, steps, factors)
    if policy == "mixed_float16":  # small gradients would be 0 in float16; Keras would look at the outermost model
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
