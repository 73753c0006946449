"""What a tuning found: all that draws, reports and figures need."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import judging, moves, omissions, quiet, report, samplers, verdict
from tf_collab.front.case import Case
from tf_collab.front.dials import Dials, tuned
from tf_collab.front.plan import Plan
from tf_collab.tables import USUAL

__all__ = ["Outcome", "outcome"]


class Outcome(NamedTuple):
    """A tuned GAN and the verdict on its samplers."""

    dials: Dials
    lines: list[verdict.Line]
    about: str  # by what they were judged
    weak: bool  # it tells textures apart, not what is in a picture
    reals: int  # held-out ones of the verdict
    calls: int  # the budget
    seed: int
    real: Any  # held-out rows whose scores samplers are told
    shown: Any  # held-out rows for figures
    notes: tuple[str, ...]
    flaws: tuple[str, ...] = ()  # of the data, for which no sampler is recommended
    read: dict[str, Any] | None = None  # options by which nets were read; None: a GAN

    @property
    def best(self) -> str:
        """The sampler that the verdict recommends."""
        return verdict.PLAIN if self.flaws else verdict.recommended(self.lines)

    def against(self, method: str) -> str:
        """What the verdict says against a method; "" where it says nothing."""
        if method not in verdict.worse(self.lines):
            return ""
        return (
            f"the verdict finds samples by {method} surely worse than plain ones, and "
            f"recommends {self.best}"
        )

    def report(self) -> str:
        """The verdict in Markdown."""
        move, dials = self.dials.move, self.dials
        told = (
            f"Refinement: Adam {move.rate:.3g} x {move.steps} at layer {move.layer} of "
            f"{dials.shaped.generator.depth}, by D after {dials.shape_steps} steps of "
            f"shaping; D judges plain samples after {dials.calibrate_steps} steps of "
            f"calibration. The budget was {self.calls} passes."
        )
        return report.report(
            self.lines,
            about=self.about,
            weak=self.weak,
            reals=self.reals,
            notes=[*self.notes, told],
            flaws=self.flaws,
        )

    def doubted(self, doubts: Sequence[str]) -> "Outcome":
        """The outcome with doubts that came later, which are raised if they are new.

        Doubts that differ in their numbers alone, as those of two draws, are one.
        """
        fresh: dict[str, str] = {}
        for doubt in doubts:
            fresh.setdefault(quiet.kind(doubt), doubt)
        for note in self.notes:
            fresh.pop(quiet.kind(note), None)
        for doubt in fresh.values():
            # Past the method that draws, to who called it.
            warnings.warn(doubt, tc.Doubt, stacklevel=5)
        return self._replace(notes=(*self.notes, *fresh.values()))

    def figure(self, n: int) -> Any:
        """Samples of n latents, plain and refined, as a Figure."""
        seed = tc.seeds.fold_in(tc.seeds.as_seed(self.seed), 1)
        plain, refined = (
            judging.pixels(self._samples(refines, n, seed)) for refines in (False, True)
        )
        reals = judging.pixels(self.shown)
        if plain.ndim == 4:
            unit = reals.min() >= 0 and reals.max() <= 1
            return tc.plots.strip(plain, refined, limits=(0 if unit else -1, 1))
        if plain.ndim != 2 or plain.shape[1] != 2:
            raise ValueError(
                "a figure is of images or of points in the plane, not of samples "
                f"{list(plain.shape)}"
            )
        reach = 1.2 * float(np.abs(reals).max())
        sets = {"standard": plain, "refinement": refined}
        if self.best not in sets:
            gan = self.dials.gan(USUAL[self.best].refines)
            sampler = samplers.sampler(self.dials, self.best)
            real = moves.scored(gan, self.real)
            with quiet.of(samplers.asking(self.best)):
                drawn = moves.samples(sampler, gan, n, real=real, seed=seed)
            sets[self.best] = drawn.x
        return tc.plots.comparison(sets, reals, limits=(-reach, reach))

    def _samples(self, refines: bool, n: int, seed: tf.Tensor) -> Any:
        gan = self.dials.gan(refines)
        proposer = moves.proposer(gan, self.dials.move if refines else None)
        real = moves.scored(gan, self.real)
        return moves.samples(moves.every(proposer), gan, n, real=real, seed=seed).x


def outcome(case: Case, budget: Plan, notes: tuple[str, ...]) -> Outcome:
    """Tunes within the budget, and gives the verdict on reals that nothing has seen."""
    found = tuned(case, budget)
    lines = case.ledger.once(
        "verdict",
        lambda: verdict.judged(case, budget, found, case.splits["verdict"], "verdict"),
    )
    case.splits.use_up()
    asked, _ = case.ledger["budget"]
    left_out = omissions.of_tuning(budget, case.layers, asked, case.batch)
    return Outcome(
        dials=found,
        lines=[verdict.Line(*line) for line in lines],
        about=case.judge.about,
        weak=case.judge.weak,
        reals=case.splits.sizes["verdict"],
        calls=budget.calls,
        seed=case.seed,
        real=case.splits["calibrator"].x,
        shown=case.shown,
        notes=(*notes, *case.ledger.doubts, *left_out),
        flaws=case.flaws,
        read=case.read,
    )
