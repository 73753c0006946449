"""The GAN of another run, restored from checkpoints that are only read."""

from typing import Literal

import tf_collab as tc
from experiments.cli import errors
from experiments.stages import data, from_runs, options
from tf_collab import files

__all__ = ["checkpoints", "refuse_unfit", "tuned", "untaken"]


def checkpoints(config: options.Options, gan: tc.GAN) -> tc.training.Checkpoints:
    """Those of --from_run, which hold the nets of this GAN."""
    whose = {"experiment": config.EXPERIMENT, "phase": "train"}
    return tc.training.Checkpoints(
        from_runs.checkpoint(config, 0).parent,
        mark=from_runs.read(config).phases["train"] | whose,
        generator=gan.generator,
        discriminator=gan.discriminator,
    )


def refuse_unfit(
    config: options.Options, there: tc.training.Checkpoints, digest: str | None
) -> str:
    """Refuses a GAN step that cannot be restored, and data that GAN did not learn.

    Returns a sentence on whose GAN it is. `digest` is that of the data as they are.
    """
    given, record = f"--from_run={str(config.from_run)!r}", from_runs.read(config)
    data.refuse_others(
        {"train": record.phases["train"]},
        str(config.from_run),
        config,
        digest,
        another="--from_run",
    )
    for at in config.gan_steps:
        if why := there.damage(at):
            sound = [step for step in there.steps() if not there.damage(step)]
            raise errors.Refused(
                f"{given}: its checkpoint of GAN step {at} is damaged ({why}); sound "
                f"ones are of {from_runs.listed(sound) or 'no step'}"
            )
        try:
            there.restore(at)
        except (ValueError, AssertionError) as error:
            raise errors.Refused(
                f"{given}: its GAN, of tf_collab {record.version}, does not fit the "
                f"nets of {tc.__version__}: {files.first_sentence(error)}"
            ) from None
    return f"the GAN is that of {given}, which tf_collab {record.version} trained"


def untaken(config: options.Options) -> list[str]:
    """A sentence on the Ds that --from_run tuned, which this run does not use.

    No sentence where there is no such D at the GAN steps that are chosen.
    """
    phases, parts = from_runs.read(config).phases, []
    for word, kind in (("calibrated", "calibrate"), ("shaped", "shape")):
        for at in config.gan_steps:
            phase = f"{kind}-g{at}"
            there = from_runs.checkpoint(config, 0).parent.with_name(phase)
            if phase in phases and any(tc.training.Checkpoints(there).steps()):
                parts.append(f"{word} at GAN step {at}")
    return parts and [
        f"the D that --from_run={str(config.from_run)!r} itself {' and '.join(parts)} "
        "is not used: D begins as it was trained with that GAN"
    ]


def tuned(
    config: options.Options, gan: tc.GAN, kind: Literal["calibrate", "shape"], at: int
) -> tuple[tc.GAN, int]:
    """A copy of the GAN with the D that a loop of --from_run tuned, and its steps.

    D is as it was trained, after 0 steps, if that run has not tuned it.
    """
    d = tc.models.thaw(tc.models.copy(gan.discriminator))
    phase, record = f"{kind}-g{at}", from_runs.read(config)
    there = tc.training.Checkpoints(
        from_runs.checkpoint(config, 0).parent.with_name(phase),
        mark=record.phases.get(phase, {})
        | {"experiment": config.EXPERIMENT, "phase": phase},
        discriminator=d,
    )
    steps = there.steps() if phase in record.phases else []
    sound = [step for step in steps if not there.damage(step)]
    if steps and not sound:
        raise errors.Refused(
            f"--from_run={str(config.from_run)!r}: its checkpoints of {phase} are "
            f"damaged ({there.damage(steps[-1])})"
        )
    if sound:
        there.restore(sound[-1])
    return gan._replace(discriminator=d), max(sound, default=0)
