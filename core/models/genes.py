"""Networks for tables of gene expression: they choose and standardise genes inside, and take values as measured."""

import keras
from keras import layers, ops

CHOSEN = "genes"
"""Name of the layer that chooses genes."""


@keras.saving.register_keras_serializable("lesion_lab")
class ChosenGenes(layers.Layer):
    """Chooses genes and standardises them: (samples, genes) as measured in, (samples, count) standard deviations out.

    Its weights are computed from the training part (`core.training.gene_fitting`) and never learnt: the numbers of the
    chosen genes, the mean and deviation of each on the scale of the network, and how that scale follows from what was
    measured. A missing value (NaN) counts as the mean; a gene that never varied in training always does.

    Args:
        count: how many genes are chosen.
        asked: the scale that was asked for, "auto", "logarithm" or "as-measured".
    """

    def __init__(self, count: int, asked: str = "auto", **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})  # intensities do not fit 16 bits
        self.count, self.asked = count, asked

    def build(self, input_shape):  # noqa: ARG002 - Keras passes it
        def fixed(name: str, shape: tuple[int, ...], value: float, dtype: str = "float32"):
            start = keras.initializers.Constant(value)
            return self.add_weight(name=name, shape=shape, dtype=dtype, initializer=start, trainable=False)

        self.chosen = fixed("chosen", (self.count,), 0, "int32")
        self.mean = fixed("mean", (self.count,), 0.0)
        self.deviation = fixed("deviation", (self.count,), 1.0)
        self.scale = fixed("scale", (4,), 0.0)
        """Whether the logarithm is taken (1 or 0), of values between a lowest and a highest one, plus an offset."""

    def call(self, values):
        values = ops.take(values, self.chosen, axis=1)
        known = ops.logical_not(ops.isnan(values))
        logarithm, lowest, highest, offset = ops.unstack(self.scale)
        # Of what is not used, no logarithm is taken: its slope would be infinite.
        inside = ops.where(known & (logarithm > 0), ops.clip(values, lowest, highest) + offset, 1.0)
        scaled = ops.where(logarithm > 0, ops.log10(inside), values)
        varying = known & (self.deviation > 0)
        return ops.where(varying, scaled - self.mean, 0.0) / ops.where(self.deviation > 0, self.deviation, 1.0)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.count)

    def get_config(self):
        return {**super().get_config(), "count": self.count, "asked": self.asked}


def dense_genes(
    size: int,
    classes: int,
    *,
    genes: int = 200,
    dense: int = 64,
    hidden: int = 1,
    dropout: float = 0.5,
    scale: str = "auto",
) -> keras.Model:
    """`dense-genes`: standardised genes, dense layers with dropout, softmax.

    Args:
        size: how many genes the table has.
        classes: number of classes.
        genes: how many are chosen; all where there are fewer.
        dense: units of the first dense layer; each further one has half as many.
        hidden: number of dense layers before the last.
        dropout: share of the features that is silenced in training, before each dense layer.
        scale: on which genes are compared, "auto", "logarithm" or "as-measured".
    """
    inputs = keras.Input((size,), name="genes_as_measured")
    x = ChosenGenes(min(genes, size), scale, name=CHOSEN)(inputs)
    for number in range(hidden):
        x = layers.Dropout(dropout)(x)
        x = layers.Dense(max(classes, dense >> number), activation="relu")(x)
    x = layers.Dropout(dropout)(x)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="dense-genes")


def linear_genes(size: int, classes: int, *, genes: int = 100, scale: str = "auto") -> keras.Model:
    """`logreg-genes` and `centroid-genes`: softmax of sums over standardised genes, whose weights are computed.

    Args:
        size: how many genes the table has.
        classes: number of classes.
        genes: how many are chosen; all where there are fewer.
        scale: on which genes are compared, "auto", "logarithm" or "as-measured".
    """
    inputs = keras.Input((size,), name="genes_as_measured")
    x = ChosenGenes(min(genes, size), scale, name=CHOSEN)(inputs)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="linear-genes")


def majority_of_genes(size: int, classes: int) -> keras.Model:
    """`majority-genes`: the same probabilities for every sample; uniform until they are computed."""
    from core.models.baseline import ClassShares

    inputs = keras.Input((size,), name="genes_as_measured")
    return keras.Model(inputs, ClassShares(classes, name="probabilities")(inputs), name="majority-genes")
