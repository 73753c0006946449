"""Better samples of a trained GAN, or the word that there is nothing to gain."""

import contextlib
import os
from typing import Any

from tf_collab.front import budget, judgement, judging, keeping, passes
from tf_collab.front.advice import Advice
from tf_collab.front.case import Case
from tf_collab.front.drawing import Draws
from tf_collab.front.foretelling import for_case
from tf_collab.front.omissions import before
from tf_collab.front.outcome import Outcome, outcome
from tf_collab.front.quiet import quiet
from tf_collab.front.refusals import check_draw

__all__ = ["Collaboration"]


class Collaboration:
    """A GAN, its data, and what tuning found; `collaborate` makes it."""

    def __init__(
        self,
        case: Case | None,
        outcome: Outcome | None = None,
        notes: tuple[str, ...] = (),
        objective: str | None = None,
        drawn: int = 0,
    ):
        self._case, self._outcome = case, outcome
        self.notes, self._objective, self._draws = notes, objective, Draws(drawn)

    @property
    def outcome(self) -> Outcome:
        """What tuning found; RuntimeError before it."""
        if self._outcome is None:
            raise RuntimeError("nothing is tuned yet: call tune(minutes=...) first")
        return self._outcome

    @property
    def shown(self) -> Any:
        """Held-out rows for figures, before a tuning as after it."""
        return (self._outcome or self._fresh_case()).shown

    @property
    def best(self) -> str:
        """The sampler that the verdict recommends; `standard` means plain samples."""
        return self.outcome.best

    def advise(self, calls: float = 20, **options: Any) -> Advice:
        """`tc.advise` before tuning, on the held-out reals that choose, not judge."""
        return for_case(self._fresh_case(), calls, **options)

    def tune(
        self,
        *,
        calls: int | None = None,
        minutes: float | None = None,
        progress: bool = True,
    ) -> "Collaboration":
        """Finds layer, rate and steps, tunes copies of D, and judges every sampler.

        The budget is `calls`, passes of one sample through one net (a pass backward
        counts as two), or `minutes`, which one look at the speed here turns into calls.
        In a folder a tuning that was killed goes on, with the budget that it began
        with. Where the progress is shown, a small budget is told before it is spent.
        ValueError for a budget that is too small, or not the folder's;
        RuntimeError where the verdict was given, since that uses the held-out reals up.
        """
        case = self._fresh_case()
        with case.ledger.held():
            allowed = budget.agreed(case, calls, minutes)
            told = before(allowed, case.layers, case.ledger)
            bar = passes.bar(allowed.calls, shown=progress, told=told)
            with quiet(case.ledger.doubt), bar as tell:
                case.ledger.making = tell.making
                case = case._replace(spent=tell.spent)
                self._outcome = outcome(case, allowed, self.notes)
        return self

    def draw(
        self, n: int, *, method: str | None = None, seed: int | None = None
    ) -> Any:
        """n samples, as G gives them [n, *data], by the sampler of that name.

        `method` is standard, rejection, hastings, refinement or collaborative; None is
        what the report recommends, and what it finds worse than plain samples is told.
        Without a seed each call gives others; what was saved goes on where it was. New
        doubts are raised, and the report has them from then on.
        """
        method = self.best if method is None else method
        check_draw(n, method, self.outcome.against(method))
        with self._noted():
            return self._draws.of(self.outcome, n, method, seed)

    def report(self) -> str:
        """A table of the samplers with intervals, and a recommendation, in Markdown."""
        return self.outcome.report()

    def judge(
        self, fresh: Any, *, groups: Any = None, calls: int = 0, seed: int = 1
    ) -> judgement.Judgement:
        """The verdict once more: other samples, on reals that nothing has seen.

        Samples are as many as after a tuning of `calls`; 0 stands for this tuning's
        calls. `groups` [rows of fresh] are for rows that come in groups. What is given
        back prints as a report does. ValueError where more than a tenth of `fresh` are
        in x_train or were held out from it; RuntimeError after a load.
        """
        found, case = self.outcome, self._case
        if case is None:
            raise RuntimeError("what was loaded from a folder has no judge: tune anew")
        with self._noted():
            return judgement.afresh(case, found, fresh, groups, calls, seed)

    def figure(self, n: int | None = None) -> Any:
        """Plain and refined samples of the same latents: 8 images, or 1000 points."""
        image = judging.pixels(self.outcome.shown).ndim == 4
        with self._noted():
            return self.outcome.figure(n or (8 if image else 1000))

    def save(self, folder: os.PathLike | str, *, objective: str | None = None) -> None:
        """Writes what `load_collaboration` reads: nets, dials, verdict, some reals.

        Where `collaborate` was given a GAN, `objective` is the name of its objective.
        Of a net that no file carries, the weights are kept, which is told (`Doubt`).
        """
        name = objective or self._objective
        keeping.save(self.outcome, folder, objective=name, drawn=self._draws.count)

    def __repr__(self) -> str:
        if self._outcome is None:
            return "Collaboration(not tuned yet)"
        return f"Collaboration(best={self.best!r}, {self._outcome.dials.move})"

    @contextlib.contextmanager
    def _noted(self):
        doubts = list[str]()
        with quiet(doubts.append):
            yield
        self._outcome = self.outcome.doubted(doubts)

    def _fresh_case(self):
        if self._case is None or self._outcome is not None:
            raise RuntimeError(
                "this tuning is over, and its held-out reals are used up: begin anew, "
                "with others as held_out"
            )
        return self._case
