"""What a GAN is to this library, in lines that can be printed."""

from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, seeds, tensors

__all__ = ["summary"]


def summary(gan: base.GAN, x: Any = None, *, n: int = 64, seed: int = 0) -> str:
    """What was assumed, G's layers, the values, the score, and all warnings.

    x [rows, *data] are data, best held out; without them what compares samples to data
    is left out. A layer's spread is the root mean square distance of its activations
    from their mean, over n samples. What `checks.check` refuses is refused here.

    Examples:
        >>> told = tc.summary(gan, real.x)
        >>> told.splitlines()[0].split()
        ['layer', 'name', 'shape', 'spread']
    """
    if not isinstance(gan, base.GAN):
        raise TypeError(
            "summary is of a GAN, as from_keras(generator, discriminator, ...) gives, "
            f"not {type(gan).__name__}"
        )
    warnings = checks.check(gan, x, seed=seed)
    z = gan.prior(n, seeds.as_seed(seed))
    rows = [("layer", "name", "shape", "spread")]
    rows += [_layer(gan, z, layer) for layer in range(gan.generator.depth + 1)]
    samples = gan.scored(gan.generator(z, training=False))
    real = None if x is None else gan.scored(_some(x, n))
    lines = [*gan.assumed, *_columns(rows), *_values(gan, samples, real)]
    lines += [f"score: {_kind(gan)}", _scores(samples, real)]
    if real is not None and (few := len(real.score)) < 8:
        warnings.append(
            f"the data have {few} row{'s' if few > 1 else ''}, too few to compare with "
            "samples: give 64 or more"
        )
    lines += [f"warning: {warning}" for warning in warnings]
    return "\n".join([*lines, *(["no warnings"] if not warnings else [])]) + "\n"


def _layer(gan, z, layer):
    h = gan.generator.encode(z, to=layer)
    names = getattr(gan.generator, "layer_names", ())
    keys, leaves = tensors.keys(h), tf.nest.flatten(h)
    moving = [
        leaf
        for key, leaf in zip(keys, leaves)
        if leaf.dtype.is_floating and key not in gan.hold
    ]
    shape = ", ".join(
        _shape(leaf) + (" held" if key in gan.hold else "")
        for key, leaf in zip(keys, leaves)
    )
    name = (names[layer] or "") if names else ""
    return str(layer), name, shape, _spread(moving)


def _spread(leaves):
    if not leaves:
        return "-"
    flat = tf.concat([tensors.flatten(tf.cast(v, tf.float64)) for v in leaves], 1)
    flat = flat.numpy()
    return f"{np.sqrt(np.mean(np.sum((flat - flat.mean(0)) ** 2, axis=1))):.3g}"


def _columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return [
        f"{row[0]:>{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  "
        f"{row[3]:>{widths[3]}}"
        for row in rows
    ]


def _values(gan, samples, real):
    lines = []
    keys, leaves = tensors.keys(samples.x), tf.nest.flatten(samples.x)
    others = [None] * len(leaves) if real is None else tf.nest.flatten(real.x)
    for key, leaf, other in zip(keys, leaves, others):
        if not leaf.dtype.is_floating or key in gan.hold:
            continue
        of = "" if len(leaves) == 1 else f" of part {key!r}"
        beside = "" if other is None else f", the data's in {_range(other)}"
        lines.append(f"samples' values{of} lie in {_range(leaf)}{beside}")
    return lines


def _kind(gan):
    if gan.calibrator is not None:
        return "read through the calibrator as log p_real / p_fake"
    if gan.objective.log_ratio is None:
        need = "drs, mhgan and ladam need a calibrator"
        return f"a critic's, not log p_real / p_fake: {need}"
    if not gan.objective.offset_known:
        return "log p_real / p_fake up to a constant, which ladam and stop need"
    some = tf.constant([-2.0, 0.5, 3.0])
    same = np.allclose(gan.objective.log_ratio(some), some)
    return "a logit, log p_real / p_fake" if same else "the objective makes a log ratio"


def _scores(samples, real):
    def told(score):
        score = np.asarray(score, "float64")
        return f"{score.mean():.3g} (spread {score.std():.2g})"

    beside = "" if real is None else f", reals {told(real.score)}"
    return f"samples score {told(samples.score)} on average{beside}"


def _some(x, n):
    def rows(leaf):
        at = np.unique(np.linspace(0, len(leaf) - 1, n).astype(int))
        return tf.gather(tf.convert_to_tensor(leaf), at)

    return tf.nest.map_structure(rows, x)


def _range(leaf):
    values = np.asarray(leaf, "float64")
    return f"[{values.min():.3g}, {values.max():.3g}]"


def _shape(leaf):
    return f"[{', '.join(map(str, leaf.shape[1:]))}]"
