"""The folder of a run, held by a command whose flags go with it."""

import contextlib
from collections.abc import Iterator

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import run_folder
from experiments.stages import options, records

__all__ = ["held", "refuse_other_version"]


@contextlib.contextmanager
def held(config: options.Options) -> Iterator[run_folder.Run]:
    """The folder of one run; Refused where its flags, version or GAN are others."""
    with run_folder.Run(
        str(config.workdir),
        config,
        experiment=config.EXPERIMENT,
        resume=config.resume,
    ) as run:
        refuse_other_version(run)
        _refuse_alien(run, config)
        given = config.flags_given()
        for phase, flags in records.depends(config).items():
            run.check(phase, flags, given)
        yield run


def refuse_other_version(run: run_folder.Run) -> None:
    """Refuses to go on with a run whose version had other bits or defaults."""
    begun_by = run.begun_by
    if begun_by not in (None, tc.__version__):
        raise errors.Refused(
            f"--workdir={str(run.workdir)!r} holds a run of tf_collab {begun_by}, "
            f"and this is {tc.__version__}, which may give other numbers: its results "
            "can be read, compared and evaluated, but it is not gone on with; take "
            "another --workdir, or that version"
        )


def _refuse_alien(run: run_folder.Run, config: options.Options) -> None:
    """Refuses a folder whose results are of another GAN, or are not results."""
    trained = "train" in run.phases
    of_run = any("from_run" in begun for begun in run.phases.values())
    if run.phases and (config.imported, bool(config.from_run)) != (not trained, of_run):
        raise errors.Refused(
            f"--workdir={str(run.workdir)!r} holds a run that "
            + ("trained its own GAN" if trained else "sampled another's GAN")
            + ": take another"
        )
    for number, line in enumerate(run.results.lines(), start=1):
        absent = {"seed", "gan_step", "d_step", "method", "n"} - {*line}
        if absent:
            raise errors.Refused(
                f"{str(run.results.path)!r}, line {number}, has no "
                f"{sorted(absent)[0]!r}: repair or remove that line"
            )
