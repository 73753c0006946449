"""Copies of D are calibrated and shaped, and the dials of refinement set."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import loops, plan, ratios, screening
from tf_collab.front.case import Case
from tf_collab.front.moves import Move, every
from tf_collab.front.plan import Plan

__all__ = ["Dials", "tuned"]

FINE = (0.5, 1.0, 2.0)  # times the rate, once D is shaped


class Dials(NamedTuple):
    """What tuning found."""

    move: Move
    calibrated: tc.GAN  # whose D judges plain samples
    shaped: tc.GAN  # ... and refined ones
    calibrate_steps: int  # that those Ds learned
    shape_steps: int
    calibrated_ratio: list  # the Ratios of their calibrators
    shaped_ratio: list

    def gan(self, refines: bool) -> tc.GAN:
        """The GAN whose D judges samples that are refined, or plain ones."""
        return self.shaped if refines else self.calibrated


def tuned(case: Case, budget: Plan) -> Dials:
    """Calibrates a copy of D, picks a layer, shapes another copy, sets the rate.

    Every choice is by the part of the held-out reals that is for it.
    """
    calibrated, calibrate_steps = _calibrated(case, budget)
    move = screening.screened(case, budget)
    shaped = case.own()
    rate = tf.Variable(move.rate)
    lessons = move.refine(shaped, rate, pick="random")
    walk = every(move.refine(shaped, rate))
    look = lambda: screening.distance(case, shaped, walk, budget.fine, "fine")
    passes = plan.PLAIN + move.steps / 2 * plan.STEP + plan.UPDATE
    shape_steps = loops.learn(
        case,
        "shape",
        shaped,
        lessons,
        budget.shape,
        passes=case.batch * passes,
        looks=plan.LOOKS,
        look=look,
    )

    def at(factor: float) -> float:
        rate.assign(factor * move.rate)
        return case.ledger.once(f"rate times {factor}", look)

    # The look that chose D stands for the rate as it is, if D was looked at.
    chosen = f"shape look {shape_steps}"
    known = {1.0: case.ledger.once(chosen, look)}
    known |= {factor: at(factor) for factor in FINE if factor != 1.0}
    move = move._replace(rate=move.rate * min(known, key=known.__getitem__))
    shaped = _with_ratio(case, budget, "shaped", shaped, every(move.refine(shaped)))
    return Dials(
        move,
        calibrated,
        shaped,
        calibrate_steps,
        shape_steps,
        case.ledger["calibrated ratio"],
        case.ledger["shaped ratio"],
    )


def _calibrated(case: Case, budget: Plan) -> tuple[tc.GAN, int]:
    """D as it is or after some steps on plain samples, whichever tells reals better."""
    gan = case.own()
    lessons = tc.sampling.direct(gan)
    plain = every(lessons)

    def look() -> float:
        return _ratio(case, budget, gan, plain).loss

    steps = loops.learn(
        case,
        "calibrate",
        gan,
        lessons,
        budget.calibrate,
        passes=case.batch * (plan.PLAIN + plan.UPDATE),
        looks=2,
        look=look,
    )
    return _with_ratio(case, budget, "calibrated", gan, plain), steps


def _ratio(
    case: Case, budget: Plan, gan: tc.GAN, sampler: tc.base.Sampler
) -> ratios.Ratio:
    """The calibrator that this D needs for what the sampler gives."""
    parts = ("calibrator", "diagnosis")
    reals = [case.real(gan, part).score.numpy() for part in parts]
    drawn = case.samples(gan, sampler, 2 * (budget.ratio // 2), "ratio")
    fakes = np.split(drawn.score, 2)
    fit, diagnosis = zip(reals, fakes)
    return ratios.fitted(gan, fit, diagnosis)


def _with_ratio(
    case: Case, budget: Plan, name: str, gan: tc.GAN, sampler: tc.base.Sampler
) -> tc.GAN:
    make = lambda: _ratio(case, budget, gan, sampler)
    return ratios.calibrated(gan, case.ledger.once(f"{name} ratio", make), name)
