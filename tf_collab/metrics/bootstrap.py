"""How sure a distance is: a paired bootstrap of MMD**2 over several sets of samples."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from tf_collab.groups import numbered
from tf_collab.metrics import neighbours
from tf_collab.metrics.kernel import Kernel

__all__ = ["Resampled", "effective_size", "resampled_mmd"]

LEAST = 10  # samples: of fewer a round may well draw the same one each time


class Resampled(NamedTuple):
    """MMD**2 of sets from the same reals, and what resampling makes of it."""

    value: dict[str, float]  # of the samples as they are, unbiased
    rounds: dict[str, np.ndarray]  # [rounds], of resampled reals and samples

    def error(self, name: str, other: str | None = None) -> float:
        """The standard error of a set's distance, or of its difference from another's.

        What two sets share, reals and latents, cancels in their difference.
        """
        less = 0.0 if other is None else self.rounds[other]
        return float((self.rounds[name] - less).std(ddof=1))

    def interval(self, name: str) -> tuple[float, float]:
        """The 95 % interval of a set's distance, from the standard error."""
        half = 1.96 * self.error(name)
        return self.value[name] - half, self.value[name] + half

    def controlled(
        self, names: Collection[str], *, part: str, whole: str
    ) -> "Resampled":
        """The same without `part`, named sets' distances freed of its latents' luck.

        Set `part` is the head of set `whole`, so that the difference of their two
        distances is 0 in the mean, and known. What a named set's difference from
        `whole` shares with it, by regression over the rounds, is taken away (a control
        variate): so sets made from few latents are compared with one made from many.
        """
        excess = self.rounds[part] - self.rounds[whole]
        excess_found = self.value[part] - self.value[whole]
        spread = np.sum((excess - excess.mean()) ** 2) or 1.0
        value, rounds = dict(self.value), dict(self.rounds)
        for name in names:
            difference = rounds[name] - rounds[whole]
            shared = np.sum((difference - difference.mean()) * excess) / spread
            value[name] = float(value[name] - shared * excess_found)
            rounds[name] = rounds[name] - shared * excess
        del value[part], rounds[part]
        return Resampled(value, rounds)

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
    weights: Mapping[str, np.ndarray] | None = None,
    groups: np.ndarray | None = None,
) -> Resampled:
    """MMD**2 between real [n, features] and each set [m, features], resampled `rounds`
    times.

    Every round draws the reals once for all sets, so that what two sets share cancels
    in their difference; sets in `aligned` were made from the same latents, a shorter
    one from the first of them, and their rows are drawn together too. A sample that a
    round draws twice is not paired with itself, which keeps the estimate unbiased.

    `weights` [m], none of them negative, say of a set how much each row counts, as the
    share of a sampler's draws that keep it. Sets that are the same array, with other
    weights each, cost little more than one. Takes the memory of three matrices [n, n],
    [m, m] and [n, m].

    `groups` [n] are of reals that are not independent of each other, as frames of a
    film: rounds draw whole groups (the cluster bootstrap of Davison and Hinkley, 1997,
    section 3.8), and pairs are of rows of two groups.
    """
    weights = weights or {}
    if rounds < 2:
        raise ValueError(f"rounds must be 2 or more, but is {rounds}.")
    if not samples:
        raise ValueError("There must be a set of samples, but there is none.")
    sets = {id(x): neighbours.as_pair(real, x) for x in samples.values()}
    weight = {name: _weight(weights, name, len(x)) for name, x in samples.items()}
    reals = next(iter(sets.values()))[0]
    group = numbered(groups, len(reals))
    sizes = np.bincount(group).astype(np.float64)
    for name, w in weight.items():
        n = effective_size(w)
        if min(len(sizes), n) < LEAST:
            kind = "" if groups is None else " groups of reals"
            raise ValueError(
                f"A bootstrap of MMD needs {LEAST} samples of each set, but got "
                f"{len(sizes)}{kind} and {n:.3g} of {name}."
            )
    rng = np.random.default_rng(seed)
    of_groups = _counts(rng, rounds, len(sizes))
    of_reals = of_groups[:, group]
    longest = max((len(samples[name]) for name in aligned), default=0)
    together = _counts(rng, rounds, longest) if longest else None
    among_reals = _within(_summed(kernel(reals, reals), group), of_groups, sizes)
    values, resampled = {}, {}
    for key, (_, x) in sets.items():
        among, cross = kernel(x, x), of_reals @ kernel(reals, x)
        cross /= of_reals.sum(axis=1, keepdims=True)
        for name in (name for name, rows in samples.items() if id(rows) == key):
            if together is not None and name in aligned:
                own = together[:, : len(x)] * weight[name]
            else:
                own = _counts(rng, rounds, len(x)) * weight[name]
            between = np.einsum("rn,rn->r", cross, own) / own.sum(axis=1)
            every = among_reals + _within(among, own) - 2 * between
            values[name], resampled[name] = float(every[0]), every[1:]
    return Resampled(values, resampled)


def effective_size(weights: np.ndarray) -> float:
    """The effective sample size (sum w)**2 / sum w**2 of weights [n] (Kish, 1965).

    It is n where all are equal, and 0 where all are 0.
    """
    weights = np.asarray(weights, np.float64)
    squares = np.sum(weights**2)
    return float(weights.sum() ** 2 / squares) if squares > 0 else 0.0


def _weight(weights: Mapping[str, np.ndarray], name: str, n: int) -> np.ndarray:
    weight = np.asarray(weights.get(name, np.ones(n)), np.float64)
    if weight.shape != (n,) or not np.all(weight >= 0) or np.isinf(weight).any():
        raise ValueError(
            f"The weights of {name} must be {n} finite numbers, 0 or more each."
        )
    return weight


def _counts(rng: np.random.Generator, rounds: int, n: int) -> np.ndarray:
    """How often each round draws each row; the first draws every row once."""
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=rounds).astype(np.float64)
    return np.concatenate([np.ones([1, n]), drawn])


def _summed(gram: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sums of the kernel over the rows of two groups, [groups, groups]."""
    if np.array_equal(group, np.arange(len(gram))):
        return gram
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(group.max() + 1))
    by_row = np.add.reduceat(gram[order][:, order], starts, axis=0)
    return np.add.reduceat(by_row, starts, axis=1)


def _within(
    gram: np.ndarray, counts: np.ndarray, sizes: np.ndarray | float = 1.0
) -> np.ndarray:
    """The mean of the kernel over pairs of different groups, for each round.

    `gram` has sums over two groups, of so many rows each.
    """
    squares, rows = counts**2, counts * sizes
    total = np.einsum("rn,rn->r", counts @ gram, counts) - squares @ np.diag(gram)
    return total / (rows.sum(axis=1) ** 2 - (rows**2).sum(axis=1))
