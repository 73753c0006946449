"""Drawing samples of a run from one sampler."""

import tf_collab as tc
from experiments.stages import options
from experiments.stages.sessions import Session
from experiments.stages.task import Task
from tf_collab import tables

__all__ = ["draw", "is_pooled"]


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
    rows = task.chains if tables.SAMPLERS[name].chain else task.rows
    samples = None
    try:
        samples = tc.sampling.draw(
            method.sampler,
            gan.prior,
            config.num_samples,
            real=real,
            batch=min(rows, config.num_samples),
            seed=seed,
        )
    except tc.sampling.TooFewKept as few:
        session.run.log(f"{name} at GAN step {at}, D step {d_step}: {few}")
    return samples, real
