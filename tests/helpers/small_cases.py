"""A tuning's values by hand, of the linear GAN: what the parts of `front` take."""

import numpy as np

from helpers import linear_gan
from tf_collab.front import case, dials, judging, ledger, moves, outcome, plan, splits
from tf_collab.front.rows import Rows
from tf_collab.front.verdict import Line

__all__ = ["PLAN", "case_of", "dials_of", "outcome_of", "reals"]

PLAN = plan.Plan(
    calls=20_000,
    layers=[0],
    rates=2,
    steps=1,
    screen=20,
    calibrate=1,
    shape=1,
    fine=20,
    plain=90,
    refined=60,
    ratio=40,
)


def reals(seed, n=300):
    """Rows near the samples of the linear GAN."""
    return np.random.default_rng(seed).normal(size=[n, 2]).astype("f4") + 1


def case_of(gan=None, folder=None, **parts):
    """A case of few reals, begun anew."""
    train, held = Rows(reals(1), None, ()), Rows(reals(2), None, ())
    made = {
        "gan": gan or linear_gan.linear_gan(),
        "train": train,
        "splits": splits.Splits(held),
        "judge": judging.judge(train),
        "ledger": ledger.Ledger(folder, {}),
        "seed": 0,
        "batch": 20,
    }
    return case.Case(**{**made, **parts})


def dials_of(calibrated, shaped=None, rate=0.1):
    """Two steps of refinement at layer 0, with the Ds as they are."""
    own = ["own", [], [], 0.0]
    move = moves.Move(layer=0, rate=rate, steps=2)
    return dials.Dials(move, calibrated, shaped or calibrated, 0, 0, own, own)


def outcome_of(found, worse=()):
    """What a tuning that found these dials ends with; plain samples won.

    Samples by what is `worse` are surely farther from the reals.
    """
    line = Line("standard", 10, 0.1, 0.0, 0.2, None, None, None, 1.0, 2.0)
    farther = {"distance": 0.3, "difference": 0.2, "better": 0.1, "worse": 0.3}
    lines = [line, *(line._replace(method=name, **farther) for name in worse)]
    x = reals(2)
    return outcome.Outcome(
        found, lines, "the data", False, 100, PLAN.calls, 0, x[:60], x[60:150], ()
    )
