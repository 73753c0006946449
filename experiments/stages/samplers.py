"""The samplers that --method names, each with the D that it asks; what they draw."""

from typing import Any, Literal, NamedTuple

import tf_collab as tc
from experiments.stages import options, records
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from tf_collab import tables

__all__ = [
    "Refinement",
    "build",
    "draw",
    "is_pooled",
    "refinement",
]


class Refinement(NamedTuple):
    """How refinement moves samples, whichever D guides it."""

    policy: tc.base.Policy
    move: dict[str, Any]  # layer, steps and bounds
    rest: dict[str, Any]  # where a sample stops early, and the compiler

    def by(self, judge: tc.GAN, **options: Any) -> tc.base.Proposer:
        """As a proposer, guided by the D of `judge`."""
        return tc.sampling.refine(
            judge, self.policy, **self.move, **self.rest, **options
        )

    def path(self, judge: tc.GAN, z: Any, real: tc.Scored) -> tc.Scored:
        """All that z passes through, guided by the D of `judge`."""
        return tc.sampling.trajectory(judge, self.policy, **self.move)(z, real)


def refinement(session: Session, gan: tc.GAN, task: Task, rate: float) -> Refinement:
    """What the flags say of it, at a rate that they give or that was found."""
    config, depth = session.config, gan.generator.depth
    layer = depth if config.layer is None else config.layer
    bounds = task.bounds if layer == depth else None
    return Refinement(
        tables.POLICIES[config.rollout_method].build(rate),
        {"layer": layer, "steps": config.rollout_steps, "bounds": bounds},
        {"stop": config.stop, "xla": session.xla},
    )


def build(
    config: options.Options,
    kind: Literal["calibrate", "shape"],
    judge: tc.GAN,
    proposer: tc.base.Proposer,
    xla: bool | None = None,
) -> dict[str, tc.sampling.Method]:
    """By name the samplers that are asked for of the D of one loop, and its first.

    Their candidates are those of `proposer`, or of a walk of the row's own. ValueError
    where a row asks the shaped D about plain samples, or the calibrated one about
    refined samples: neither D learned from those.
    """
    methods = {}
    for name in records.KINDS[kind]:
        row = tables.SAMPLERS[name]
        if name not in config.methods and not row.first:
            continue
        if row.refines != (kind == "shape"):
            raise ValueError(
                f"the row of {name!r} has judge={row.judge!r} and "
                f"refines={row.refines}: the calibrated D learns from plain samples, "
                "the shaped one from refined samples"
            )
        own = row.proposer(judge, config, xla=xla) if row.walks else proposer
        sampler = tc.sampling.compose(own, row.acceptor(judge, config))
        methods[name] = tc.sampling.Method(judge, sampler)
    return methods


def is_pooled(config: options.Options, name: str) -> bool:
    """Whether a chain runs over the samples of the first method that asks its D."""
    return config.mh_pool and "mh_pool" in tables.SAMPLERS[name].flags


def draw(
    session: Session,
    task: Task,
    at: int,
    d_step: int,
    name: str,
    method: tc.sampling.Method,
    pool: tc.sampling.Samples | None,
) -> tuple[tc.sampling.Samples | None, tc.Scored]:
    """Samples (None where nearly all are refused) and the reals as this D sees them.

    `pool` are the samples of the first method that asks this D.
    """
    config, gan = session.config, method.gan
    seed = session.seeds["draw"]
    for part in (at, d_step, tables.SAMPLERS[name].seed):
        seed = tc.seeds.fold_in(seed, part)
    real = task.scored(gan)
    if is_pooled(config, name):
        assert pool is not None  # that method comes first, and refuses nothing
        chained = tc.sampling.select(
            tc.sampling.mhgan(gan, thin=config.mh_thin),
            tc.Scored(pool.x, pool.score),
            real=real,
            batch=max(1, config.num_samples // (10 * config.mh_thin)),
            seed=seed,
        )
        return chained._replace(info=pool.info | chained.info), real
    samples, group = None, method.sampler.group  # rows that are judged together
    rows = task.rows
    if tables.SAMPLERS[name].chain:  # of which a group has one
        rows = min(rows, group * task.chains)
    try:
        samples = tc.sampling.draw(
            method.sampler,
            gan.prior,
            config.num_samples,
            real=real,
            batch=group * min(max(1, rows // group), config.num_samples),
            seed=seed,
        )
    except tc.sampling.TooFewKept as few:
        session.run.log(f"{name} at GAN step {at}, D step {d_step}: {few}")
    return samples, real
