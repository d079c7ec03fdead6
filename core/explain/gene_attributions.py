"""What each gene added to the score of a class in a sample: integrated gradients (Sundararajan et al., ICML 2017)."""

import keras
import numpy as np
import tensorflow as tf

STEPS = 256
"""Points on the way from the mean sample to the sample. A rule that is linear is exact at any number of them."""
_ROWS = 16_384
"""So many points go through the network at once."""


def gene_attributions(
    model: keras.Model, choosing: str, values: np.ndarray, temperature: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Share out the score of each class, beside that of the mean sample, among the genes that a model looks at.

    The score of a class is its log-odds: its logit less the mean of the others' (arXiv 1703.01365 explains any such
    function). The mean sample has every gene at its mean in training. Genes are taken on the way between the two, all
    at once and standardised, and the slope of the score along each is summed up. What they add is then the whole
    difference of scores; how far it misses that is the error of the sum (completeness, Proposition 1 of the paper).

    Args:
        model: layers one after another, of which the last is a dense softmax.
        choosing: name of the layer that chooses and standardises genes; the mean sample is 0 behind it.
        values: (samples, genes) as measured.
        temperature: by which the logits of the predictor are divided.

    Returns:
        What each chosen gene added, (samples, classes, chosen genes), and the differences of the scores, (samples,
        classes), both float64, in log-odds.
    """
    places = [layer.name for layer in model.layers].index(choosing)
    behind = model.layers[places + 1 :]
    samples = np.asarray(model.layers[places](np.asarray(values, np.float32)), np.float64)
    classes = model.output_shape[-1]
    against = (np.eye(classes) - (1 - np.eye(classes)) / max(classes - 1, 1)) / temperature

    def scores(standardised: tf.Tensor) -> tf.Tensor:
        """(rows, chosen genes) to (rows, classes), before the softmax and without dropout."""
        x = standardised
        for layer in behind[:-1]:
            x = layer(x, training=False)
        last = behind[-1]
        return tf.matmul(tf.matmul(x, tf.convert_to_tensor(last.kernel)) + last.bias, tf.constant(against.T, x.dtype))

    def slopes(points: np.ndarray) -> np.ndarray:
        """(rows, chosen genes) to (rows, classes, chosen genes)."""
        given = tf.constant(points, tf.float32)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(given)
            of_class = tf.unstack(scores(given), axis=1)
        return np.stack([tape.gradient(each, given).numpy() for each in of_class], axis=1)

    middles = (np.arange(STEPS) + 0.5) / STEPS
    added = np.empty((len(samples), classes, samples.shape[1]))
    at_once = max(1, _ROWS // STEPS)
    for start in range(0, len(samples), at_once):
        some = samples[start : start + at_once]
        points = (some[:, None] * middles[:, None]).reshape(-1, some.shape[1])
        mean = slopes(points).reshape(len(some), STEPS, classes, -1).mean(axis=1, dtype=np.float64)
        added[start : start + at_once] = mean * some[:, None]
    of_mean = scores(tf.zeros((1, samples.shape[1]))).numpy().astype(np.float64)[0]
    reached = scores(tf.constant(samples, tf.float32)).numpy().astype(np.float64)
    return added, reached - of_mean
