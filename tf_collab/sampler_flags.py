"""The flags that samplers alone have: what each takes, means and is by default.

The programs make their flags of these rows, and a row of `tables.SAMPLERS` names those
that its sampler reads.
"""

import types
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["FLAGS", "FlagRow", "with_defaults"]


class FlagRow(NamedTuple):
    """A flag of all programs, some of which give it another default."""

    kind: Any  # int, float, bool or str, or one of them and None
    default: Any
    about: str  # a noun phrase, for help texts
    above: float | None = None  # what a number is more than
    least: float | None = None  # a number is that or more
    most: float | None = None  # a number is that or less
    choices: Mapping[str, str] | None = None  # a word is one of them: what each means


FLAGS: dict[str, FlagRow] = {
    "drs_percentile": FlagRow(
        float | None,
        100.0,
        "gamma of rejection sampling as a percentile of the burn-in's scores (none: "
        "gamma 0, exact where the burn-in saw the largest score)",
        least=0,
        most=100,
    ),
    "drs_per_batch": FlagRow(
        bool,
        True,
        "whether gamma is taken from each batch, as the authors do, instead of the "
        "burn-in",
    ),
    "mh_thin": FlagRow(
        int,
        20,
        "proposals of a chain for each sample that it gives",
        least=1,
        most=100_000,
    ),
    "mh_pool": FlagRow(
        bool,
        False,
        "whether the chains of collaborative sampling run over the refined samples "
        "that were drawn already, and keep one in --mh_thin",
    ),
    "obrs_budget": FlagRow(
        float,
        5.0,
        "proposals of which obrs keeps one",
        least=1,
        most=1000,
    ),
    "sir_pool": FlagRow(
        int,
        10,
        "proposals of which sir takes one",
        least=1,
        most=1000,
    ),
    "isir_particles": FlagRow(
        int,
        10,
        "samples of which a chain of isir, or a jump of ex2, goes to one: its own and "
        "fresh ones",
        least=2,
        most=1000,
    ),
    "walk_rate": FlagRow(
        float | None,
        None,
        "step size of a walk among latents, where mala, hmc, ex2 and smc begin to "
        "adapt it (none: 0.005 of ddls, 0.01 of mala, ex2, smc and dot, 0.1 of hmc and "
        "dgflow)",
        above=0,
    ),
    "walk_steps": FlagRow(
        int | None,
        None,
        "steps of a walk among latents, in hmc flights (none: 200 of ddls, 100 of "
        "mala and dot, 20 of hmc, 25 of dgflow, 60 of ex2)",
        least=0,
        most=100_000,
    ),
    "walk_warm_up": FlagRow(
        int | None,
        None,
        "steps in which mala, hmc, ex2 and smc adapt the step size, on latents that "
        "are thrown away (none: 100 of mala and smc, 40 of hmc, 60 of ex2)",
        least=0,
        most=100_000,
    ),
    "temperature": FlagRow(
        float,
        1.0,
        "temperature of ddls, on prior and D alike (1: the law of D's ratio)",
        least=0,
    ),
    "sharpness": FlagRow(
        float,
        1.0,
        "factor on D's log ratio in ddls (1: the law of D's ratio)",
        least=0,
    ),
    "hmc_leaps": FlagRow(
        int,
        5,
        "leaps of a flight of hmc",
        least=1,
        most=1000,
    ),
    "ex2_local": FlagRow(
        int,
        3,
        "steps of ex2 after each of its jumps",
        least=1,
        most=1000,
    ),
    "dgflow_divergence": FlagRow(
        str,
        "kl",
        "divergence that dgflow lowers",
        choices={
            "kl": "KL(model, data), which weighs all samples alike",
            "js": "Jensen and Shannon's",
            "log_d": "that of G's loss of log D",
            "reverse_kl": "KL(data, model)",
            "hellinger": "Hellinger's, squared",
            "pearson": "Pearson's chi squared",
            "jeffreys": "Jeffreys', the sum of both KL",
        },
    ),
    "dgflow_noise": FlagRow(
        float,
        0.01,
        "noise of dgflow (gamma of the paper)",
        least=0,
    ),
    "smc_temperatures": FlagRow(
        int,
        10,
        "temperatures from the prior to the law of D's ratio, at which smc weighs "
        "latents and moves them",
        least=1,
        most=10_000,
    ),
    "smc_moves": FlagRow(
        int,
        3,
        "steps of smc at each temperature",
        least=1,
        most=1000,
    ),
    "dot_slope": FlagRow(
        float | None,
        None,
        "slope of D by which dot divides (none: the paper's, of 10 times 100 pairs; a "
        "large one moves nothing, a small one climbs D)",
        above=0,
    ),
    "dot_projection": FlagRow(
        str,
        "tangent",
        "what dot follows of a gradient among latents without bounds",
        choices={
            "tangent": "what leads along the sphere, to which z is scaled back",
            "paper": "all but a part of what leads outwards, by the root of 128",
            "none": "all of it",
        },
    ),
    "dot_space": FlagRow(
        str,
        "latent",
        "where dot moves",
        choices={"latent": "among latents", "data": "among samples"},
    ),
}


def with_defaults(**given: Any) -> types.SimpleNamespace:
    """What the rows of `tables.SAMPLERS` read: `given`, and every flag's default.

    Examples:
        >>> few = tc.tables.with_defaults(num_samples=100, obrs_budget=2.0)
        >>> few.obrs_budget, few.sir_pool
        (2.0, 10)
    """
    usual = {name: row.default for name, row in FLAGS.items()}
    return types.SimpleNamespace(**usual | given)
