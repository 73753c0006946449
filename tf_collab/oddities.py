"""Warnings about things in a user's GAN that work but are likely mistakes.

Each function returns sentences, or an empty list. `checks.check` calls them all.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, fingerprints, tensors

__all__ = [
    "above",
    "backwards",
    "batch_mates",
    "labels",
    "probabilities",
    "randomness",
    "ranges",
    "scales",
    "stale",
    "strayed",
    "sure",
]

SCALE = "scale the data to the generator's range"  # how `ranges` ends
FAR = 4.0  # times the prior's mean square: where G was hardly ever asked


def above(real: np.ndarray, fake: np.ndarray) -> float:
    """The share of pairs whose real scores above the fake, equal ones counted half."""
    fake = np.sort(fake)
    ranks = (np.searchsorted(fake, real, side) for side in ("left", "right"))
    return float(np.mean(sum(ranks)) / (2 * len(fake)))


def sure(gan: base.GAN, real: base.Scored, fake: base.Scored) -> list[str]:
    """Of a D that tells all reals from all fakes, by a log ratio of 3 or more.

    A few rows do not hide it: less than one pair in a thousand may be the other way.
    """
    scores = [np.asarray(part.score, np.float32) for part in (real, fake)]
    if min(map(len, scores)) < 8 or above(*scores) < 0.999:
        return []
    of_real, of_fake = (
        float(np.median(gan.log_ratio_of(base.Scored(part.x, tf.constant(score)))))
        for part, score in zip((real, fake), scores)
    )
    if not (of_real >= 3 and of_fake <= -3):
        return []
    return [
        "the discriminator is sure of everything: it tells all reals from all samples "
        f"(median log ratios of {of_real:.2g} and {of_fake:.2g}), so its ratio says "
        "little about which samples to keep: regularise it, stop its training earlier, "
        "or tune it on the samples that it is to judge"
    ]


def stale(gan: base.GAN) -> list[str]:
    """Of a calibrator that is known to be fitted to other scores than D gives now."""
    fitted = getattr(gan.calibrator, "fingerprint", None)
    now = None if fitted is None else fingerprints.of(gan.discriminator)
    if now in (None, fitted):
        return []
    return [
        "the calibrator was fitted to scores of another discriminator, or of the same "
        "before it learned, so its log ratio is not that of these samples: fit it "
        "again to scores that the discriminator gives now"
    ]


def strayed(sums: Mapping[str, float]) -> list[str]:
    """Of walks that took latents far out, by sums of their squared norms."""
    before, after = (sums.get(f"squared_norm_{w}", 0.0) for w in ("before", "after"))
    if not 0 < FAR * before < after:
        return []
    return [
        f"the walks took latents far out: their mean square is {after / before:.2g} "
        "times that of the prior's, where G was hardly ever trained: lower the rate, "
        "or take fewer steps"
    ]


def restless(sums: Mapping[str, float]) -> list[str]:
    """Of refinement whose `stop` no sample has reached."""
    if sums.get("rested", 1.0) > 0:
        return []
    return [
        "no sample was given the probability that `stop` asks for, so that all took "
        "every step: lower stop, to what D gives to reals at most"
    ]


def backwards(gan: base.GAN, scores: np.ndarray) -> list[str]:
    """Of a calibrator that is flat, or falls where samples look more real."""
    by_label = getattr(gan.calibrator, "needs_label", False)
    if gan.calibrator is None or by_label or np.ptp(scores) == 0:
        return []
    ratio, energy = (
        np.asarray(each(tf.constant(scores, tf.float32)), "float64")
        for each in (gan.calibrator, gan.objective.energy)
    )
    if np.ptp(ratio) == 0:
        return [
            f"the calibrator gives the log ratio {ratio[0]:.2g} to all scores, from "
            f"{scores.min():.2g} to {scores.max():.2g}: choosing by it keeps samples "
            "at random"
        ]
    if not np.sum((ratio - ratio.mean()) * (energy - energy.mean())) > 0:
        return []
    return [
        "the calibrator is upside down: its log ratio is lower for samples that look "
        "more real by the objective's energy, so choosing by it keeps the worst; fit "
        "it to scores of reals and of samples, in this order"
    ]


def batch_mates(x: Any, together: np.ndarray, score: Callable) -> list[str]:
    """Warns if a sample of x [n, *data] has another score alone than among the others.

    `together` [n] are the scores of x as one batch, and `score(x)` gives scores.
    """
    rows = [
        tf.nest.map_structure(lambda leaf, i=i: leaf[i : i + 1], x)
        for i in range(len(together))
    ]
    alone = np.concatenate([score(row) for row in rows])
    apart = np.abs(alone - together).max()
    # Batch sizes differ in the order of sums. A score is a sum of some 1e4 terms at
    # most, each rounded to 2**-24. A hundredth of the spread changes no choice.
    rounding = 1e4 * 2.0**-24 * np.abs(together).max()
    if apart <= rounding + 0.01 * np.ptp(together):
        return []
    return [
        f"the score of a sample changes by {apart:.2g} with its batch-mates (among "
        f"scores that span {np.ptp(together):.2g}): make the discriminator's batch "
        "statistics obey training=False, or remove them"
    ]


def randomness(
    gan: base.GAN,
    n: int,
    seed: int,
    z: Any,
    fake: Any,
    scores: np.ndarray,
    score: Callable,
) -> list[str]:
    """Warns if the prior, G or D returns something else for the same input.

    z, fake [n, *data] and scores [n] are what they returned before, with `seed`.
    """

    def differ(a: Any, b: Any) -> bool:
        pairs = zip(tf.nest.flatten(a), tf.nest.flatten(b))
        return any(
            # An accelerator may sum in another order each time.
            not np.allclose(np.asarray(v, "f8"), np.asarray(w, "f8"), 1e-3, 1e-3)
            for v, w in pairs
            if v.dtype.is_floating or v.dtype.is_integer or v.dtype.is_bool
        )

    warnings = []
    if differ(z, gan.prior(n, tf.constant([0, seed], tf.int32))):
        warnings.append(
            "the prior gives other latents for the same seed, so no draw can be "
            "repeated: draw with tf.random.stateless_normal or the like"
        )
    elif not differ(z, gan.prior(n, tf.constant([0, seed + 1], tf.int32))):
        warnings.append(
            "the prior ignores its seed and gives the same latents for another, so all "
            "batches would be one: make it of tf.random.stateless_normal(shape, seed) "
            "and its like"
        )
    if differ(fake, gan.generator.decode(z, from_=0)):
        warnings.append(
            "the generator makes another sample of the same latent each time, so "
            "refinement follows a score that moves by itself: make its noise or "
            "dropout obey training=False, or make the noise a part of z"
        )
    if differ(tf.constant(scores), tf.constant(score(fake))):
        warnings.append(
            "the discriminator gives the same sample another score each time: make its "
            "noise or dropout obey training=False"
        )
    return warnings


def labels(
    generator: Any, z: Any, fake: Any, held: Collection[str | int] = ()
) -> list[str]:
    """Warns of leaves that look like labels, in activations of several leaves.

    Such a leaf reaches the sample unchanged, is one-hot, or is the same in several
    samples. A leaf that is the same in all samples, such as that of a dead layer, does
    not count.
    """
    found: list[np.ndarray] = []
    layers: dict[Any, list[int]] = {}
    samples = [np.asarray(leaf) for leaf in tf.nest.flatten(fake)]
    for layer in range(generator.depth + 1):
        h = generator.encode(z, to=layer)
        leaves = tf.nest.flatten(h)
        floats = [np.asarray(leaf) for leaf in leaves if leaf.dtype.is_floating]
        # If all leaves reach the sample unchanged, this layer is the sample itself.
        inside = not all(_is_among(samples, value) for value in floats)
        for key, leaf in zip(tensors.keys(h), leaves):
            value = np.asarray(leaf)
            known = [*found, *(samples if inside else [])]
            if len(leaves) == 1 or not leaf.dtype.is_floating or key in held:
                continue
            if _is_one_hot(value) or (
                not _is_constant(value)
                and (_is_among(known, value) or (inside and _is_repeated(value)))
            ):
                found.append(value)
                layers.setdefault(key, []).append(layer)
    return [
        f"leaf {key!r} at layer {', '.join(map(str, at))} looks like a label (it "
        "reaches the sample unchanged, is one-hot, or is the same in several samples), "
        f"and refinement would move it: give refine(..., hold=[{key!r}])"
        for key, at in layers.items()
    ]


def _is_among(arrays: Iterable[np.ndarray], value: np.ndarray) -> bool:
    return any(np.array_equal(value, each) for each in arrays)


def _is_constant(value: np.ndarray) -> bool:
    return len(value) > 1 and bool((value == value[:1]).all())


def _is_repeated(value: np.ndarray) -> bool:
    return len(np.unique(value, axis=0)) < len(value)


def _is_one_hot(value: np.ndarray) -> bool:
    bits = value.ndim > 1 and value.shape[-1] > 1 and np.isin(value, (0, 1)).all()
    return bool(bits and (value.sum(axis=-1) == 1).all())


def probabilities(gan: base.GAN, scores: np.ndarray) -> list[str]:
    """Warns if all scores [n] lie in [0, 1] and the objective reads them as logits."""
    if gan.calibrator is not None or gan.objective.log_ratio is None:
        return []
    if scores.min() < 0 or scores.max() > 1:
        return []
    return [
        f"all scores lie between {scores.min():.2g} and {scores.max():.2g}, as "
        "probabilities do, and this objective reads them as logits: if the "
        "discriminator ends in a sigmoid, wrap it in models.scorer(d, "
        "probability=True); if it learned by least squares, the objective is lsgan"
    ]


def ranges(real: np.ndarray, fake: np.ndarray) -> list[str]:
    """Warns if the samples' values lie elsewhere than the data's.

    Any of three rules is enough, and an untrained G with its narrow samples meets none:

    - more than a tenth of the samples' values lie outside the range of the data and 0,
      widened by half its width on either side (for 16 values or more);
    - the data reach beyond 50, and the samples stay within 1;
    - a quarter of the data's range is below 0, and of 100 or more values of the samples
      none is.
    """
    low, high = real.min(), real.max()
    least, most = min(low, 0.0), max(high, 0.0)
    width = most - least
    beyond = (fake < least - width / 2) | (fake > most + width / 2)
    outside = min(fake.size, real.size) >= 16 and np.mean(beyond) > 0.1
    far = np.abs(real).max()
    unscaled = far > 50 and np.abs(fake).max() <= max(1, far / 50)
    positive = fake.size >= 100 and fake.min() >= 0 and low < -width / 4
    if not (outside or unscaled or positive):
        return []
    return [
        f"the samples' values lie in [{fake.min():.3g}, {fake.max():.3g}] and the "
        f"data's in [{low:.3g}, {high:.3g}]: {SCALE}"
    ]


def scales(real: Any, fake: Any) -> list[str]:
    """What `ranges` warns of, for each leaf of floats of data and of samples."""
    found = []
    for pair in zip(tf.nest.flatten(real), tf.nest.flatten(fake)):
        if tf.as_dtype(pair[0].dtype).is_floating:
            found += ranges(*(np.asarray(leaf, "float64") for leaf in pair))
    return found
