"""How weights follow the gradient: optimizer, course of the learning rate, and the moving average of the weights.

Nothing here saves or restores: what an optimizer knows, the average and the number of steps among it, are variables.
"""

import math
from typing import Any, Protocol

import keras
import tensorflow as tf
from keras import ops

NO_DECAY = (r"\b(bias|gamma|beta)(:\d+)?$",)
"""Names of weights that shift or scale a layer's output; pulling them to 0 helps nothing."""


class OptimizerSettings(Protocol):
    """What an optimizer is made from; fields of the recipe."""

    @property
    def optimizer(self) -> str:
        """Which rule; a name of the recipe."""
        ...

    @property
    def schedule(self) -> str:
        """How the learning rate goes; a name of the recipe."""
        ...

    learning_rate: float
    momentum: float
    weight_decay: float
    clip_norm: float
    ema_momentum: float
    warm_up: float


def optimizer_for(
    settings: OptimizerSettings, steps: int, factors: tuple[float, ...] = ()
) -> keras.optimizers.Optimizer:
    """The optimizer of a training.

    Args:
        settings: with the names and meanings of the recipe.
        steps: batches of the whole training, over which the schedule goes.
        factors: for each trainable weight, by what its learning rate is multiplied; none is 1 for all.
    """
    schedules = {"cosine": cosine, "one-cycle": OneCycle}
    rate = float(settings.learning_rate)
    if settings.schedule in schedules:
        rate = schedules[settings.schedule](rate, steps, settings.warm_up)
    kinds: dict[str, tuple[type[keras.optimizers.Optimizer], dict[str, Any]]] = {
        "adam": (keras.optimizers.Adam, {}),
        "adamw": (keras.optimizers.AdamW, {"weight_decay": settings.weight_decay}),
        "rmsprop": (keras.optimizers.RMSprop, {}),
        "sgd": (keras.optimizers.SGD, {"momentum": float(settings.momentum), "nesterov": True}),
    }
    kind, own = kinds[settings.optimizer]
    if settings.clip_norm:
        own["global_clipnorm"] = settings.clip_norm
    if settings.ema_momentum:
        kind = averaging(kind)
        own |= {"use_ema": True, "ema_momentum": settings.ema_momentum}
    if any(factor != 1 for factor in factors):
        kind = by_weight(kind, factors)
    optimizer = kind(rate, **own)
    optimizer.exclude_from_weight_decay(var_names=NO_DECAY)
    return optimizer


def cosine(highest: float, steps: int, warm_up: float) -> keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate that rises evenly for a share of the steps and then falls along half a cosine to 0.

    Loshchilov and Hutter 2017, "SGDR", without restarts.

    Args:
        highest: the learning rate where it is highest.
        steps: all of them.
        warm_up: share of the steps in which it rises, 0…1.
    """
    rising = round(warm_up * steps)
    falling = max(1, steps - rising)
    if not rising:
        return keras.optimizers.schedules.CosineDecay(highest, falling)
    first = highest / (rising + 1)  # a first step of 0 would be none
    return keras.optimizers.schedules.CosineDecay(first, falling, warmup_target=highest, warmup_steps=rising)


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises from 1/25 of its highest along half a cosine, and falls in the same way to 1/250,000.

    Smith and Topin 2018, "Super-Convergence", with the cosines and the ends that fastai and PyTorch give it. The
    momentum stays.

    Args:
        highest: the learning rate where it is highest.
        steps: all of them.
        warm_up: share of the steps in which it rises, 0…1.
    """

    def __init__(self, highest: float, steps: int, warm_up: float):
        self.highest, self.rising = highest, round(warm_up * steps)
        self.falling = max(1, steps - 1 - self.rising)

    def __call__(self, step):
        step = ops.cast(step, "float32")
        up = step / max(1, self.rising)
        down = ops.minimum(1.0, (step - self.rising) / self.falling)
        rate = ops.where(step < self.rising, _between(1 / 25, 1.0, up), _between(1.0, 1 / 250_000, down))
        return self.highest * rate


def _between(start: float, end: float, done):
    """From one value to another along half a cosine."""
    return end + (start - end) * (1 + ops.cos(math.pi * done)) / 2


def averaging(kind: type[keras.optimizers.Optimizer]) -> type[keras.optimizers.Optimizer]:
    """An optimizer that keeps a moving average of the weights which forgets the first weights soon.

    Step n counts for 1 − min(momentum, n / (10 + n)). With the momentum alone, as Keras has it, a thousand steps
    with a momentum of 0.999 would leave the average more than a third of the weights that chance gave.
    """

    class Averaging(kind):
        def _update_model_variables_moving_average(self, trainable_variables):
            step = ops.cast(self.iterations, "float32")
            momentum = ops.minimum(self.ema_momentum, step / (10 + step))

            def update(strategy, variables, averages):
                for variable, average in zip(variables, averages, strict=True):
                    strategy.extended.update(
                        average,
                        lambda before, now, share: before.assign(share * before + (1 - share) * now),
                        args=(variable, momentum),
                        group=False,
                    )

            pairs = (
                [each.value for each in some] for some in (trainable_variables, self._model_variables_moving_average)
            )
            strategy = tf.distribute.get_strategy()
            tf.__internal__.distribute.interim.maybe_merge_call(update, strategy, *pairs)

    Averaging.__name__ = kind.__name__
    return Averaging


def by_weight(kind: type[keras.optimizers.Optimizer], factors: tuple[float, ...]) -> type[keras.optimizers.Optimizer]:
    """An optimizer that multiplies the learning rate of each trainable weight, in their order, by a factor of its own.

    The steps are multiplied, not the gradients: Adam and its kin would divide by those again.
    """

    class ByWeight(kind):
        def update_step(self, gradient, variable, learning_rate):
            factor = factors[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * factor)

    ByWeight.__name__ = kind.__name__
    return ByWeight


class JudgeAverage(keras.callbacks.Callback):
    """From the validation on to the end of an epoch the weights are their moving average; then learning goes on.

    What is to see or save the average stands before it among the callbacks, what is to save the weights after it.
    """

    def on_test_begin(self, logs=None):  # noqa: ARG002
        weights = self.model.trainable_variables
        self._learnt = [ops.convert_to_numpy(weight).copy() for weight in weights]
        self.model.optimizer.finalize_variable_values(weights)

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        for weight, learnt in zip(self.model.trainable_variables, self._learnt, strict=True):
            weight.assign(learnt)
