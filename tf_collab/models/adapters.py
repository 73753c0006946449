"""Making anybody's discriminator speak in scores."""

from typing import Any, Literal

import keras
import tensorflow as tf

from tf_collab import errors
from tf_collab.models import endings, layered

__all__ = ["ends_in_sigmoid", "scorer"]

# What a float32 probability can tell: it is 0 from logits of -88 down, and has no
# value between 1 - 2**-24 and 1. As scores: -69.1 and 16.6.
LEAST, MOST = 1e-30, 1.0 - 2.0**-24

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
    """The raw score `[batch]` of a D that returns `[batch]`, `[batch, 1]` or patches.

    The score of patches, `[batch, ..., 1]`, is their mean. (Under a least-squares
    objective that is (mean s - 1)^2, not CycleGAN's mean of (s - 1)^2.) With
    `probability`, D ends in a sigmoid and the score is its logit, which lies within
    -69.1 and 16.6: nearer to 0 or 1 a float32 tells nothing. Weights are shared with
    D, `training` and `losses` are its own. `export` writes it with its scores.

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


# Of Keras' operations, which `export` can write into a file.
def score(out):
    """The mean of what a D gives [batch, ...], [batch]."""
    check_shape(getattr(out, "shape", out))
    if len(out.shape) > 1:
        out = keras.ops.mean(out, axis=list(range(1, len(out.shape))))
    return out


def score_of_probability(out):
    """The logit of what a D gives, a probability [batch, ...], [batch]."""
    prob = keras.ops.clip(keras.ops.cast(out, "float32"), LEAST, MOST)
    return score(keras.ops.log(prob) - keras.ops.log1p(-prob))


def check_shape(shape):
    """Misfit unless a D of this output shape has a score."""
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


def _check_ending(d, probability):
    sigmoid = ends_in_sigmoid(d)
    if sigmoid and not probability:
        raise ValueError(
            "this discriminator ends in a sigmoid, so it returns a probability and no "
            "raw score: pass probability=True"
        )
    if sigmoid is False and probability:
        raise ValueError(
            "probability=True is for a discriminator that ends in a sigmoid, and this "
            "one does not: leave it out"
        )


def ends_in_sigmoid(layer: Any) -> bool | None:
    """True or False where the last operation can be seen, else None."""
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
