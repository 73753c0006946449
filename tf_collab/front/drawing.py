"""Draws from what a tuning found, by samplers that are made once."""

from typing import Any

import tf_collab as tc
from tf_collab.front import moves, quiet, samplers
from tf_collab.front.outcome import Outcome
from tf_collab.tables import USUAL

__all__ = ["Draws"]


class Draws:
    """The samplers of one outcome, and how many draws had no seed of their own."""

    def __init__(self, count: int = 0):
        self.count = count
        self._made: dict[str, tuple[tc.base.Sampler, tc.Scored]] = {}

    def of(self, found: Outcome, n: int, method: str, seed: int | None) -> Any:
        """n samples by the sampler of that name; without a seed, others each time."""
        gan = found.dials.gan(USUAL[method].refines)
        if method not in self._made:
            sampler = samplers.sampler(found.dials, method)
            self._made[method] = sampler, moves.scored(gan, found.real)
        sampler, real = self._made[method]
        key = tc.seeds.as_seed(found.seed if seed is None else seed)
        if seed is None:
            key = tc.seeds.fold_in(key, 2 + self.count)
            self.count += 1
        with quiet.of(samplers.asking(method)):
            return moves.samples(sampler, gan, n, real=real, seed=key).x
