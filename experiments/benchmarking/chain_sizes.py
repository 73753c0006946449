"""How many independent samples the samples of chains are worth."""

import numpy as np

__all__ = ["effective"]

FAINT = 0.05  # a correlation that counts as none, and ends the sum


def effective(value: np.ndarray, chain: np.ndarray) -> tuple[float | None, float]:
    """Of `value` [n], and the `chain` [n] of each: correlation of neighbours, and size.

    The effective size is n / (1 + 2 * sum of (1 - k / length) * correlation at lag k)
    over the first lags whose correlation is not faint. Chains are told apart, and all
    share one mean. The correlation is None where no chain has two, or all are equal.
    """
    n = len(value)
    value = np.asarray(value, np.float64)
    order = np.argsort(chain, kind="stable")  # by chain, in the order of outputs
    away, chain = value[order] - value.mean(), np.asarray(chain)[order]
    variance = np.mean(away**2)
    length = n / len(np.unique(chain))
    if variance <= 0:
        return None, float(n)
    first, total = None, 0.0
    for lag in range(1, n):
        same = chain[lag:] == chain[:-lag]
        if not same.any():
            break
        share = float(np.mean((away[lag:] * away[:-lag])[same]) / variance)
        first = share if first is None else first
        if share < FAINT:
            break
        total += max(0.0, 1 - lag / length) * share
    return first, n / (1 + 2 * total)
