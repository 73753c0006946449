"""Inception score (Salimans et al., 2016, arXiv:1606.03498)."""

import numpy as np

from tf_collab.metrics import modes

__all__ = ["inception_score"]


def inception_score(logits: np.ndarray, *, splits: int = 1) -> float:
    """exp of the mean KL(p(y | x) || p(y)) for a classifier's logits [n, classes].

    From 1, where all samples look alike to the classifier, to the number of classes.
    Log probabilities are logits too. With `splits` it is the mean over that many
    consecutive parts, which is lower: the number belongs in the metric's name. Any
    classifier but the Inception net gives a "classifier score".
    """
    from scipy import special

    logits = modes.as_points(logits, "logits")
    if not 1 <= splits <= len(logits):
        raise ValueError(
            "splits must be at least 1 and at most the number of samples, "
            f"but is {splits} with {len(logits)} samples."
        )
    if logits.min() >= 0 and np.allclose(logits.sum(axis=1), 1, atol=1e-3):
        raise ValueError(
            "These are probabilities: give the logits, or their logarithm."
        )
    log_prob = special.log_softmax(logits, axis=1)
    scores = []
    for part in np.array_split(log_prob, splits):
        marginal = special.logsumexp(part, axis=0) - np.log(len(part))
        scores.append(np.exp(np.mean(np.sum(np.exp(part) * (part - marginal), axis=1))))
    return float(np.mean(scores))
