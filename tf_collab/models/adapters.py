"""Makes any Keras discriminator return scores."""

from typing import Any, Literal

import keras
import tensorflow as tf

from tf_collab import errors
from tf_collab.models import endings, layered

__all__ = ["ends_in_sigmoid", "scorer"]

# The range of probabilities that float32 resolves: a sigmoid is 0 for logits below -88,
# and there is no float between 1 - 2**-24 and 1. As scores they are -69.1 and 16.6.
LEAST, MOST = 1e-30, 1.0 - 2.0**-24
NEAR = 1e-3  # to that range: as rounding in half precision leaves a probability

_SIGMOIDS = (tf.sigmoid, keras.activations.sigmoid, keras.ops.sigmoid)
_NO_PROBABILITY = (
    None,
    keras.activations.linear,
    keras.activations.relu,
    keras.activations.tanh,
)


def scorer(
    d: keras.layers.Layer,
    *,
    patches: Literal["mean"] = "mean",
    probability: bool = False,
) -> layered.LayeredModel:
    """A model of the raw score `[batch]` of a D that returns `[batch]`, `[batch, 1]` or
    patches `[batch, ..., 1]`.

    The score of patches is their mean. (Under a least-squares objective this makes the
    energy (mean s - 1)^2, where CycleGAN has the mean of (s - 1)^2.) Set `probability`
    if D ends in a sigmoid: the score is then its logit, from -69.1 to 16.6, since a
    float32 probability resolves no more. Weights are shared with D, and D's `training`
    and `losses` still work. `export` writes the model with its scores. Raises
    ValueError if D is not a Keras layer, has another shape of output, or if
    `probability` contradicts its last layer.

    Examples:
        >>> d = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
        >>> d(np.zeros([5, 2])).shape
        TensorShape([5, 1])
        >>> tc.models.scorer(d, probability=True)(np.zeros([5, 2])).shape
        TensorShape([5])
    """
    if patches != "mean":
        raise ValueError(f"patches is 'mean', not {patches!r}")
    if not isinstance(d, keras.layers.Layer):
        raise ValueError(
            f"scorer wraps a Keras layer or model, not {type(d).__name__}: put it into "
            "a keras.Model first"
        )
    _check_ending(d, probability)
    known = endings.is_functional(d) or (isinstance(d, keras.Sequential) and d.built)
    shape = getattr(d, "output_shape", None) if known else None
    if shape is not None:
        check_shape(shape)
    ending = score_of_probability if probability else score
    return layered.LayeredModel([d, ending], name="discriminator")


# Both are made of Keras' operations, so that `export` can write them into a file.
def score(out: Any) -> Any:
    """D's output [batch], [batch, 1] or [batch, ..., 1] -> the means [batch].

    Raises Misfit for other shapes.
    """
    check_shape(getattr(out, "shape", out))
    if len(out.shape) > 1:
        out = keras.ops.mean(out, axis=list(range(1, len(out.shape))))
    return out


def score_of_probability(out: Any) -> Any:
    """D's probabilities [batch], [batch, 1] or [batch, ..., 1] -> logits [batch].

    Raises Misfit for other shapes and, where it is not traced, for other numbers.
    """
    _check_probabilities(out)
    prob = keras.ops.clip(keras.ops.cast(out, "float32"), LEAST, MOST)
    return score(keras.ops.log(prob) - keras.ops.log1p(-prob))


def _check_probabilities(out: Any) -> None:
    """Raises Misfit if numbers are not from 0 to 1, as none of a sigmoid's are."""
    if not (tf.executing_eagerly() and tf.is_tensor(out)):
        return
    low, high = (float(each(out)) for each in (tf.reduce_min, tf.reduce_max))
    if low < -NEAR or high > 1 + NEAR:
        raise errors.Misfit(
            "probability=True is for a discriminator that ends in a sigmoid, and this "
            f"one gives numbers from {low:.2g} to {high:.2g}: leave it out"
        )


def check_shape(shape: Any) -> None:
    """Raises Misfit unless a D with this shape of output has a score."""
    known = isinstance(shape, (tuple, tf.TensorShape))
    shape = tuple(shape) if known else shape
    if known and (len(shape) == 1 or (len(shape) > 1 and shape[-1] == 1)):
        return
    given = list(shape) if known else type(shape).__name__
    advice = "give a model that returns one score for each sample"
    if known and len(shape) == 2 and shape[-1] == 2:
        advice = (
            "give a model of the log ratio instead, as the logit of the real column "
            "less the other's"
        )
    raise errors.Misfit(
        f"a discriminator returns [batch], [batch, 1] or patches [batch, ..., 1], and "
        f"this one {given}: {advice}"
    )


def _check_ending(d: keras.layers.Layer, probability: bool) -> None:
    sigmoid = ends_in_sigmoid(d)
    if sigmoid and not probability:
        raise ValueError(
            "this discriminator ends in a sigmoid, so it returns a probability, not a "
            "raw score: pass probability=True"
        )
    if sigmoid is False and probability:
        raise ValueError(
            "probability=True is for a discriminator that ends in a sigmoid, and this "
            "one does not: leave it out"
        )


def ends_in_sigmoid(layer: Any) -> bool | None:
    """Whether a model's last operation is a sigmoid; None if it cannot be seen."""
    known, layer = layer, endings.last(layer)
    for part in (known, layer):
        if hasattr(part, "ends_in_sigmoid"):
            return part.ends_in_sigmoid
    if layer in _SIGMOIDS or type(layer).__name__ == "Sigmoid":
        return True
    if isinstance(layer, keras.Model) or not hasattr(layer, "activation"):
        return None
    if layer.activation in _SIGMOIDS:
        return True
    return False if layer.activation in _NO_PROBABILITY else None
