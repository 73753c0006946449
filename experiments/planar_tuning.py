"""Calibrating and shaping D in a 2-D run, and drawing with what comes of it."""

from collections.abc import Callable

import keras
import numpy as np

import tf_collab as tc
from experiments import (
    monitor,
    phases,
    planar_figures,
    planar_scores,
    planar_setting,
    planar_training,
)

__all__ = ["tune_and_draw"]

POLICIES: dict[str, Callable[..., tc.base.Policy]] = {
    "ladam": tc.policies.ladam,
    "adam": tc.policies.adam,
    "momentum": tc.policies.momentum,
    "sgd": tc.policies.sgd,
}


def tune_and_draw(setting: planar_setting.Setting, gan: tc.GAN, at: int) -> None:
    """Both D loops from one trained GAN, with the samplers that ask each D."""
    config = setting.config
    calibrated, shaped = (
        gan._replace(discriminator=tc.models.copy(gan.discriminator)) for _ in range(2)
    )
    policy = POLICIES[config.rollout_method](config.rollout_rate)
    layer = gan.generator.depth if config.collab_layer is None else config.collab_layer
    move = {"layer": layer, "steps": config.rollout_steps}
    options: dict = {**move, "stop": config.stop, "xla": setting.xla}
    suite = tc.sampling.suite(
        calibrated,
        shaped,
        tc.sampling.refine(shaped, policy, **options),
        rejector=tc.sampling.drs(
            calibrated,
            percentile=config.drs_percentile,
            per_batch=config.drs_per_batch,
        ),
        thin=config.mh_thin,
    )
    explore = tc.sampling.refine(shaped, policy, **options, pick="random")
    judges, d_steps = {"trained": gan}, {}
    loops: tuple = (
        ("calibrate", "calibrated", calibrated, tc.sampling.direct(calibrated)),
        ("shape", "shaped", shaped, explore),
    )
    for kind, name, tuned, proposer in loops:
        asking = planar_setting.KINDS[kind]
        methods = {method: suite[method] for method in asking}
        d_steps[name] = _tune(setting, kind, at, tuned, proposer, methods)
        if d_steps[name]:
            judges[name] = tuned
    planar_figures.figures(setting, at, judges, d_steps, policy, move)


def _tune(setting, kind, at, tuned, proposer, methods) -> int:
    """One D loop, as far as the mode asks for it; the steps this D has been through."""
    run, config = setting.run, setting.config
    phase, (goal, rate) = f"{kind}-g{at}", config.tuning(kind)
    depends = planar_setting.depends(config)
    optimizer = keras.optimizers.SGD(rate)
    step = tc.training.tune_step(tuned, proposer, optimizer, xla=setting.xla)
    checkpoints = planar_training.checkpoints(
        setting, phase, discriminator=tuned.discriminator, optimizer=optimizer
    )
    first = checkpoints.restore(warn=run.log) or 0
    if config.mode not in ("all", "sample", kind):
        return first
    z = tuned.prior(1000, setting.seeds["probe"])
    watch = monitor.Monitor(
        run,
        phase,
        since=first or -1,
        probe=lambda: planar_scores.probabilities(setting, tuned, z),
    )

    def evaluate(d_step):
        if not np.isfinite(tuned.scored(setting.held_out).score).all():
            raise FloatingPointError(f"D's scores are not finite at step {d_step}")
        planar_scores.evaluate(setting, kind, at, d_step, methods, watch)

    for name in methods:
        if name in config.methods:
            run.begin(f"sample-{name}-g{at}", depends[f"sample-{name}-g{at}"])
    if config.mode == "sample":
        goal = first
    else:
        run.begin(phase, depends[phase])
        phases.carry_out(
            run,
            phase,
            step,
            setting.batch_at,
            goal,
            first=first,
            seed=setting.seeds[kind],
            checkpoints=checkpoints,
            watch=watch,
            save_every=config.eval_every,
            every=50,
            evaluate=evaluate,
        )
    evaluate(goal)  # with methods that were not asked for before
    watch.flush()
    return goal
