"""The table of the audit: slips of public code, and the laws that tell them.

Each kind of slip was found in public code. Its double is of our own writing, and is
right but for the slip, which `mended` shows: the same function without it.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from audit import choices, ours, targets, walks
from audit.targets import HUMPS, ONE, RISE
from scipy import stats

__all__ = ["DEFECTS", "Defect"]


class Defect(NamedTuple):
    """A slip, and three samplers of which two have the law."""

    part: str  # of the page
    by: str  # the sampler of the library, in Markdown
    slip: str  # what public code does, and what comes of it
    right: str
    law: targets.Law
    double: targets.Sampler
    mended: targets.Sampler
    ours: targets.Sampler


ARXIV = "https://arxiv.org/abs/"
DDLS, DRS, EX2 = f"{ARXIV}2003.06060", f"{ARXIV}1810.06758", f"{ARXIV}2111.02702"
MHGAN, NEAL = f"{ARXIV}1811.11357", f"{ARXIV}1206.1901"

TO_HUMPS = targets.Law(HUMPS.cdf)
TO_ONE = targets.Law(ONE.cdf)
TO_COLD = targets.Law(stats.norm(0.5, 0.3).cdf)  # the hump at T = 1/4
TO_RISE = targets.Law(RISE.cdf)
TO_DRS = targets.Law(choices.thinned_law(HUMPS, percentile=80))

# Adjusted walks, which begin in the law and are to leave it as it is.

MALA, HMC = {"rate": 0.1, "steps": 40}, {"rate": 0.4, "leaps": 2, "steps": 10}
JUMPS = {"rate": 0.1, "sweeps": 4}

mala = partial(walks.adjusted, HUMPS, **MALA)
our_mala = partial(ours.walked, HUMPS, HUMPS.draw, "mala", **MALA, warm_up=0)


def of_mala(slip: str, right: str, **how) -> Defect:
    double = partial(walks.adjusted, HUMPS, **MALA, **how)
    return Defect("adjusted", "`mala`", slip, right, TO_HUMPS, double, mala, our_mala)


ADJUSTED = {
    "reverse term": of_mala(
        "`rate/4 * back**2` in place of `back**2 / (4*rate)`: a small rate makes the "
        "way back free, and nearly every move is taken",
        "log odds `E(z) - E(z') + (there**2 - back**2) / (4*rate)`, of squared norms "
        "(Roberts and Tweedie, 1996)",
        odds="reverse term",
    ),
    "norms": of_mala(
        "`norm(there)` and `norm(back)` without their squares",
        "the squares",
        odds="norms",
    ),
    "no correction": of_mala(
        "the log odds are `E(z) - E(z')` alone, as if a step and its reverse were "
        "equally likely",
        "with what noise makes of both ways, as above",
        odds="none",
    ),
    "dropped rejections": of_mala(
        "a chain is the list of the moves that it took: too little of the sharp hump, "
        "where many are refused",
        "a refused step gives its latent once more",
        drop=True,
    ),
    "refused slope": Defect(
        "adjusted",
        "`hmc`",
        "after a refused flight the next one begins with the slope of the point that "
        "was refused",
        f"latent and slope both stay ([Neal, 2012]({NEAL}))",
        TO_HUMPS,
        partial(walks.hamiltonian, HUMPS, **HMC, keep=False),
        partial(walks.hamiltonian, HUMPS, **HMC),
        partial(ours.walked, HUMPS, HUMPS.draw, "hmc", **HMC, warm_up=0),
    ),
    "stale slope": Defect(
        "adjusted",
        "`isir`, `mala`",
        "after a global jump (Ex²MCMC) MALA goes on with the slope from before it",
        f"the slope of where the latent stands now ([Samsonov et al., 2022]({EX2}))",
        TO_HUMPS,
        partial(walks.jumping, HUMPS, **JUMPS, renew=False),
        partial(walks.jumping, HUMPS, **JUMPS),
        partial(ours.jumping, HUMPS, **JUMPS),
    ),
}

# Langevin walks from the prior. In 300 steps of .01 they forget where they began (by a
# factor of 1e-4), and the rate makes the hump 0.7 % too wide, a distance of .002.

RATES = np.full(300, 0.01)
KICKS = np.sqrt(2 * RATES)
LANGEVIN = {"rate": 0.01, "steps": 300}
# The paper's step sizes, twice the rate, falling by a cosine.
FALLING = 1e-5 + 0.05 * (1 + np.cos(np.linspace(0, np.pi, 100))) / 2


def langevin(slope: Callable, rates=RATES, kicks=KICKS) -> targets.Sampler:
    """A walk; `slope()` is made anew for each draw, since it may remember."""
    return lambda n, seed: walks.langevin(slope(), n, seed, rates=rates, kicks=kicks)


exact = langevin(lambda: ONE.slope)
our_ddls = partial(ours.walked, ONE, ONE.propose, "ddls", **LANGEVIN)


def of_ddls(slip: str, right: str, double: targets.Sampler) -> Defect:
    return Defect("langevin", "`ddls`", slip, right, TO_ONE, double, exact, our_ddls)


def by_probability(z: np.ndarray) -> np.ndarray:
    """The slope where D's part of the energy is its probability, at most 1."""
    prob = 1 / (1 + np.exp(-ONE.log_ratio(z)))
    return z - prob * (1 - prob) * (z - ONE.slope(z))


WALK = "`z - rate*grad E(z) + sqrt(2*rate*T)*normal`, with D in `E`"
UNADJUSTED = {
    "no gradient": of_ddls(
        "D's part of the energy is computed where no gradient is recorded: D steers "
        "nothing, and samples stay G's",
        f"{WALK} ([Che et al., 2020]({DDLS}))",
        langevin(lambda: lambda z: z),
    ),
    "no prior": of_ddls(
        "the energy lacks `-log p0(z)`: samples follow `exp(d)`, which need not even "
        "have a finite mass",
        "`E(z) = -log p0(z) - d(G(z))` (the same paper, section 3)",
        langevin(lambda: lambda z: ONE.slope(z) - z),
    ),
    "summed gradients": of_ddls(
        "gradients are never set to zero: a step goes down the sum of all so far, and "
        "latents swing ever further",
        "the gradient of each step alone",
        langevin(lambda: walks.summed(ONE.slope)),
    ),
    "deviation as variance": Defect(
        "langevin",
        "`ddls`",
        "a flag called a standard deviation is used as the variance: .5 becomes .71, "
        "and T twice as high",
        "the noise has the deviation that it is given",
        TO_COLD,
        langevin(lambda: ONE.slope, kicks=KICKS * np.sqrt(0.5)),
        langevin(lambda: ONE.slope, kicks=KICKS * 0.5),
        partial(ours.walked, ONE, ONE.propose, "ddls", **LANGEVIN, temperature=0.25),
    ),
    "cold": of_ddls(
        "noise of .01 at a rate of .001 is T = .05, in one table with walks at T = 1",
        "`sqrt(2*rate)` = .045 is T = 1; our `temperature` is told",
        langevin(lambda: ONE.slope, kicks=np.sqrt(0.05) * KICKS),
    ),
    "one step": of_ddls(
        "`return` stands within the loop: one step, however many are asked for",
        "all steps; our info counts them",
        langevin(lambda: ONE.slope, RATES[:1]),
    ),
    "truncation": of_ddls(
        "D's part of the energy is a probability, and the noise a tenth of what it "
        "should be: mostly the prior's pull is left, which shrinks latents",
        "a log ratio, and all of the noise; our info has the norms before and after",
        langevin(lambda: by_probability, FALLING / 2, 0.1 * np.sqrt(FALLING)),
    ),
}

# Rejection, where the largest log ratio is known.

our_drs = partial(ours.rejected, HUMPS, None)
rejection = partial(choices.rejection, HUMPS)
REJECTION = {
    "percentile": Defect(
        "choices",
        "`drs`",
        "a percentile of .80 is handed to a function of 0 to 100: hardly anything is "
        "rejected",
        f"gamma is the 80th percentile of F ([Azadi et al., 2019]({DRS}))",
        TO_DRS,
        partial(choices.thinned, HUMPS, percentile=0.80),
        partial(choices.thinned, HUMPS, percentile=80),
        partial(ours.rejected, HUMPS, 80.0),
    ),
    "topped up": Defect(
        "choices",
        "`drs`",
        "a set that fills too slowly is topped up with samples that nothing filtered",
        "fewer samples, or an error",
        TO_HUMPS,
        lambda n, seed: choices.rejection(HUMPS, n, seed, most=2 * n),
        rejection,
        our_drs,
    ),
    "best of the batch": Defect(
        "choices",
        "`drs`",
        "where a batch keeps none, here of two, its best sample is kept",
        "none is kept",
        TO_HUMPS,
        partial(choices.rejection, HUMPS, group=2),
        rejection,
        our_drs,
    ),
}

# Chains by scores that are not the log ratio of what they judge.

LEVELS = (np.arange(2000) + 0.5) / 2000
# A D that remembers what it was trained on: 2 d elsewhere, and 1.5 more there.
TRAINED, HELD_OUT = RISE.quantiles(LEVELS), RISE.quantiles(LEVELS - 0.2 / 2000)
overfitted = lambda x: 2 * RISE.log_ratio(x) + 1.5 * np.isin(x, TRAINED)
critic = lambda x: 3 * RISE.log_ratio(x) + 1


def by_platt(score: Callable, reals: np.ndarray) -> targets.Sampler:
    """Chains by the score that was calibrated on these reals."""

    def sampler(n: int, seed: int) -> np.ndarray:
        fitted = ours.platt(score, reals, LEVELS)
        return choices.metropolis(RISE, lambda x: fitted(score(x)).numpy(), n, seed)

    return sampler


# Batch-norm's moving statistics, of reals and fakes together.
MEAN = np.dot(HUMPS.shares, HUMPS.means) / 2
SECOND = np.dot(HUMPS.shares, np.square(HUMPS.means) + np.square(HUMPS.stds))
STD = np.sqrt((1 + SECOND) / 2 - MEAN**2)


def by_batch(x: np.ndarray) -> np.ndarray:
    """The ratio as D tells it in training mode, of 20 samples at a time."""
    return HUMPS.log_ratio(choices.batch_norm(x, mean=MEAN, std=STD, batch=20))


CHAINS = {
    "raw score": Defect(
        "choices",
        "`mhgan`",
        "the score of a hinge or Wasserstein D, here `3*d + 1`, is taken for the log "
        "ratio",
        f"a calibrator's map of the score ([Turner et al., 2019]({MHGAN})); without "
        "one the sampler is refused",
        TO_RISE,
        partial(choices.metropolis, RISE, critic),
        by_platt(critic, HELD_OUT),
        partial(ours.calibrated, RISE, critic, HELD_OUT, LEVELS),
    ),
    "trained calibrator": Defect(
        "choices",
        "`mhgan`",
        "the calibrator is fitted to training data, which D remembers (by 1.5 here): "
        "its map is too steep",
        "fitted to reals that D was not trained on (the same paper)",
        TO_RISE,
        by_platt(overfitted, TRAINED),
        by_platt(overfitted, HELD_OUT),
        partial(ours.calibrated, RISE, overfitted, HELD_OUT, LEVELS),
    ),
    "batch-norm": Defect(
        "choices",
        "`mhgan`",
        "D's batch-norm stays in training mode: the ratio of a sample is that of its "
        "place in its batch, here of 20",
        "inference mode, so that a score is a function of one sample",
        TO_HUMPS,
        partial(choices.metropolis, HUMPS, by_batch),
        partial(choices.metropolis, HUMPS, HUMPS.log_ratio),
        partial(ours.normalised, HUMPS, MEAN, STD),
    ),
}

DEFECTS: dict[str, Defect] = {**ADJUSTED, **UNADJUSTED, **REJECTION, **CHAINS}
