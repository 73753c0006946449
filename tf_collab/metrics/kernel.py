"""Maximum mean discrepancy (Gretton et al., 2012) and KID (Binkowski et al., 2018)."""

from collections.abc import Callable

import numpy as np

from tf_collab import reals, tensors
from tf_collab.metrics import neighbours

__all__ = [
    "Kernel",
    "cubic_kernel",
    "gaussian_kernel",
    "kid",
    "median_distance",
    "mmd",
    "multiscale_kernel",
]

# (a [n, features], b [m, features]) -> [n, m]
Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]


def mmd(a: np.ndarray, b: np.ndarray, *, kernel: Kernel | None = None) -> float:
    """Unbiased estimate of MMD**2 between a [n, features] and b [m, features].

    It is 0 in the mean if both have the same law, so it can be negative. The default
    kernel is Gaussian; its bandwidth is the median distance between samples, which
    differs for each pair of sets, so give a kernel to compare numbers. Raises
    ValueError if a set has fewer than two samples, or if the features differ.
    """
    a, b = neighbours.as_pair(a, b)
    if min(len(a), len(b)) < 2:
        raise ValueError(
            f"MMD needs two samples of each set, but got {len(a)} and {len(b)}."
        )
    if kernel is None:
        kernel = gaussian_kernel(median_distance(np.concatenate([a, b])))
    return _within(kernel, a) + _within(kernel, b) - 2 * _between(kernel, a, b)


def kid(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    size: int = 1000,
    blocks: int = 100,
    seed: int = 0,
) -> float:
    """Kernel inception distance: the mean of `mmd` with `cubic_kernel` over blocks.

    A block has `size` samples of real [n, features] and of fake [m, features], drawn
    without replacement. Unlike the Frechet distance, it is not biased by the number of
    samples. Raises ValueError unless `size` is from 2 to the smaller of n and m, and
    `blocks` is 1 or more.
    """
    real, fake = neighbours.as_pair(real, fake)
    if not 2 <= size <= min(len(real), len(fake)):
        raise ValueError(
            "size must be from 2 to the number of samples of the smaller set, "
            f"but is {size} with {len(real)} real and {len(fake)} fake samples."
        )
    if blocks < 1:
        raise ValueError(f"blocks must be at least 1, but is {blocks}.")
    rng = np.random.default_rng(seed)
    total = 0.0
    for _ in range(blocks):
        parts = [x[rng.choice(len(x), size, replace=False)] for x in (real, fake)]
        total += mmd(*parts, kernel=cubic_kernel)
    return total / blocks


def cubic_kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """KID's kernel (a.b / features + 1)**3: a [n, features], b [m, features] -> [n, m].

    Raises ValueError if the features differ.
    """
    a, b = neighbours.as_pair(a, b)
    base = a @ b.T / a.shape[1] + 1
    return base * base * base  # many times faster than a power


def gaussian_kernel(bandwidth: float) -> Kernel:
    """The kernel exp(-|a - b|**2 / (2 bandwidth**2)).

    Raises ValueError unless the bandwidth and its square are finite and above 0.
    """
    return multiscale_kernel(bandwidth, halvings=0)


def multiscale_kernel(bandwidth: float, *, halvings: int = 6) -> Kernel:
    """The mean of Gaussian kernels of this bandwidth, half of it, a quarter and so on.

    `halvings` more kernels than one. Of modes that are narrow beside the distance
    between them, a wide kernel sees how much each weighs, and not how samples lie
    within it; a narrow one sees that. A sum of kernels sees what any of them does (Li
    et al., 2015, arXiv:1502.02761). Raises ValueError unless the bandwidth and its
    square are finite and above 0, and `halvings` is 0 or more.

    Examples:
        >>> kernel = tc.metrics.multiscale_kernel(2.0, halvings=1)
        >>> one, two = tc.metrics.gaussian_kernel(2.0), tc.metrics.gaussian_kernel(1.0)
        >>> x = np.random.default_rng(0).normal(size=[5, 3])
        >>> np.allclose(kernel(x, x), (one(x, x) + two(x, x)) / 2)
        True
    """
    (bandwidth,) = reals.as_float64([bandwidth], "A kernel's bandwidth")
    if not (bandwidth > 0 and 0 < bandwidth**2 < np.inf):
        raise ValueError(
            "A kernel's bandwidth must be finite and above 0, and so must its square, "
            f"but it is {bandwidth:g}."
        )
    if halvings < 0:
        raise ValueError(f"halvings must be 0 or more, but is {halvings}.")

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = neighbours.as_pair(a, b)
        blocks = [distance for _, distance in neighbours.squared_distances(a, b)]
        one = np.exp(np.concatenate(blocks) / (-2 * bandwidth**2))
        total = one.copy()
        for _ in range(halvings):
            one **= 2  # half the bandwidth is the fourth power, and squares are cheap
            one **= 2
            total += one
        return total / (halvings + 1)

    return kernel


def median_distance(x: np.ndarray) -> float:
    """The median distance of pairs among at most a thousand rows, spread evenly.

    It is the usual bandwidth of a Gaussian kernel for x [n, features].
    """
    from scipy import spatial

    spread = np.linspace(0, len(x) - 1, min(len(x), 1000)).astype(int)
    return float(np.median(spatial.distance.pdist(x[spread])))


def _within(kernel: Kernel, x: np.ndarray) -> float:
    """Mean of the kernel over pairs of different samples."""
    n, total = len(x), 0.0
    for rows in tensors.slices(n, neighbours.ROWS):
        block = kernel(x[rows], x)
        total += block.sum() - np.trace(block, offset=rows.start)
    return float(total / (n * (n - 1)))


def _between(kernel: Kernel, a: np.ndarray, b: np.ndarray) -> float:
    """Mean of the kernel over pairs of a sample of a and a sample of b."""
    parts = tensors.slices(len(a), neighbours.ROWS)
    total = sum(kernel(a[rows], b).sum() for rows in parts)
    return float(total / (len(a) * len(b)))
