"""The cells of a benchmark: each sampler at each budget, for each seed of a draw."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.benchmarking import baselines, chain_sizes, judging, spending
from experiments.benchmarking.subjects import Subject
from experiments.stages import costs
from tf_collab import tables

__all__ = ["Cell", "Told", "cells", "draw", "head", "rows"]


class Cell(NamedTuple):
    """What is drawn at once."""

    method: str
    seed: int
    budget: float
    walk: str | None = None  # whose latents are as short


class Told(NamedTuple):
    """What is told of a cell: its line, and what drawing took."""

    line: dict[str, Any]
    seconds: float | None = None
    memory_mib: dict[str, int] | None = None


def rows(names: tuple[str, ...]) -> dict[str, tables.SamplerRow]:
    """Each sampler and baseline by its name in the lines."""
    found = {name: tables.SAMPLERS[name] for name in names} | baselines.BASELINES
    walks = [name for name in names if tables.SAMPLERS[name].walks]
    return found | {baselines.AS + walk: baselines.TRUNCATED for walk in walks}


def cells(config: Any) -> Iterator[Cell]:
    """Each cell of one GAN, in the order of lines."""
    for seed in config.seeds:
        for budget in sorted(config.budgets):
            for name in rows(config.methods) if config.baselines else config.methods:
                walk = name.removeprefix(baselines.AS)
                yield Cell(name, seed, budget, None if walk == name else walk)


def head(subject: Subject, cell: Cell, n: int) -> dict[str, Any]:
    """How the line of a cell begins."""
    row = rows(tables.METHODS)[cell.method]
    asked = {"d": row.judge, "d_step": subject.d_steps[row.judge]}
    own = {"seed": cell.seed, "method": cell.method, "budget": float(cell.budget)}
    return {**subject.line, **asked, **own, "n": n}


def draw(
    subject: Subject,
    judge: Callable[[], judging.Judge],
    wanted: Iterable[Cell],
    n: int,
    norm: float | None = None,
) -> Iterator[Told | None]:
    """Draws and measures n samples of each cell; None for one that cannot be.

    A prior is truncated by the mean square of a walk's latents: by `norm`, or as the
    walk before it gives it. After a walk that gave none that cell cannot be.
    """
    for cell in wanted:
        if cell.walk and norm is None:
            yield None
            continue
        line = head(subject, cell, n)
        found = _spent(subject, cell, n, norm)
        if isinstance(found, str):
            yield Told(line | {"cost": None, "reason": found})
        else:
            line |= _measured(subject, cell, found, judge())
            yield Told(line, found.seconds, found.memory_mib)
        if not cell.walk:
            after = line.get("z_square_after")
            norm = None if after is None else float(after)


def _spent(
    subject: Subject, cell: Cell, n: int, norm: float | None
) -> spending.Drawn | str:
    row = rows(tables.METHODS)[cell.method]
    rival = spending.Rival(cell.method, row)
    prior = subject.judges[row.judge].prior
    spec = getattr(prior, "spec", None)
    if row.walks and len(tf.nest.flatten(prior(1, tc.seeds.as_seed(0)))) > 1:
        return "a walk moves z alone, and the latents of this GAN have labels beside it"
    if cell.walk:
        if spec is None or spec[0] != "normal":
            return "latents of this GAN are not standard normals"
        assert norm is not None  # as `draw` made sure
        try:
            at = baselines.truncation(norm)
        except ValueError as error:
            return str(error)
        rival = rival._replace(prior=tc.priors.truncated(*spec[1], at=at))
    seed = tc.seeds.fold_in(tc.seeds.as_seed(cell.seed), row.seed)
    found = spending.spend(subject, rival, cell.budget, n, seed)
    if cell.walk and not isinstance(found, str):
        return found._replace(flags={"truncation": round(at, 4)})
    return found


def _measured(
    subject: Subject, cell: Cell, drawn: spending.Drawn, judge: judging.Judge
) -> dict[str, Any]:
    row, samples = rows(tables.METHODS)[cell.method], drawn.samples
    options = subject.options(len(samples.score), 1)
    values, errors = judge(samples.x, drawn.chain)
    found = {"cost": drawn.cost, "flags": drawn.flags, **values, "errors": errors}
    found["efficiency"] = samples.efficiency
    if row.chain:
        first, size = chain_sizes.effective(samples.score, drawn.chain)
        found |= {"autocorrelation": first, "ess": size}
        found["chains"] = len(np.unique(drawn.chain))
    found |= costs.walked(options, row, drawn.gan, samples)
    return found | {"doubts": drawn.doubts}
