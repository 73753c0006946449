"""The cells of a benchmark: each sampler at each budget, for each seed of a draw."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.benchmarking import baselines, chain_sizes, judging, spending
from experiments.benchmarking.book import Book
from experiments.benchmarking.subjects import Subject
from experiments.rundir import progress
from experiments.stages import costs
from tf_collab import tables

__all__ = ["fill", "rows"]

AS = "truncated as "  # begins the name of the baseline of a walk


class Cell(NamedTuple):
    """What is drawn at once."""

    method: str
    seed: int
    budget: float
    walk: str | None = None  # whose latents are as short


def rows(names: tuple[str, ...]) -> dict[str, tables.SamplerRow]:
    """Each sampler and baseline by its name in the lines."""
    found = {name: tables.SAMPLERS[name] for name in names} | baselines.BASELINES
    walks = [name for name in names if tables.SAMPLERS[name].walks]
    return found | {AS + walk: baselines.TRUNCATED for walk in walks}


def fill(subject: Subject, config: Any, book: Book) -> None:
    """Draws and measures each cell that is not in the book yet."""
    judge = functools.cache(lambda: judging.judge(subject.task, config.n))
    cells = list(_cells(config))
    with progress.bar(subject.line["run"], len(cells), unit="cells") as reach:
        for done, cell in enumerate(cells, start=1):
            line = _head(subject, cell, config.n)
            if not book.has(line) and _is_due(cell, line, book):
                found = _drawn(subject, cell, config.n, book, line)
                if isinstance(found, str):
                    book.add(line | {"cost": None, "reason": found})
                else:
                    more = _measured(subject, cell, found, judge())
                    book.add(line | more, found.seconds, found.memory_mib)
            reach(done)


def _cells(config: Any) -> Iterator[Cell]:
    for seed in config.seeds:
        for budget in sorted(config.budgets):
            for name in rows(config.methods):
                walk = name.removeprefix(AS) if name.startswith(AS) else None
                yield Cell(name, seed, budget, walk)


def _is_due(cell: Cell, line: dict[str, Any], book: Book) -> bool:
    """Whether there is a cell at all: a walk with none has no latents as short."""
    walk = book.of(line | {"method": cell.walk})
    return cell.walk is None or walk.get("z_square_after") is not None


def _head(subject: Subject, cell: Cell, n: int) -> dict[str, Any]:
    row = rows(tables.METHODS)[cell.method]
    asked = {"d": row.judge, "d_step": subject.d_steps[row.judge]}
    own = {"seed": cell.seed, "method": cell.method, "budget": float(cell.budget)}
    return {**subject.line, **asked, **own, "n": n}


def _drawn(
    subject: Subject, cell: Cell, n: int, book: Book, line: dict[str, Any]
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
        norm = book.of(line | {"method": cell.walk})["z_square_after"]
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
    subject: Subject, cell: Cell, drawn: spending.Drawn, judge: Callable
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
