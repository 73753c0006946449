"""Divergences between frequency vectors, in nats (Kullback and Leibler; Lin, 1991)."""

import numpy as np

from tf_collab import reals

__all__ = ["js", "kl"]

FLOOR = 1e-12  # the least frequency of the second argument of kl


def kl(p: np.ndarray, q: np.ndarray) -> float:
    """Kullback-Leibler divergence KL(p || q) in nats, of counts or frequencies [bins].

    Both are normalised. A bin in which p is 0 adds nothing. Where q is 0 it counts as
    1e-12, so the result is finite. Raises ValueError unless both are vectors of one
    length, not negative and not all 0.
    """
    p, q = _frequencies(p, q)
    return _relative_entropy(p, np.maximum(q, FLOOR))


def js(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen-Shannon divergence of counts or frequencies [bins], 0 to log 2 nats.

    Raises ValueError as `kl` does.
    """
    p, q = _frequencies(p, q)
    middle = (p + q) / 2
    return (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2


def _relative_entropy(p: np.ndarray, q: np.ndarray) -> float:
    from scipy import special

    return float(special.rel_entr(p, q).sum())


def _frequencies(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p, q = (reals.as_float64(x, "Frequencies") for x in (p, q))
    if p.ndim != 1 or p.shape != q.shape:
        raise ValueError(
            "A divergence needs two frequency vectors of one length, "
            f"but got shapes {p.shape} and {q.shape}."
        )
    for values in (p, q):
        # Not `any(values < 0)`, which a NaN would pass.
        if not (np.all(values >= 0) and 0 < values.sum() < np.inf):
            some = np.array2string(values, threshold=6, edgeitems=2)
            raise ValueError(
                "A divergence needs finite frequencies that are not negative "
                f"and not all 0, but got {some}."
            )
    return p / p.sum(), q / q.sum()
