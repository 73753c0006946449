"""Drawing samples of which each costs so many passes, and no more."""

import contextlib
import json
import time
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.benchmarking import peaks
from experiments.benchmarking.subjects import Subject
from tf_collab import sampler_dials, tables

__all__ = ["Drawn", "Rival", "chains", "spend"]

TRIES = 8  # settings of a sampler whose cost is known only when it was drawn
NEAR = 0.9  # of a budget, which is near enough for those
MARGIN = 0.97  # what a next try aims at
OUTPUTS = 8  # of each chain, at least


class Rival(NamedTuple):
    """A sampler that is compared."""

    name: str
    row: tables.SamplerRow
    prior: tc.base.LatentDraw | None = None  # another than the GAN's


class Drawn(NamedTuple):
    """Samples, and what they took."""

    gan: tc.GAN  # whose D was asked
    samples: tc.sampling.Samples
    chain: np.ndarray  # [n], of each sample; its own row where none runs
    flags: dict[str, Any]  # with which they were drawn
    cost: float  # passes a sample
    doubts: list[str]
    seconds: float
    memory_mib: dict[str, int]  # at their peak


class _Spent(Exception):
    """The budget is used up, and too few samples are kept."""


def chains(task: Any, n: int) -> int:
    """How many chains run side by side: each gives some of the n samples."""
    return _divisor(n, max(1, min(task.chains, n // OUTPUTS)))


def spend(
    subject: Subject, rival: Rival, budget: float, n: int, seed: tf.Tensor
) -> Drawn | str:
    """The most that a sampler gets for `budget` passes a sample, or why nothing.

    Where chance decides what a sample costs, settings are tried until the cost is near
    the budget, and the dearest within it counts. What is tried is cut off there.
    """
    dial = rival.row.dial
    if dial is None:
        return "its row says not how it is set for a cost"
    base = subject.options(n, chains(subject.task, n))
    aim, low, high = float(budget), 0.0, float("inf")
    best: Drawn | None = None
    tried: dict[str, tuple[float, Drawn | None]] = {}
    for _ in range(TRIES):
        flags = dial.flags(base, aim)
        if flags is None:
            return best or f"its least cost is above {budget:g}"
        key = json.dumps(flags)
        try:
            if key not in tried:
                tried[key] = _once(subject, rival, base, flags, budget, n, seed)
        except (ValueError, tc.sampling.TooFewKept, FloatingPointError) as error:
            return best or " ".join(str(error).split())
        cost, drawn = tried[key]
        if drawn and cost <= budget * (1 + sampler_dials.SLACK):
            best, low = drawn, aim
            if not dial.chancy or cost >= NEAR * budget:
                break
        else:
            high = aim
        aim *= MARGIN * budget / cost
        if 0 < low < high < float("inf") or not low < aim < high:
            aim = (low + high) / 2  # a steep cost leads from one end to the other
    return best or f"no setting of {len(tried)} cost {budget:g} or less"


def _once(
    subject: Subject,
    rival: Rival,
    base: Any,
    flags: dict[str, Any],
    budget: float,
    n: int,
    seed: tf.Tensor,
) -> tuple[float, Drawn | None]:
    """What a sample costs, and the samples; those are None if the budget ran out."""
    row, options = rival.row, type(base)(**{**vars(base), **flags})
    dial = row.dial
    assert dial is not None  # or nothing had been tried
    with _doubts() as doubts:
        gan = subject.judge(row, options)
        if row.refines:
            proposer = subject.refined(gan, options)
        else:
            proposer = row.proposer(gan, options, xla=subject.session.xla)
        sampler = tc.sampling.compose(proposer, row.acceptor(gan, options))
        if dial.latents is not None:
            begin = dial.latents(options, budget)
            sampler = sampler._replace(burn_in=begin)
        group, rows = sampler.group, subject.task.rows
        if dial.chancy:  # in small steps, so that few are drawn in vain
            batch = min(rows, max(1, n // 10) * max(1, int(budget) // 20))
        else:
            side = base.chains if row.chain else max(1, rows // group)
            batch = group * _divisor(n, side)
        start = dial.start(options, sampler.burn_in or batch)
        spent, room = start, budget * n
        places: list[np.ndarray] = []

        def count(kept: int, n: int) -> None:
            nonlocal spent
            spent += batch * sampler_dials.PLAIN
            if dial.chancy and spent > room and kept < n:
                raise _Spent(kept)

        real = subject.task.scored(gan)
        peaks.forget()
        began = time.perf_counter()
        try:
            samples = tc.sampling.draw(
                sampler._replace(step=_noted(sampler.step, places)),
                rival.prior or gan.prior,
                n,
                real=real,
                batch=batch,
                seed=seed,
                progress=count,
            )
        except _Spent as kept:
            return spent / max(1, kept.args[0]), None
        seconds = time.perf_counter() - began
    own = np.concatenate(places)[:n] // group if row.chain else np.arange(n)
    cost = (start + sampler_dials.passes(samples.info)) / n
    peak = peaks.peak()
    return cost, Drawn(gan, samples, own, flags, cost, doubts, seconds, peak)


def _noted(step: Any, places: list[np.ndarray]) -> Any:
    """The step of a sampler, which adds to `places` the rows that it keeps."""

    def noted(*given: Any) -> tuple:
        verdict, state, info = step(*given)
        places.append(np.flatnonzero(verdict.keep))
        return verdict, state, info

    return noted


def _divisor(n: int, most: int) -> int:
    """The largest divisor of n that is `most` or less: no batch draws in vain."""
    return next(k for k in range(min(n, most), 0, -1) if n % k == 0)


@contextlib.contextmanager
def _doubts() -> Iterator[list[str]]:
    """The library's doubts inside, each once; other warnings are shown as ever."""
    doubts: list[str] = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", tc.Doubt)
        yield doubts
    for one in told:
        if issubclass(one.category, tc.Doubt):
            doubts += [str(one.message)] * (str(one.message) not in doubts)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
