"""Inception score (Salimans et al., 2016, arXiv:1606.03498)."""

import numpy as np

from tf_collab.metrics import modes

__all__ = ["ScoreSums", "inception_score"]


def inception_score(logits: np.ndarray, *, splits: int = 1) -> float:
    """exp of the mean KL(p(y | x) || p(y)) for a classifier's logits [n, classes].

    It ranges from 1, if all samples look alike to the classifier, to the number of
    classes. Log probabilities are logits too. With `splits` it is the mean over that
    many consecutive parts, which is lower, so name the number with the metric. Call it
    a "classifier score" if the classifier is not the Inception net. Raises ValueError
    if `logits` are probabilities, or if `splits` is not from 1 to n.
    """
    logits = modes.as_points(logits, "logits")
    sums = ScoreSums(len(logits), splits=splits)
    sums.update(logits)
    return sums.score()


class ScoreSums:
    """The `inception_score` of `n` samples whose logits come a batch at a time.

    The batches may come to several such sums, each of which begins at the sample of a
    number `first`, and are joined by `add`. Raises ValueError unless `splits` is from 1
    to n.
    """

    def __init__(self, n: int, *, splits: int = 1, first: int = 0):
        if not 1 <= splits <= n:
            raise ValueError(
                "splits must be at least 1 and at most the number of samples, "
                f"but is {splits} with {n} samples."
            )
        # The first parts have one sample more where they cannot be equal.
        self._sizes = -(-np.arange(n, n - splits, -1) // splits)
        self._ends = np.cumsum(self._sizes)
        self._first = self._seen = first
        self._negentropy = np.zeros(splits)  # sum of p log p
        self._prob = np.zeros([splits, 1])  # sum of p, [splits, classes] once known

    def update(self, logits: np.ndarray) -> None:
        """Adds logits [batch, classes] of the next samples.

        Raises ValueError for probabilities, or for more samples than `n`.
        """
        from scipy import special

        logits = modes.as_points(logits, "logits")
        if logits.min() >= 0 and np.allclose(logits.sum(axis=1), 1, atol=1e-3):
            raise ValueError(
                "These are probabilities: give the logits, or their logarithm."
            )
        if self._seen + len(logits) > self._ends[-1]:
            raise ValueError(
                f"There are more samples than the {self._ends[-1]} that were announced."
            )
        if self._seen == self._first:
            self._prob = np.zeros([len(self._sizes), logits.shape[1]])
        log_prob = special.log_softmax(logits, axis=1)
        cuts = (self._ends[:-1] - self._seen).clip(0, len(logits))
        for split, part in enumerate(np.split(log_prob, cuts)):
            prob = np.exp(part)
            self._negentropy[split] += np.sum(prob * part)
            self._prob[split] += prob.sum(axis=0)
        self._seen += len(logits)

    def add(self, later: "ScoreSums") -> None:
        """Adds the sums of the samples that come next.

        Raises ValueError if they are of other samples, or of other parts.
        """
        if later._first != self._seen or not np.array_equal(later._ends, self._ends):
            raise ValueError(
                f"These sums begin at sample {later._first} of {later._ends[-1]}, and "
                f"sample {self._seen} of {self._ends[-1]} is next."
            )
        self._negentropy = self._negentropy + later._negentropy
        self._prob = self._prob + later._prob
        self._seen = later._seen

    def score(self) -> float:
        """The score of all samples; raises ValueError if some have not come."""
        from scipy import special

        if self._first or self._seen < self._ends[-1]:
            came = self._seen - self._first
            raise ValueError(
                f"{self._ends[-1]} samples were announced, but {came} came."
            )
        marginal = self._prob / self._sizes[:, None]
        divergence = self._negentropy / self._sizes + special.entr(marginal).sum(axis=1)
        return float(np.exp(divergence).mean())
