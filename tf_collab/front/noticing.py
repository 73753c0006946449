"""What is seen of nets and data before a tuning: flaws, and notes of the report."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab import odd_priors, odd_scores, oddities
from tf_collab.front import (
    as_given,
    coverage,
    forms,
    judging,
    likeness,
    scaling,
    slips,
)
from tf_collab.front.judging import Judge
from tf_collab.front.labels import beside
from tf_collab.front.rows import Rows
from tf_collab.front.splits import Splits

__all__ = ["noticed"]

FOLLOWS = oddities.SCALE, odd_scores.CRITIC  # of sentences that misfits bring about


def noticed(
    gan: tc.GAN,
    objective: Any,
    train: Rows,
    held: Rows,
    parts: Splits,
    both: int,
    *,
    features: Callable[[np.ndarray], np.ndarray] | None,
    seed: int,
) -> tuple[Judge, list[str], list[str]]:
    """By what samples are judged, flaws, for which none is recommended, and notes.

    `both` held-out rows are in x_train too. What is likely a mistake is raised as well
    (`Doubt`), so that it is known before minutes are spent.
    """
    flaws = likeness.doubts(train, held)
    told = tc.checks.check(gan, train.take(slice(1000)).x, seed=seed)
    misfits = scaling.flaws(train.x, scaling.drawn(gan, seed))
    misfits += [note for note in told if odd_priors.FIRST in note]
    by = judging.judge(train, features=features, seed=seed)
    chosen, plain = parts.chosen_on(), as_given.plain(gan, seed)
    real = chosen.independent()
    if not misfits and not flaws:
        misfits = forms.flaws(gan, by, real, plain)
    # Copies of D are thawed; a flaw is no note, nor what may come of it.
    known = ("thaw", *(FOLLOWS if misfits else ()), *misfits)
    doubts = [note for note in told if not any(words in note for words in known)]
    flaws = [*misfits, *flaws]
    doubts += [] if flaws else as_given.misread(gan, real, plain)
    doubts += [*slips.few(train), *slips.shared(both, len(held))]
    for sentence in [*flaws, *doubts]:
        warnings.warn(sentence, tc.Doubt, stacklevel=3)
    notes = [*slips.told(gan, objective, train, held), *doubts, *gan.assumed]
    notes += [*train.notes, *held.notes]
    d_as_given = as_given.told(gan, train, real, plain, flawed=bool(flaws))
    notes.insert(0 if as_given.UPSIDE_DOWN in d_as_given else len(notes), d_as_given)
    if tf.nest.is_nested(train.x) and beside(train.x) is None:
        notes.append("samples were judged without what is handed on beside them")
    notes += coverage.told(by, gan, chosen, seed)
    return by, flaws, notes
