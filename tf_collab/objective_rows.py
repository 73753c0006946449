"""The objectives that D can learn, and the policies by which refinement moves."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import tf_collab as tc

if TYPE_CHECKING:
    from tf_collab import base

__all__ = [
    "OBJECTIVES",
    "POLICIES",
    "ObjectiveRow",
    "PolicyRow",
    "elsewhere",
    "objectives_of",
]


class ObjectiveRow(NamedTuple):
    """An objective: what D learns."""

    about: str  # a noun phrase, for help texts
    ratio: bool  # D's score gives a log ratio, all of it, without a calibrator
    batch_norm_in_d: bool  # D may mix the samples of a batch while it learns
    simultaneous: bool  # G and D learn from one pass
    flags: tuple[str, ...]  # the flags that have an effect for this objective only
    programs: tuple[str, ...]  # the experiments that offer the objective
    # Takes the options of the objective's function; some defaults are the experiments'.
    build: Callable[..., "base.Objective"]
    # Words that it goes by elsewhere, which a sentence answers with its name here.
    elsewhere: str = ""


OBJECTIVES: dict[str, ObjectiveRow] = {
    "nsgan": ObjectiveRow(
        about="non-saturating GAN (Goodfellow et al., 2014), whose D classifies",
        ratio=True,
        batch_norm_in_d=True,
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba", "coulomb"),
        build=lambda **options: tc.objectives.nsgan(**options),
        elsewhere="bce bce_with_logits binary_crossentropy cross_entropy dcgan gan "
        "logistic minimax non_saturating sgan sigmoid standard vanilla",
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
        elsewhere="critic gradient_penalty wasserstein wgan",
    ),
    "hinge": ObjectiveRow(
        about="hinge loss (Lim and Ye, 2017), whose D keeps a margin",
        ratio=False,
        batch_norm_in_d=True,
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba"),
        build=lambda **options: tc.objectives.hinge(**options),
        elsewhere="biggan hinge_loss sagan sngan",
    ),
    "lsgan": ObjectiveRow(
        about="least-squares GAN (Mao et al., 2017), whose D regresses 1 and 0",
        ratio=False,
        batch_norm_in_d=True,
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba"),
        build=lambda **options: tc.objectives.lsgan(**options),
        elsewhere="l2 least_squares ls mse",
    ),
    "relativistic": ObjectiveRow(
        about="relativistic pairs with two penalties (R3GAN, Huang et al., 2025)",
        ratio=False,  # up to a constant, which programs have to calibrate
        batch_norm_in_d=False,  # the penalties are on each sample's own slope
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba"),
        build=lambda **options: tc.objectives.relativistic(**options),
        elsewhere="r3gan ragan rgan rpgan rsgan",
    ),
    "kale": ObjectiveRow(
        about="likelihood bound of KALE (Arbel et al., 2021), whose D is a log ratio",
        ratio=True,
        batch_norm_in_d=True,
        simultaneous=False,
        flags=(),
        programs=("mog2d", "mnist", "celeba"),
        build=lambda **options: tc.objectives.kale(**options),
        elsewhere="gebm",
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


def objectives_of(program: str) -> dict[str, ObjectiveRow]:
    """Name -> row of the objectives that an experiment offers."""
    return {name: row for name, row in OBJECTIVES.items() if program in row.programs}


def elsewhere(rows: Mapping[str, Any]) -> dict[str, str]:
    """What rows of a table are called elsewhere -> their names here."""
    return {
        other: name
        for name, row in rows.items()
        for other in getattr(row, "elsewhere", "").split()
    }
