"""Checks of a user's GAN on a few samples: errors, and warnings of likely mistakes."""

from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, odd_priors, odd_scores, oddities, reals, tensors

__all__ = ["check", "check_finite_scores", "cuttable", "scores_of"]

# Types of floats that mixed precision converts into each other.
_NARROW = {tf.float16, tf.bfloat16, tf.float32}
MANY = 256  # samples that are not all the same by chance
ROUNDING = 5e-7  # of a number's largest value: what sums in another order differ by


def check(gan: base.GAN, x: Any = None, *, n: int = 8, seed: int = 0) -> list[str]:
    """Runs G and D on n samples and n rows of the data x [rows, *data]; warns.

    Without x nothing is compared with data. Raises ValueError if G cannot be cut, if a
    net cannot take its input, if samples have another structure, shape or type than x,
    if a score is not `[batch]`, if something is not finite, or if G makes the same
    sample of every latent. Batch-norm is checked on 64 samples and rows. Returns a list
    of warnings, each a sentence about something that works but is likely a mistake:

    - the score of a sample depends on the other samples of its batch;
    - all scores lie in [0, 1], or those of reals and of samples far on one side, and
      the objective reads them as logits (see `odd_scores.critic`);
    - the moving averages of batch-norm in D fit neither reals nor samples (see
      `odd_scores.averages`);
    - the prior has other moments than batch-norm in G remembers of training (see
      `odd_priors.remembered`);
    - D is frozen as a whole;
    - the calibrator is of another D's scores, upside down or flat;
    - D separates all reals from all samples by far, so its ratio says little;
    - the samples have another range than the data (see `oddities.ranges`);
    - the prior, G or D returns something else when called again with the same input, or
      the prior the same for another seed;
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
            "the prior must be a function (n, seed) -> z, such as priors.normal(16), "
            f"not {type(gan.prior).__name__}"
        )
    if not isinstance(gan.objective, base.Objective):
        raise ValueError(
            "the objective must be an Objective, such as objectives.nsgan(), not "
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
    _check_varied(gan, z, fake, seed)
    scores = [_score(gan, real, "real data"), _score(gan, fake, "samples")]

    def score(x: Any) -> np.ndarray:
        return _score(gan, x, "samples")

    warnings = [
        *oddities.randomness(gan, n, seed, z, fake, scores[1], score),
        *oddities.labels(gan.generator, z, fake, gan.hold),
        *oddities.batch_mates(fake, scores[1], score),
        *oddities.probabilities(gan, np.concatenate(scores)),
        *odd_priors.remembered(gan, seed),
        *odd_scores.frozen(gan.discriminator),
        *oddities.stale(gan),
        *oddities.backwards(gan, np.concatenate(scores)),
    ]
    if alone:
        return warnings
    warnings += odd_scores.critic(gan, *scores)
    if gan.calibrator is not None or gan.objective.log_ratio is not None:
        pair = map(base.Scored, (real, fake), scores)
        warnings += oddities.sure(gan, *pair)
    some = tf.nest.map_structure(lambda leaf: _spread_rows(leaf, 64), many)
    drawn = gan.prior(len(tf.nest.flatten(some)[0]), tf.constant([0, seed], tf.int32))
    made = gan.generator(drawn, training=False)
    warnings += odd_scores.averages(gan, some, made, score)
    return warnings + oddities.scales(many, fake)


def cuttable(generator: Any) -> None:
    """Raises ValueError unless a generator has layers that can be refined."""
    if not all(hasattr(generator, name) for name in ("encode", "decode", "depth")):
        raise ValueError(
            "the generator cannot be cut: give models.LayeredModel([generator]), or "
            "models.split(generator, at=[...])"
        )


def log_ratios(gan: base.GAN, scored: base.Scored) -> tf.Tensor:
    """The log ratios [n] of reals or samples whose scores `scores_of` can read."""
    score = scores_of(scored)
    return gan.log_ratio_of(base.Scored(getattr(scored, "x", None), score))


def scores_of(scored: base.Scored) -> tf.Tensor:
    """The scores [n] of reals or samples, as float32.

    `scored.score` may be a tensor, a list or an array. Raises ValueError if there are
    no scores, or if they are not real numbers [n].
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
        f"a sampler needs x with scores [n], as gan.scored(x) returns, not {given}"
    )


def check_finite_scores(scored: base.Scored) -> None:
    """Raises ValueError unless reals have scores [n], and NotFinite if one is not."""
    score = np.asarray(scores_of(scored))
    bad = np.count_nonzero(~np.isfinite(score))
    if bad:
        raise reals.NotFinite(
            f"{bad} of the {score.size} scores of reals are not finite: leave those "
            "reals out, or mend the discriminator"
        )


def _check_rows(x: Any) -> None:
    for leaf in tf.nest.flatten(x):
        if not hasattr(leaf, "shape") or not len(leaf.shape) or not len(leaf):
            kind = list(leaf.shape) if hasattr(leaf, "shape") else type(leaf).__name__
            raise ValueError(
                f"the data must be arrays [rows, *data], one row or more, not {kind}"
            )


def _spread_rows(leaf: Any, n: int) -> tf.Tensor:
    """At most n evenly spaced rows, because data often come sorted by class."""
    rows = np.unique(np.linspace(0, len(leaf) - 1, n).astype(int))
    return tf.gather(tf.convert_to_tensor(leaf), rows)


def _check_alike(real: Any, fake: Any) -> None:
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


def _described(x: Any) -> str:
    def kind(leaf: tf.Tensor) -> str:
        return f"{leaf.dtype.name} [{', '.join(map(str, ['batch', *leaf.shape[1:]]))}]"

    return tensors.spelled(x, kind)


def _check_all_finite(x: Any, rows: int = 4096) -> None:
    """Checks every row of the data: a single NaN turns all weights into NaN."""
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


def _check_finite(x: Any, what: str) -> None:
    for leaf in tf.nest.flatten(x):
        if leaf.dtype.is_floating and not np.isfinite(np.asarray(leaf, "f8")).all():
            raise ValueError(f"{what} not all finite numbers")


def _check_varied(gan: base.GAN, z: Any, fake: Any, seed: int) -> None:
    """Raises ValueError if samples are all the same, few of them and many too."""
    if not _makes_one(z, fake):
        return
    z = gan.prior(MANY, tf.constant([0, seed], tf.int32))
    if not _makes_one(z, gan.generator(z, training=False)):
        return
    if all(_is_one_row(np.asarray(leaf)) for leaf in tf.nest.flatten(z)):
        raise ValueError(
            "the prior gives the same latent in every row of a batch, so that all "
            "samples are the same: draw each row anew"
        )
    raise ValueError(
        f"G makes the same sample of every z ({MANY} were tried), so that there is "
        "nothing to choose from: has it collapsed, or are these other weights than "
        "those of training?"
    )


def _makes_one(z: Any, fake: Any) -> bool:
    """Whether all that G made is the same; a label that it hands on is not made."""
    latents, samples = ([*map(np.asarray, tf.nest.flatten(x))] for x in (z, fake))
    made = [v for v in samples if not any(np.array_equal(v, h) for h in latents)]
    return bool(made) and all(map(_is_one_row, made))


def _is_one_row(leaf: np.ndarray) -> bool:
    """Whether there are several rows, which differ by no more than round-off."""
    wide = leaf.astype("complex128")
    off = 0 if leaf.dtype.kind in "iub" else ROUNDING
    within = np.abs(wide - wide[:1]) <= off * np.abs(wide).max(axis=0, initial=0)
    return bool(len(leaf) > 1 and within.all())


def _score(gan: base.GAN, x: Any, name: str) -> np.ndarray:
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
