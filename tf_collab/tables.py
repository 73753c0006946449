"""The objectives, policies and samplers that can be chosen by name, a row for each.

Programs take the choices and the help of their flags, the names of phases and results,
and the colours of figures from these tables. For a new method they need a new row and
nothing else. The order of rows carries no meaning. Reading the tables starts neither
TensorFlow nor Keras; calling a row's `build` or `acceptor` does.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import tf_collab as tc

if TYPE_CHECKING:
    from tf_collab import base

__all__ = [
    "METHODS",
    "OBJECTIVES",
    "POLICIES",
    "SAMPLERS",
    "USUAL",
    "ObjectiveRow",
    "PolicyRow",
    "SamplerRow",
    "colours",
    "objectives_of",
]


class ObjectiveRow(NamedTuple):
    """An objective: what D learns."""

    about: str  # a noun phrase, for help texts
    ratio: bool  # D's score gives a log density ratio, without a calibrator
    batch_norm_in_d: bool  # D may mix the samples of a batch while it learns
    simultaneous: bool  # G and D learn from one pass
    flags: tuple[str, ...]  # the flags that have an effect for this objective only
    programs: tuple[str, ...]  # the experiments that offer the objective
    # Takes the options of the objective's function; some defaults are the experiments'.
    build: Callable[..., "base.Objective"]


OBJECTIVES: dict[str, ObjectiveRow] = {
    "nsgan": ObjectiveRow(
        about="non-saturating GAN (Goodfellow et al., 2014), whose D classifies",
        ratio=True,
        batch_norm_in_d=True,
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba", "coulomb"),
        build=lambda **options: tc.objectives.nsgan(**options),
    ),
    "wgan_gp": ObjectiveRow(
        about="Wasserstein GAN with gradient penalty (Gulrajani et al., 2017)",
        ratio=False,
        batch_norm_in_d=False,  # the penalty is on each sample's own slope
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba"),
        # 0.1 is the weight that the authors of collaborative sampling use.
        build=lambda **options: tc.objectives.wgan_gp(**{"penalty": 0.1, **options}),
    ),
    "hinge": ObjectiveRow(
        about="hinge loss (Lim and Ye, 2017), whose D keeps a margin",
        ratio=False,
        batch_norm_in_d=True,
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba"),
        build=lambda **options: tc.objectives.hinge(**options),
    ),
    "lsgan": ObjectiveRow(
        about="least-squares GAN (Mao et al., 2017), whose D regresses 1 and 0",
        ratio=False,
        batch_norm_in_d=True,
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba"),
        build=lambda **options: tc.objectives.lsgan(**options),
    ),
    "coulomb": ObjectiveRow(
        about="Coulomb GAN (Unterthiner et al., 2018), whose D learns the potential",
        ratio=False,
        batch_norm_in_d=True,
        simultaneous=True,
        flags=(
            "dimension",
            "epsilon",
            "epsilon_floor",
            "self_term",
            "sigma",
            "disc_loss",
            "remember_previous",
        ),
        programs=("coulomb",),
        build=lambda **options: tc.objectives.coulomb(**options),
    ),
}


class PolicyRow(NamedTuple):
    """A policy: how refinement moves."""

    about: str  # a noun phrase, for help texts
    needs_ratio: bool  # the policy uses D's probability
    build: Callable[..., "base.Policy"]  # (rate, **options of the policy's function)


POLICIES: dict[str, PolicyRow] = {
    "ladam": PolicyRow(
        about="Adam slowed down for samples that D already believes",
        needs_ratio=True,
        build=lambda rate, **options: tc.policies.ladam(rate, **options),
    ),
    "adam": PolicyRow(
        about="Adam (Kingma and Ba, 2015)",
        needs_ratio=False,
        build=lambda rate, **options: tc.policies.adam(rate, **options),
    ),
    "momentum": PolicyRow(
        about="gradient descent with momentum",
        needs_ratio=False,
        build=lambda rate, **options: tc.policies.momentum(rate, **options),
    ),
    "sgd": PolicyRow(
        about="plain gradient descent",
        needs_ratio=False,
        build=lambda rate, **options: tc.policies.sgd(rate, **options),
    ),
}


class SamplerRow(NamedTuple):
    """A sampler: a proposer, an acceptor, and the D that both use.

    `acceptor` and `words` take `options`, an object with a program's flags as
    attributes. They read the row's own flags, `num_samples`, and `layer`, the layer to
    refine (None: the sample itself).
    """

    about: str  # a noun phrase, for help texts
    paper: str  # author, year and arXiv number
    judge: Literal["calibrated", "shaped"]  # the D that the sampler uses
    refines: bool  # the candidates are refined samples, not plain ones
    chain: bool  # Metropolis-Hastings: a sample depends on earlier ones
    needs_ratio: bool  # the acceptor needs a density ratio, D's own or a calibrator's
    seed: int  # a number that no other row has or ever had
    flags: tuple[str, ...]  # flags of the proposer and of the acceptor
    colour: str  # "#RRGGBB", in every figure
    usual: bool  # one of those that `all` means, and that `collaborate` compares
    # The sampler keeps every proposal, and the calibration of its D is measured on
    # these samples; true for one row of each judge.
    first: bool
    acceptor: Callable[["base.GAN", Any], "base.Acceptor"]  # (gan, options)
    # options -> the sampler's part of the protocol line; "" if it has none
    words: Callable[[Any], str]

    @property
    def asks_d(self) -> bool:
        """Whether the samples depend on D."""
        return self.refines or self.needs_ratio


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


# Colours are Okabe and Ito's: distinct with any colour vision, and in grey.
SAMPLERS: dict[str, SamplerRow] = {
    "standard": SamplerRow(
        about="samples of G as they are",
        paper="Goodfellow et al., 2014, arXiv:1406.2661",
        judge="calibrated",
        refines=False,
        chain=False,
        needs_ratio=False,
        seed=0,
        flags=(),
        colour="#555555",
        usual=True,
        first=True,
        acceptor=lambda gan, options: tc.sampling.always(),
        words=lambda options: "",
    ),
    "rejection": SamplerRow(
        about="discriminator rejection sampling",
        paper="Azadi et al., 2019, arXiv:1810.06758",
        judge="calibrated",
        refines=False,
        chain=False,
        needs_ratio=True,
        seed=1,
        flags=("drs_percentile", "drs_per_batch"),
        colour="#E69F00",
        usual=True,
        first=False,
        acceptor=lambda gan, options: tc.sampling.drs(
            gan,
            percentile=options.drs_percentile,
            per_batch=options.drs_per_batch,
            burn_in=min(10_000, options.num_samples),  # more is too slow for images
        ),
        words=_rejection,
    ),
    "hastings": SamplerRow(
        about="Metropolis-Hastings chains of plain samples",
        paper="Turner et al., 2019, arXiv:1811.11357",
        judge="calibrated",
        refines=False,
        chain=True,
        needs_ratio=True,
        seed=2,
        flags=("mh_thin",),
        colour="#56B4E9",
        usual=True,
        first=False,
        acceptor=lambda gan, options: tc.sampling.mhgan(gan, thin=options.mh_thin),
        words=lambda options: f"thin {options.mh_thin}",
    ),
    "refinement": SamplerRow(
        about="samples moved by the gradient of the shaped D",
        paper="Liu et al., 2020, arXiv:1902.00813",
        judge="shaped",
        refines=True,
        chain=False,
        needs_ratio=False,
        seed=3,
        flags=_REFINEMENT,
        colour="#009E73",
        usual=True,
        first=True,
        acceptor=lambda gan, options: tc.sampling.always(),
        words=_refinement,
    ),
    "collaborative": SamplerRow(
        about="Metropolis-Hastings chains of refined samples",
        paper="Liu et al., 2020, arXiv:1902.00813",
        judge="shaped",
        refines=True,
        chain=True,
        needs_ratio=True,
        seed=4,
        flags=("mh_thin", "mh_pool", *_REFINEMENT),
        colour="#D55E00",
        usual=True,
        first=False,
        acceptor=lambda gan, options: tc.sampling.mhgan(gan, thin=options.mh_thin),
        words=_collaborative,
    ),
}


# The samplers' names in the order of results and tables.
METHODS = tuple(sorted(SAMPLERS, key=lambda name: SAMPLERS[name].seed))

# The samplers that the paper compares.
USUAL = {name: row for name, row in SAMPLERS.items() if row.usual}


def objectives_of(program: str) -> dict[str, ObjectiveRow]:
    """Name -> row of the objectives that an experiment offers."""
    return {name: row for name, row in OBJECTIVES.items() if program in row.programs}


def colours() -> dict[str, str]:
    """The name of each sampler -> its colour "#RRGGBB" in every figure."""
    return {name: row.colour for name, row in SAMPLERS.items()}
