"""Commands of programs: what they ask for, and what they would record."""

from experiments.cli import flags
from experiments.rundir import run_folder
from experiments.stages import records


def asked(kind, *argv):
    """The runs that a command asks for, as the program sees them."""
    return list(flags.parse(kind, ["", *argv]).each_run())


def begin(kind, folder, *argv):
    """Records every phase of a command, as a run does that has gone through them."""
    for config in asked(kind, f"--workdir={folder}", *argv):
        with run_folder.Run(config.workdir, config, experiment=kind.EXPERIMENT) as run:
            for phase, stood_on in records.depends(config).items():
                run.check(phase, stood_on, config.flags_given())
                run.begin(phase, stood_on)
            for at in config.gan_steps:
                checkpoint = run.workdir / f"checkpoints/train/step-{at:09d}"
                checkpoint.mkdir(parents=True, exist_ok=True)
