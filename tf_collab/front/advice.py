"""What is known before a draw, in numbers and in words."""

from typing import Any, NamedTuple

import tf_collab as tc
from tf_collab.front import moves, omissions, report, verdict, wording
from tf_collab.front.checking import Check
from tf_collab.front.gradients import Walk
from tf_collab.front.verdict import REFINED, Line
from tf_collab.metrics import Interval
from tf_collab.tables import SAMPLERS, SamplerRow, with_defaults

__all__ = ["Advice", "is_forecast", "options_of"]


class Advice(NamedTuple):
    """What `advise` found; `print` it."""

    calls: float  # passes a sample, for which all is forecast
    gan: tc.GAN  # with the calibrator by which samples are to be chosen
    kind: str  # of that: own (none is needed), platt or beta
    given: Check | None  # D's ratio as it is; None where it gives none
    used: Check  # the ratio of `gan`
    left: dict[int, float]  # proposals a sample -> KL, in nats, that is left then
    lines: list[Line]  # a forecast for each method
    gains: dict[str, Interval]  # method -> rise of the mean of `good`
    flags: dict[str, dict[str, Any]]  # method -> what the calls buy
    walk: Walk | None  # along D's gradient
    refused: str  # why there is none
    about: str  # by what distances were judged
    weak: bool  # it tells textures apart, not what is in a picture
    reals: int
    samples: int
    passes: float  # that the advice took
    doubts: tuple[str, ...]
    flaws: tuple[str, ...] = ()  # of the data, for which no sampler is recommended

    @property
    def method(self) -> str:
        """The sampler to draw from: the cheapest of the nearest, or plain samples."""
        trusted = [
            line
            for line in self.lines
            if line.method != REFINED or self.gradient != "not trusted"
        ]
        return verdict.PLAIN if self.flaws else verdict.recommended(trusted)

    @property
    def gradient(self) -> str:
        """Whether D's gradient is trusted, not trusted or unknown."""
        return "unknown" if self.walk is None else self.walk.verdict

    @property
    def flagged(self) -> bool:
        """Whether D is far too sure or no use, or its gradient leads off the data."""
        d = self.given
        bad = d is not None and (d.too_sure or d.backwards or d.blind)
        return bad or self.gradient == "not trusted"

    def sampler(self, method: str | None = None) -> tc.base.Sampler:
        """The sampler of that name, or the one that is named, set as forecast.

        Draw from it with reals that `advice.gan` has scored. ValueError for a name
        without a forecast.
        """
        method = self.method if method is None else method
        known = [line.method for line in self.lines]
        if method not in known:
            raise ValueError(f"method is one of {', '.join(known)}, not {method!r}")
        if method == REFINED and self.walk is not None:
            return moves.every(self.walk.move.refine(self.gan))
        options = options_of(self.flags[method], self.samples)
        row = SAMPLERS[method]
        return tc.sampling.compose(
            row.proposer(self.gan, options), row.acceptor(self.gan, options)
        )

    def __str__(self) -> str:
        """A table of forecasts, and the sentences that tell what they rest on."""
        told = (
            f"Forecasts for {self.calls:g} passes a sample, of {self.samples} samples "
            f"and {self.reals} held-out reals ({self.passes:.0f} passes). Distances "
            f"are by {self.about}; intervals are of 95 %."
        )
        if self.weak:
            told += (
                " This judge is weak: features=... of a net that knows such data give "
                "a better one, and so do labels of x_train, by collaborate(...)."
            )
        reason = wording.reason(self.method, self.lines, self.calls)
        parts = [
            *self.flaws,
            self._table(),
            report.FLAWED if self.flaws else reason,
            wording.calibration(self.given, self.used, self.kind),
            wording.weighed(self.used, self.left),
            wording.gradient(self.walk, self.refused),
            *wording.missed(self.left, self.walk),
            told,
            self._left_out(),
            *self.doubts,
        ]
        return "\n\n".join(parts) + "\n"

    def _left_out(self) -> str:
        """Which samplers have no line, and why."""
        rows = {name: row for name, row in SAMPLERS.items() if name not in self.flags}
        dear = [name for name, row in rows.items() if is_forecast(row)]
        others = [name for name in rows if name not in dear]
        return omissions.of_forecasts(dear, others, self.calls)

    def _table(self) -> str:
        """The methods, the nearest first."""
        near = lambda line: (line.distance is None, line.distance or 0.0)
        rows = [
            report.row(line, line.method == self.method)
            for line in sorted(self.lines, key=near)
        ]
        table = [*report.HEADS, *rows]
        if self.gains:
            methods = [line.method for line in sorted(self.lines, key=near)]
            ends = [" gain of good |", "--:|"]
            ends += [f" {wording.interval(self.gains[m])} |" for m in methods]
            table = [row + end for row, end in zip(table, ends)]
        return "\n".join(table)


def is_forecast(row: SamplerRow) -> bool:
    """Whether it chooses among plain samples, or refines all, at a cost that is set."""
    return bool(row.dial and not row.walks and not (row.refines and row.needs_ratio))


def options_of(flags: dict[str, Any], n: int) -> Any:
    """What rows of samplers read: `flags`, defaults, and the sizes of the advice."""
    sizes = {"num_samples": n, "chains": moves.BATCH, "layer": 1}
    return with_defaults(**sizes | flags)
