"""Walks among latents in NumPy, each with a line that can be wrong.

Called without the slip they are right, so that what the law sees is the slip. Those
that are adjusted begin in the law, which a right step leaves as it is.
"""

from collections.abc import Callable

import numpy as np
from audit import targets

__all__ = ["ODDS", "adjusted", "hamiltonian", "jumping", "langevin", "summed"]

Slope = Callable[[np.ndarray], np.ndarray]


def langevin(
    slope: Slope, n: int, seed: int, *, rates: np.ndarray, kicks: np.ndarray
) -> np.ndarray:
    """Down the slope, a step for each rate, with noise of the standard deviation."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    for rate, kick in zip(rates, kicks):
        z = z - rate * slope(z) + kick * rng.normal(size=n)
    return z


def summed(slope: Slope) -> Slope:
    """A gradient that is never set to zero: each is the sum of all before it."""
    total = 0.0

    def add(z: np.ndarray) -> np.ndarray:
        nonlocal total
        total = total + slope(z)
        return total

    return add


# Log odds of a move of MALA, by the fall of the energy, the rate, and the steps that
# noise makes there and would make back.
ODDS = {
    "right": lambda fall, rate, there, back: fall + (there**2 - back**2) / (4 * rate),
    "reverse term": lambda fall, rate, there, back: (
        fall + there**2 / (4 * rate) - rate / 4 * back**2
    ),
    "norms": lambda fall, rate, there, back: (
        fall + (np.abs(there) - np.abs(back)) / (4 * rate)
    ),
    "none": lambda fall, rate, there, back: fall,
}


def _move(target, rng, z, slope, rate, odds):
    """(where z was or went, its slope, whether it went)."""
    new = z - rate * slope + np.sqrt(2 * rate) * rng.normal(size=z.shape)
    new_slope = target.slope(new)
    there, back = new - z + rate * slope, z - new + rate * new_slope
    log_odds = ODDS[odds](target.energy(z) - target.energy(new), rate, there, back)
    taken = np.log(rng.uniform(size=z.shape)) < log_odds
    return np.where(taken, new, z), np.where(taken, new_slope, slope), taken


def adjusted(
    target: targets.Normals,
    n: int,
    seed: int,
    *,
    rate: float,
    steps: int,
    odds: str = "right",
    drop: bool = False,
) -> np.ndarray:
    """MALA; `drop` leaves out the chains whose last step was refused."""
    rng = np.random.default_rng(seed)
    z = target.draw(n, rng)
    slope = target.slope(z)
    for _ in range(steps):
        z, slope, taken = _move(target, rng, z, slope, rate, odds)
    return z[taken] if drop else z


def jumping(
    target: targets.Normals,
    n: int,
    seed: int,
    *,
    rate: float,
    sweeps: int,
    moves: int = 3,
    particles: int = 10,
    renew: bool = True,
) -> np.ndarray:
    """Ex2MCMC: i-SIR among fresh samples, then MALA; `renew` the slope between."""
    rng = np.random.default_rng(seed)
    z = target.draw(n, rng)
    slope = target.slope(z)
    for _ in range(sweeps):
        pool = np.column_stack([z, rng.normal(size=(n, particles - 1))])
        keys = target.log_ratio(pool) + rng.gumbel(size=pool.shape)
        z = pool[np.arange(n), keys.argmax(axis=1)]
        slope = target.slope(z) if renew else slope
        for _ in range(moves):
            z, slope, _ = _move(target, rng, z, slope, rate, "right")
    return z


def hamiltonian(
    target: targets.Normals,
    n: int,
    seed: int,
    *,
    rate: float,
    leaps: int,
    steps: int,
    keep: bool = True,
) -> np.ndarray:
    """HMC; a refused flight must `keep` the slope of the point that it stays at."""
    rng = np.random.default_rng(seed)
    z = target.draw(n, rng)
    slope = target.slope(z)
    for _ in range(steps):
        speed = start = rng.normal(size=n)
        new, new_slope = z, slope
        for _ in range(leaps):
            half = speed - rate / 2 * new_slope
            new = new + rate * half
            new_slope = target.slope(new)
            speed = half - rate / 2 * new_slope
        log_odds = target.energy(z) - target.energy(new) + (start**2 - speed**2) / 2
        taken = np.log(rng.uniform(size=n)) < log_odds
        z = np.where(taken, new, z)
        slope = np.where(taken, new_slope, slope) if keep else new_slope
    return z
