"""The step size of refinement: as it is given, or found for the trained D.

`--rollout_rate=auto` is the rate whose whole path, by this policy and in so many steps,
moves the median sample by half of the layer's spread, if the slope stays what it is at
first. It is found once a GAN step, by D as it was trained, and recorded in a phase of
its own, so that a run which is resumed goes on with the same number.
"""

from typing import Any

import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors, flag_types, rules
from experiments.rundir import run_record
from experiments.stages import data, records
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from tf_collab import tables

__all__ = ["of", "recorded", "remark", "suggested", "words"]

SOME = 64  # samples, enough to tell how far the median one moves


def of(session: Session, gan: tc.GAN, task: Task, at: int) -> float:
    """The rate of a GAN step, whose nets `gan` has as they were trained.

    What is found is logged, and recorded if this command stands on it: one that tunes
    or draws with refined samples, and not one that only shows some.
    """
    config, phase = session.config, records.rate_phase(at)
    if config.rollout_rate != records.AUTO:
        return config.rollout_rate
    kept = phase in session.flags
    rate = recorded(session.run.phases, at) if kept else None
    if rate is None:
        seed, real = session.seeds["probe"], task.scored(gan)
        rate = suggested(config, gan, real, config.layer, seed, at)
        if kept:
            session.begin(phase, task.digest, {records.FOUND: rate})
    where = "G's samples" if config.layer is None else f"layer {config.layer}"
    session.run.log(
        f"--rollout_rate=auto: {rate} at GAN step {at}, where {config.rollout_steps} "
        f"steps of {config.rollout_method} move the median sample by half of the "
        f"spread of {where}, down a steady slope"
    )
    return rate


def suggested(
    move: Any,
    gan: tc.GAN,
    real: tc.Scored,
    layer: int | None,
    seed: tf.Tensor,
    at: int,
) -> float:
    """A rate of three digits for the policy and the steps of `move`, which are flags.

    `real` are held-out reals as D sees them, `at` is the GAN step. Refused where D has
    no gradient that can be followed.
    """
    try:
        rate = tc.sampling.suggest_rate(
            gan,
            tables.POLICIES[move.rollout_method].build,
            layer=gan.generator.depth if layer is None else layer,
            real=real,
            steps=move.rollout_steps,
            n=SOME,
            seed=seed,
        )
    except ValueError as wrong:
        raise errors.Refused(
            f"--rollout_rate=auto at GAN step {at}: {wrong}; give a number instead"
        ) from None
    return float(f"{rate:.3g}")  # as the log tells it


def recorded(phases: Any, at: int) -> float | None:
    """The rate that was found at a GAN step, as the phases of a record have it."""
    phase = records.rate_phase(at)
    found = phases.get(phase, {}).get(records.FOUND)
    if found is None:
        return None
    text = flag_types.spell(found)
    with errors.blaming(f"{run_record.NAME!r} has {text!r} as the rate of {phase}"):
        return flag_types.reader(float, [rules.positive]).read(text)


def words(session: Session, at: int, name: str) -> str:
    """What the protocol of a sampler says of the rate beside "auto", if anything."""
    auto = session.config.rollout_rate == records.AUTO
    if not auto or "rollout_rate" not in tables.SAMPLERS[name].flags:
        return ""
    return f"rollout_rate={recorded(session.run.phases, at)}"


def remark(
    session: Session, gan: tc.GAN, task: Task, layer: int, gan_step: int
) -> str | None:
    """A sentence where --rollout_rate is far from what suits this D and this layer."""
    config, some = session.config, data.taken(task.held_out, slice(SOME))
    if config.rollout_rate == records.AUTO:
        return None
    advice = tc.sampling.rate_advice(
        gan,
        tables.POLICIES[config.rollout_method].build,
        config.rollout_rate,
        layer=layer,
        real=tc.Scored(some, task.score(gan, some)),
        steps=config.rollout_steps,
        n=SOME,
        bounds=task.bounds if layer == gan.generator.depth else None,
    )
    return advice and f"at GAN step {gan_step} --rollout_rate={advice}"
