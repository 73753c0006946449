"""What can be wrong with somebody's GAN, told on a few samples."""

from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, odd_scores, oddities, tensors

__all__ = ["check", "check_finite_scores", "cuttable", "scores_of"]

# Floats that meet each other freely in mixed precision.
_NARROW = {tf.float16, tf.bfloat16, tf.float32}


def check(gan: base.GAN, x: Any = None, *, n: int = 8, seed: int = 0) -> list[str]:
    """Runs G and D on n samples and n rows of the data; returns warnings.

    Batch-norm is looked at with 64 of each. Without x nothing compares the two.

    Raises ValueError where nothing can work: G cannot be cut, a net cannot take what it
    is given, samples have another structure, shape or type than x [rows, *data], a
    score is not `[batch]`, or something is not finite. A warning is a sentence about
    what works but is likely meant otherwise:

    - the score of a sample depends on its batch-mates;
    - all scores of an objective that reads them as logits lie in [0, 1], or all of
      reals and of samples far on one side (see `odd_scores.critic`);
    - batch-norm's moving averages in D fit neither (see `odd_scores.averages`);
    - D is frozen as a whole;
    - D tells all reals from all samples by far, so its ratio says little;
    - the samples' values lie elsewhere than the data's (see `oddities.ranges`);
    - the prior, G or D gives something else when asked the same again, or the prior
      the same for another seed;
    - a leaf of an activation looks like a label, which refinement would move.

    Examples:
        >>> tc.checks.check(gan, real.x)
        []
        >>> bright = 255 * (1 + real.x)
        >>> len(tc.checks.check(gan, bright))
        1
    """
    cuttable(gan.generator)
    if not callable(gan.prior):
        raise ValueError(
            "the prior is a function (n, seed) -> z, as priors.normal(16) gives, not "
            f"{type(gan.prior).__name__}"
        )
    if not isinstance(gan.objective, base.Objective):
        raise ValueError(
            "the objective is what objectives.nsgan() gives, not "
            f"{type(gan.objective).__name__}"
        )
    alone = x is None
    if alone:
        x = gan.generator(gan.prior(64, tf.constant([0, seed + 2], tf.int32)))
        _check_finite(x, "the generator's samples are")
    _check_rows(x)
    few, many = (
        tf.nest.map_structure(lambda leaf, m=m: _spread_rows(leaf, m), x)
        for m in (n, 1000)
    )
    real = few
    _check_all_finite(x)
    z = gan.prior(n, tf.constant([0, seed], tf.int32))
    fake = gan.generator(z, training=False)
    _check_alike(real, fake)
    _check_finite(fake, "the generator's samples are")
    scores = [_score(gan, real, "real data"), _score(gan, fake, "samples")]

    def score(x):
        return _score(gan, x, "samples")

    warnings = [
        *oddities.randomness(gan, n, seed, z, fake, scores[1], score),
        *oddities.labels(gan.generator, z, fake, gan.hold),
        *oddities.batch_mates(fake, scores[1], score),
        *oddities.probabilities(gan, np.concatenate(scores)),
        *odd_scores.frozen(gan.discriminator),
    ]
    if alone:
        return warnings
    warnings += odd_scores.critic(gan, *scores)
    if gan.calibrator is not None or gan.objective.log_ratio is not None:
        warnings += oddities.sure(scores[0], scores[1], gan.log_ratio)
    some = tf.nest.map_structure(lambda leaf: _spread_rows(leaf, 64), many)
    drawn = gan.prior(len(tf.nest.flatten(some)[0]), tf.constant([0, seed], tf.int32))
    made = gan.generator(drawn, training=False)
    warnings += odd_scores.averages(gan, some, made, score)
    for a, b in zip(tf.nest.flatten(many), tf.nest.flatten(fake)):
        if a.dtype.is_floating:
            warnings += oddities.ranges(*(np.asarray(v, "float64") for v in (a, b)))
    return warnings


def cuttable(generator: Any) -> None:
    """ValueError where a generator has no layers to refine."""
    if not all(hasattr(generator, name) for name in ("encode", "decode", "depth")):
        raise ValueError(
            "the generator cannot be cut: give models.LayeredModel([generator]), or "
            "models.split(generator, at=[...])"
        )


def scores_of(scored: base.Scored) -> tf.Tensor:
    """The scores [n] of reals or samples, as `gan.scored` gives them: in float32.

    They may be a list or an array of any numbers. ValueError where there are none.
    """
    score = getattr(scored, "score", None)
    if score is None:
        empty = " without scores" if hasattr(scored, "score") else ""
        given = type(scored).__name__ + empty
    else:
        try:
            score = tf.convert_to_tensor(score)
            given = f"scores of shape {list(score.shape)}"
            if not (score.dtype.is_floating or score.dtype.is_integer):
                given = f"scores of type {score.dtype.name}"
            elif score.shape.rank == 1:
                return tf.cast(score, tf.float32)
        except (ValueError, TypeError):
            kind = type(score).__name__
            given = f"scores in a {kind} that cannot become an array [n] of numbers"
    raise ValueError(
        f"a sampler is told x with its scores [n], as gan.scored(x) gives, not {given}"
    )


def check_finite_scores(scored: base.Scored) -> None:
    """ValueError unless the reals have scores, and finite ones."""
    score = np.asarray(scores_of(scored))
    bad = np.count_nonzero(~np.isfinite(score))
    if bad:
        raise ValueError(
            f"{bad} of the {score.size} scores of reals are not finite: leave those "
            "reals out, or mend the discriminator"
        )


def _check_rows(x):
    for leaf in tf.nest.flatten(x):
        if not hasattr(leaf, "shape") or not len(leaf.shape) or not len(leaf):
            kind = list(leaf.shape) if hasattr(leaf, "shape") else type(leaf).__name__
            raise ValueError(f"the data are arrays [rows, *data] with rows, not {kind}")


def _spread_rows(leaf, n):
    """At most n rows from all over: data often come sorted by class."""
    rows = np.unique(np.linspace(0, len(leaf) - 1, n).astype(int))
    return tf.gather(tf.convert_to_tensor(leaf), rows)


def _check_alike(real, fake):
    try:
        tf.nest.assert_same_structure(real, fake)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"the generator gives {_described(fake)} and the data are "
            f"{_described(real)}: they need the same structure"
        ) from error
    for a, b in zip(tf.nest.flatten(real), tf.nest.flatten(fake)):
        same_type = a.dtype == b.dtype or {a.dtype, b.dtype} <= _NARROW
        if a.shape[1:] != b.shape[1:] or not same_type:
            raise ValueError(
                f"the generator gives {_described(fake)} and the data are "
                f"{_described(real)}: they need the same shape and type"
            )


def _described(x):
    def kind(leaf):
        return f"{leaf.dtype.name} [{', '.join(map(str, ['batch', *leaf.shape[1:]]))}]"

    return str(tf.nest.map_structure(kind, x)).replace("'", "")


def _check_all_finite(x, rows=4096):
    """Of the data, every row: one NaN among many turns all weights into NaN."""
    for leaf in tf.nest.flatten(x):
        kind = tf.as_dtype(leaf.dtype)
        if not (kind.is_floating or kind.is_complex):
            continue
        for part in tensors.slices(len(leaf), rows):
            whole = tensors.finite(leaf[part]).numpy()
            if not whole.all():
                row = part.start + int(np.argmin(whole))
                raise ValueError(
                    f"the data are not all finite numbers: row {row} is the first of "
                    "those that are not"
                )


def _check_finite(x, what):
    for leaf in tf.nest.flatten(x):
        if leaf.dtype.is_floating and not np.isfinite(np.asarray(leaf, "f8")).all():
            raise ValueError(f"{what} not all finite numbers")


def _score(gan, x, name):
    score = gan.discriminator(x, training=False)
    n = tf.nest.flatten(x)[0].shape[0]
    if not tf.is_tensor(score) or score.shape != [n]:
        shape = score.shape if tf.is_tensor(score) else type(score).__name__
        raise ValueError(
            f"a score is [batch], and the discriminator gives {shape} for {n} rows of "
            f"{name}: wrap it in models.scorer"
        )
    _check_finite(score, f"the discriminator's scores of {name} are")
    return np.asarray(score, "float64")
