"""How sure a distance is: a paired bootstrap of MMD**2 over several sets of samples."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from tf_collab.metrics import neighbours
from tf_collab.metrics.kernel import Kernel

__all__ = ["Resampled", "resampled_mmd"]

LEAST = 10  # samples: of fewer a round may well draw the same one each time


class Resampled(NamedTuple):
    """MMD**2 of sets from the same reals, and what resampling makes of it."""

    value: dict[str, float]  # of the samples as they are, unbiased
    rounds: dict[str, np.ndarray]  # [rounds], of resampled reals and samples

    def error(self, name: str) -> float:
        """The standard error of a set's distance."""
        return float(self.rounds[name].std(ddof=1))

    def interval(self, name: str) -> tuple[float, float]:
        """The 95 % interval of a set's distance, from the standard error."""
        half = 1.96 * self.error(name)
        return self.value[name] - half, self.value[name] + half

    def against(self, baseline: str) -> dict[str, tuple[float, float, float]]:
        """name -> (difference, low, high): every other set's distance less this one's.

        The intervals hold together with 95 %: all are as many standard errors wide as
        the largest of the resampled differences asks for (max-t).
        """
        others = [name for name in self.value if name != baseline]
        if not others:
            return {}
        at = np.array([self.value[name] - self.value[baseline] for name in others])
        rounds = np.stack([self.rounds[n] - self.rounds[baseline] for n in others], 1)
        errors = rounds.std(axis=0, ddof=1)
        # A set that is the baseline itself differs by nothing in every round.
        scaled = np.abs(rounds - rounds.mean(axis=0)) / np.where(errors > 0, errors, 1)
        width = max(1.96, float(np.quantile(scaled.max(axis=1), 0.95)))
        low, high = at - width * errors, at + width * errors
        triples = zip(at.tolist(), low.tolist(), high.tolist())
        return dict(zip(others, triples, strict=True))


def resampled_mmd(
    real: np.ndarray,
    samples: Mapping[str, np.ndarray],
    *,
    kernel: Kernel,
    rounds: int = 400,
    seed: int = 0,
    aligned: Collection[str] = (),
) -> Resampled:
    """MMD**2 between real [n, features] and each set [m, features], resampled `rounds`
    times.

    Every round draws the reals once for all sets, so that what two sets share cancels
    in their difference; sets in `aligned` are of one size and were made from the same
    latents, and their rows are drawn together too. A sample that a round draws twice is
    no pair with itself, which keeps the estimate unbiased. Takes the memory of three
    matrices [n, n], [m, m] and [n, m].
    """
    if rounds < 2:
        raise ValueError(f"rounds must be 2 or more, but is {rounds}.")
    if not samples:
        raise ValueError("There must be a set of samples, but there is none.")
    if len({len(samples[name]) for name in aligned}) > 1:
        raise ValueError("Sets whose rows are aligned must be of one size.")
    pairs = {name: neighbours.as_pair(real, x) for name, x in samples.items()}
    for name, (a, b) in pairs.items():
        if min(len(a), len(b)) < LEAST:
            raise ValueError(
                f"A bootstrap of MMD needs {LEAST} samples of each set, but got "
                f"{len(a)} and {len(b)} of {name}."
            )
    rng = np.random.default_rng(seed)
    reals = next(iter(pairs.values()))[0]
    shares = {"": _counts(rng, rounds, len(reals))}
    values, resampled = {}, {}
    among_reals = _within(kernel(reals, reals), shares[""])
    for name, (_, x) in pairs.items():
        key = "aligned" if name in aligned else name
        if key not in shares:
            shares[key] = _counts(rng, rounds, len(x))
        own = shares[key]
        cross = kernel(reals, x)
        between = np.einsum("rn,rn->r", shares[""] @ cross, own) / cross.size
        every = among_reals + _within(kernel(x, x), own) - 2 * between
        values[name], resampled[name] = float(every[0]), every[1:]
    return Resampled(values, resampled)


def _counts(rng: np.random.Generator, rounds: int, n: int) -> np.ndarray:
    """How often each round draws each row; the first draws every row once."""
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=rounds).astype(np.float64)
    return np.concatenate([np.ones([1, n]), drawn])


def _within(gram: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The mean of the kernel over pairs of different rows, for each round."""
    squares = counts**2
    total = np.einsum("rn,rn->r", counts @ gram, counts) - squares @ np.diag(gram)
    return total / (len(gram) ** 2 - squares.sum(axis=1))
