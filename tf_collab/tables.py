"""The objectives, policies and samplers that can be chosen by name, a row for each.

Programs take the choices and the help of their flags, the names of phases and results,
and the colours of figures from these tables. For a new method they need a new row and
nothing else. The order of rows carries no meaning. Reading the tables starts neither
TensorFlow nor Keras; calling a row's `build`, `proposer` or `acceptor` does.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import tf_collab as tc
from tf_collab import sampler_dials
from tf_collab.objective_rows import (
    OBJECTIVES,
    POLICIES,
    ObjectiveRow,
    PolicyRow,
    elsewhere,
    objectives_of,
)
from tf_collab.sampler_flags import FLAGS, FlagRow, with_defaults

if TYPE_CHECKING:
    from tf_collab import base

__all__ = [
    "FLAGS",
    "METHODS",
    "OBJECTIVES",
    "POLICIES",
    "SAMPLERS",
    "USUAL",
    "FlagRow",
    "ObjectiveRow",
    "PolicyRow",
    "SamplerRow",
    "colours",
    "elsewhere",
    "objectives_of",
    "plain",
    "refined",
    "with_defaults",
]


class SamplerRow(NamedTuple):
    """A sampler: a proposer, an acceptor, and the D that both use.

    `proposer`, `acceptor` and `words` take `options`, an object with a program's flags
    as attributes. They read the row's own flags, `num_samples`, and `layer`, the layer
    to refine (None: the sample itself).
    """

    about: str  # a noun phrase, for help texts
    paper: str  # author, year and, where it has one, arXiv number
    judge: Literal["calibrated", "shaped"]  # the D that the sampler uses
    chain: bool  # a sample depends on earlier ones
    needs_ratio: bool  # it needs a density ratio, D's own or a calibrator's
    seed: int  # a number that no other row has or ever had
    # Of the proposer and of the acceptor: rows of FLAGS, and flags of refinement.
    flags: tuple[str, ...]
    colour: str  # "#RRGGBB", in every figure
    usual: bool  # one of those that `all` means, and that `collaborate` compares
    # The sampler keeps every proposal, and the calibration of its D is measured on
    # these samples; true for one row of each judge.
    first: bool
    # (gan, options, xla=None): `plain`, `refined`, or a walk of its own.
    proposer: Callable[..., "base.Proposer"]
    acceptor: Callable[["base.GAN", Any], "base.Acceptor"]  # (gan, options)
    # options -> the sampler's part of the protocol line; "" if it has none
    words: Callable[[Any], str]
    # How it is set for a cost; None: it is left out where costs are to be equal.
    dial: sampler_dials.Dial | None = None

    @property
    def refines(self) -> bool:
        """Whether the candidates are refined samples."""
        return self.proposer is refined

    @property
    def walks(self) -> bool:
        """Whether the candidates are those of a proposer of the row's own."""
        return self.proposer not in (plain, refined)

    @property
    def asks_d(self) -> bool:
        """Whether the samples depend on D."""
        return self.proposer is not plain or self.needs_ratio


def plain(gan: "base.GAN", options: Any, **more: Any) -> "base.Proposer":
    """Samples of G as they are."""
    del options, more
    return tc.sampling.direct(gan)


def refined(gan: "base.GAN", options: Any, **more: Any) -> "base.Proposer":
    """Samples refined as the flags say, and `more` options of `sampling.refine`."""
    return tc.sampling.refine(
        gan,
        POLICIES[options.rollout_method].build(options.rollout_rate),
        layer=gan.generator.depth if options.layer is None else options.layer,
        steps=options.rollout_steps,
        stop=options.stop,
        **more,
    )


_REFINEMENT = (
    "rollout_method",
    "rollout_rate",
    "rollout_steps",
    "stop",
    "collab_layer",
)


def _rejection(options: Any) -> str:
    rule = f"gamma at {options.drs_percentile}"
    if options.drs_percentile is None:
        rule = "gamma 0"
    return rule + (" per batch" if options.drs_per_batch else "")


def _refinement(options: Any) -> str:
    layer = "data" if options.layer is None else f"layer {options.layer}"
    stop = "" if options.stop is None else f", stop {options.stop}"
    return (
        f"{options.rollout_method} {options.rollout_rate} x {options.rollout_steps} "
        f"on {layer}{stop}"
    )


def _collaborative(options: Any) -> str:
    over = " over the refined samples" if options.mh_pool else ""
    return f"thin {options.mh_thin}{over}, {_refinement(options)}"


def _burn_in(options: Any) -> int:
    return min(10_000, options.num_samples)  # more is too slow for images


def _percentile(k: float) -> dict[str, Any]:
    # Where log odds are spread wide, those above it are kept, and few others.
    return {"drs_percentile": 100 * (1 - 1 / k), "drs_per_batch": False}


def _ddls(options: Any) -> dict[str, Any]:
    return {
        "rate": _or(options.walk_rate, 0.005),
        "steps": _or(options.walk_steps, 200),
        "temperature": options.temperature,
        "sharpness": options.sharpness,
    }


def _mala(options: Any) -> dict[str, Any]:
    return {
        "rate": _or(options.walk_rate, 0.01),
        "steps": _or(options.walk_steps, 100),
        "warm_up": _or(options.walk_warm_up, 100),
    }


def _hmc(options: Any) -> dict[str, Any]:
    return {
        "rate": _or(options.walk_rate, 0.1),
        "leaps": options.hmc_leaps,
        "steps": _or(options.walk_steps, 20),
        "warm_up": _or(options.walk_warm_up, 40),
    }


def _ex2(options: Any) -> dict[str, Any]:
    return {
        "particles": options.isir_particles,
        "local": options.ex2_local,
        "rate": _or(options.walk_rate, 0.01),
        "steps": _or(options.walk_steps, 60),
        "warm_up": _or(options.walk_warm_up, 60),
    }


def _dgflow(options: Any) -> dict[str, Any]:
    return {
        "divergence": options.dgflow_divergence,
        "rate": _or(options.walk_rate, 0.1),
        "noise": options.dgflow_noise,
        "steps": _or(options.walk_steps, 25),
    }


def _smc(options: Any) -> dict[str, Any]:
    return {
        "temperatures": options.smc_temperatures,
        "moves": options.smc_moves,
        "rate": _or(options.walk_rate, 0.01),
        "warm_up": _or(options.walk_warm_up, 100),
    }


def _dot(options: Any) -> dict[str, Any]:
    return {
        "slope": options.dot_slope,
        "space": options.dot_space,
        "projection": options.dot_projection,
        "rate": _or(options.walk_rate, 0.01),
        "steps": _or(options.walk_steps, 100),
    }


def _or(given: Any, usual: Any) -> Any:
    return usual if given is None else given


def _told(dials: dict[str, Any]) -> str:
    return ", ".join(f"{n.replace('_', '-')} {value}" for n, value in dials.items())


# Colours of the paper's five are Okabe and Ito's: distinct with any colour vision, and
# in grey. The others are Tol's muted ones, and black.
SAMPLERS: dict[str, SamplerRow] = {
    "standard": SamplerRow(
        about="samples of G as they are",
        paper="Goodfellow et al., 2014, arXiv:1406.2661",
        judge="calibrated",
        chain=False,
        needs_ratio=False,
        seed=0,
        flags=(),
        colour="#555555",
        usual=True,
        first=True,
        proposer=plain,
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: "",
        dial=sampler_dials.forever(),
    ),
    "rejection": SamplerRow(
        about="discriminator rejection sampling",
        paper="Azadi et al., 2019, arXiv:1810.06758",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=1,
        flags=("drs_percentile", "drs_per_batch"),
        colour="#E69F00",
        usual=True,
        first=False,
        proposer=plain,
        acceptor=lambda gan, options: tc.sampling.drs(
            gan,
            percentile=options.drs_percentile,
            per_batch=options.drs_per_batch,
            burn_in=_burn_in(options),
        ),
        words=_rejection,
        dial=sampler_dials.burn_in(_percentile, _burn_in),
    ),
    "hastings": SamplerRow(
        about="Metropolis-Hastings chains of plain samples",
        paper="Turner et al., 2019, arXiv:1811.11357",
        judge="calibrated",
        chain=True,
        needs_ratio=True,
        seed=2,
        flags=("mh_thin",),
        colour="#56B4E9",
        usual=True,
        first=False,
        proposer=plain,
        acceptor=lambda gan, options: tc.sampling.mhgan(gan, thin=options.mh_thin),
        words=lambda options: f"thin {options.mh_thin}",
        dial=sampler_dials.chained("mh_thin", most=100_000),
    ),
    "refinement": SamplerRow(
        about="samples moved by the gradient of the shaped D",
        paper="Liu et al., 2020, arXiv:1902.00813",
        judge="shaped",
        chain=False,
        needs_ratio=False,
        seed=3,
        flags=_REFINEMENT,
        colour="#009E73",
        usual=True,
        first=True,
        proposer=refined,
        acceptor=lambda gan, options: tc.sampling.always(),
        words=_refinement,
        dial=sampler_dials.refined(),
    ),
    "collaborative": SamplerRow(
        about="Metropolis-Hastings chains of refined samples",
        paper="Liu et al., 2020, arXiv:1902.00813",
        judge="shaped",
        chain=True,
        needs_ratio=True,
        seed=4,
        flags=("mh_thin", "mh_pool", *_REFINEMENT),
        colour="#D55E00",
        usual=True,
        first=False,
        proposer=refined,
        acceptor=lambda gan, options: tc.sampling.mhgan(gan, thin=options.mh_thin),
        words=_collaborative,
        dial=sampler_dials.collaborative(thin=5),
    ),
    "obrs": SamplerRow(
        about="optimal budgeted rejection sampling",
        paper="Verine et al., 2023, arXiv:2311.00460",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=5,
        flags=("obrs_budget",),
        colour="#CC6677",
        usual=False,
        first=False,
        proposer=plain,
        acceptor=lambda gan, options: tc.sampling.obrs(
            gan, budget=options.obrs_budget, burn_in=_burn_in(options)
        ),
        words=lambda options: f"budget {options.obrs_budget}",
        dial=sampler_dials.burn_in(lambda k: {"obrs_budget": k}, _burn_in),
    ),
    "sir": SamplerRow(
        about="sampling importance resampling",
        paper="Rubin, 1988",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=6,
        flags=("sir_pool",),
        colour="#117733",
        usual=False,
        first=False,
        proposer=plain,
        acceptor=lambda gan, options: tc.sampling.sir(gan, pool=options.sir_pool),
        words=lambda options: f"pool {options.sir_pool}",
        dial=sampler_dials.chosen("sir_pool", most=1000),
    ),
    "isir": SamplerRow(
        about="chains of sampling importance resampling",
        paper="Andrieu et al., 2018, arXiv:1312.2645",
        judge="calibrated",
        chain=True,
        needs_ratio=True,
        seed=7,
        flags=("isir_particles",),
        colour="#882255",
        usual=False,
        first=False,
        proposer=plain,
        acceptor=lambda gan, options: tc.sampling.isir(
            gan, particles=options.isir_particles
        ),
        words=lambda options: f"particles {options.isir_particles}",
        dial=sampler_dials.chained("isir_particles", most=1000, more=1),
    ),
    "ddls": SamplerRow(
        about="Langevin walks among latents",
        paper="Che et al., 2020, arXiv:2003.06060",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=8,
        flags=("walk_rate", "walk_steps", "temperature", "sharpness"),
        colour="#332288",
        usual=False,
        first=False,
        proposer=lambda gan, options, **more: tc.sampling.ddls(
            gan, **_ddls(options), **more
        ),
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: _told(_ddls(options)),
        dial=sampler_dials.walked(),
    ),
    "mala": SamplerRow(
        about="Langevin walks among latents, each step taken or refused",
        paper="Wang et al., 2021, arXiv:2107.00352",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=9,
        flags=("walk_rate", "walk_steps", "walk_warm_up"),
        colour="#999933",
        usual=False,
        first=False,
        proposer=lambda gan, options, **more: tc.sampling.mala(
            gan, **_mala(options), **more
        ),
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: _told(_mala(options)),
        dial=sampler_dials.adjusted(
            lambda options, steps: sampler_dials.moves(steps), warm_up=100
        ),
    ),
    "hmc": SamplerRow(
        about="Hamiltonian walks among latents, each flight taken or refused",
        paper="Neal, 2012, arXiv:1206.1901",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=10,
        flags=("walk_rate", "walk_steps", "walk_warm_up", "hmc_leaps"),
        colour="#DDCC77",
        usual=False,
        first=False,
        proposer=lambda gan, options, **more: tc.sampling.hmc(
            gan, **_hmc(options), **more
        ),
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: _told(_hmc(options)),
        dial=sampler_dials.adjusted(
            lambda options, steps: sampler_dials.moves(steps * options.hmc_leaps),
            warm_up=40,
        ),
    ),
    "dgflow": SamplerRow(
        about="gradient flow of a divergence among latents",
        paper="Ansari et al., 2021, arXiv:2012.00780",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=11,
        flags=("walk_rate", "walk_steps", "dgflow_divergence", "dgflow_noise"),
        colour="#000000",
        usual=False,
        first=False,
        proposer=lambda gan, options, **more: tc.sampling.dgflow(
            gan, **_dgflow(options), **more
        ),
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: _told(_dgflow(options)),
        dial=sampler_dials.walked(),
    ),
    "ex2": SamplerRow(
        about="walks of mala among latents that jump as isir does",
        paper="Samsonov et al., 2022, arXiv:2111.02702",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=12,
        flags=(
            "walk_rate",
            "walk_steps",
            "walk_warm_up",
            "isir_particles",
            "ex2_local",
        ),
        colour="#44AA99",
        usual=False,
        first=False,
        proposer=lambda gan, options, **more: tc.sampling.ex2(
            gan, **_ex2(options), **more
        ),
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: _told(_ex2(options)),
        dial=sampler_dials.adjusted(sampler_dials.jumping, warm_up=60),
    ),
    "dot": SamplerRow(
        about="samples moved by optimal transport as D sees it",
        paper="Tanaka, 2019, arXiv:1910.06832",
        judge="calibrated",
        chain=False,
        needs_ratio=False,
        seed=13,
        flags=("walk_rate", "walk_steps", "dot_slope", "dot_projection", "dot_space"),
        colour="#6699CC",
        usual=False,
        first=False,
        proposer=lambda gan, options, **more: tc.sampling.dot(
            gan, **_dot(options), **more
        ),
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: _told(_dot(options)),
        dial=sampler_dials.transported(pairs=1000),
    ),
    "smc": SamplerRow(
        about="a population of latents that anneals to the law of D",
        paper="Del Moral et al., 2006",
        judge="calibrated",
        chain=False,
        needs_ratio=True,
        seed=14,
        flags=("walk_rate", "walk_warm_up", "smc_temperatures", "smc_moves"),
        colour="#661100",
        usual=False,
        first=False,
        proposer=lambda gan, options, **more: tc.sampling.smc(
            gan, **_smc(options), **more
        ),
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: _told(_smc(options)),
        dial=sampler_dials.annealed(warm_up=100),
    ),
}


# The samplers' names in the order of results and tables.
METHODS = tuple(sorted(SAMPLERS, key=lambda name: SAMPLERS[name].seed))

# The samplers that the paper compares.
USUAL = {name: row for name, row in SAMPLERS.items() if row.usual}


def colours() -> dict[str, str]:
    """The name of each sampler -> its colour "#RRGGBB" in every figure."""
    return {name: row.colour for name, row in SAMPLERS.items()}
