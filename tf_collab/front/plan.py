"""What a budget of passes is spent on."""

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["MOST", "RATES", "STEP", "STEPS", "Plan", "plan"]

PLAIN = 2  # passes of a plain sample: forward through G and D
STEP = 6  # ... of a step of refinement: forward through both, and back, which is two
UPDATE = 6  # ... of D's update a row: a real and a fake, forward and back
SHARES = {"calibrate": 0.1, "screen": 0.15, "shape": 0.35, "fine": 0.1, "verdict": 0.25}
SHARES |= {"ratio": 0.05}
STEPS = 20  # of refinement
RATES = 3  # that are compared at a layer
LOOKS = 3  # at D while it is shaped
FEWEST, MOST = 128, 2000  # samples by which settings are compared


class Plan(NamedTuple):
    """How far each part of a tuning goes."""

    calls: int  # the budget: passes of one sample through one net, a backward as two
    layers: list[int]  # that are compared
    rates: int  # ... at how many rates each
    steps: int  # of refinement
    screen: int  # samples for each layer and rate
    calibrate: int  # steps of D on plain samples
    shape: int  # steps of D on refined samples
    fine: int  # samples for each look at the shaped D
    plain: int  # samples for the verdict
    refined: int
    ratio: int  # samples, plain or refined, for a calibrator and its choice

    def passes(self, batch: int) -> float:
        """What all parts take, where D learns from `batch` rows at a time."""
        refined = self.steps * STEP + PLAIN
        looked = self.screen * self.rates * len(self.layers)
        looked += self.fine * (LOOKS + 3) + self.refined + self.ratio
        lesson = PLAIN + UPDATE
        learned = float(self.calibrate * lesson)
        learned += self.shape * (lesson + self.steps / 2 * STEP)
        return refined * looked + PLAIN * self.plain + batch * learned


def plan(calls: int, layers: Sequence[int], *, batch: int) -> Plan:
    """Spends `calls` passes; ValueError, with the least that will do, for too few.

    With little to spend fewer rates are compared first, then fewer layers, evenly
    spread, then fewer steps of refinement.
    """
    for rates, count, steps in _frugal(len(layers)):
        refined = steps * STEP + PLAIN
        spend = {name: share * calls for name, share in SHARES.items()}
        screen = int(spend["screen"] / (rates * count * refined))
        if screen >= FEWEST:
            break
    else:
        # The last tried was the thriftiest.
        least = FEWEST * rates * count * refined / SHARES["screen"]
        raise ValueError(
            f"tuning takes {int(least + 1)} calls at least (passes of a sample through "
            f"a net), not {calls}"
        )
    spread = [round(i * (len(layers) - 1) / max(count - 1, 1)) for i in range(count)]
    plain = min(2 * MOST, int(0.4 * spend["verdict"] / PLAIN))
    left = spend["verdict"] - PLAIN * plain
    return Plan(
        calls=calls,
        layers=[layers[i] for i in spread],
        rates=rates,
        steps=steps,
        screen=min(MOST, screen),
        calibrate=int(spend["calibrate"] / (batch * (PLAIN + UPDATE))),
        shape=int(spend["shape"] / (batch * (PLAIN + steps / 2 * STEP + UPDATE))),
        fine=min(MOST, int(spend["fine"] / ((LOOKS + 2) * refined))),
        plain=plain,
        refined=min(2 * MOST, int(left / refined)),
        ratio=min(MOST, max(FEWEST, int(spend["ratio"] / refined))),
    )


def _frugal(layers):
    yield from ((rates, layers, STEPS) for rates in (RATES, 2))
    yield from ((2, count, STEPS) for count in range(layers - 1, 1, -1))
    yield from ((1, min(layers, 2), steps) for steps in (STEPS, STEPS // 2))
    yield 1, 1, STEPS // 4
