"""Better samples of a trained GAN, or the word that there is nothing to gain.

python -m experiments.sample --generator=g.keras --discriminator=d.keras \
  --data=train.npz --held_out=test.npz --n=1000

For a GAN in PyTorch the first two flags are --generator_code=nets.py:generator
--generator_weights=g.pt and the same of its discriminator. For the GAN of a finished
run of mog2d, mnist, celeba or coulomb --from_run=RUN stands for all four, and so does
--collaboration=FOLDER for what such a command saved. Many samples are drawn in blocks,
by several processes if need be: see --format, and docs/scaling.md.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Self

from experiments import celeba, coulomb, mnist, mog2d
from experiments.cli import errors, flags, rules
from experiments.stages import block_flags, source_flags, torch_nets
from tf_collab import tables

if TYPE_CHECKING:
    import tf_collab as tc


PLACE = rules.Path("runs/sample")
PROGRAMS = {part.Config.EXPERIMENT: part for part in (mog2d, mnist, celeba, coulomb)}
ELSEWHERE = f"; {', '.join(PROGRAMS)} draw by it: see docs/choosing_a_sampler.md"


@dataclasses.dataclass(frozen=True)
class Config(source_flags.SourceFlags, block_flags.BlockFlags):
    """Tunes samplers for a trained GAN, judges them on held-out data and draws."""

    TOPIC = "Flags"
    FREE = (*block_flags.BlockFlags.FREE, "data_dir")
    FRESH = torch_nets.FLAGS
    PATHS = (*source_flags.PATHS, *torch_nets.WEIGHTS)
    CODE = torch_nets.CODE

    minutes: Annotated[float, "minutes of tuning", rules.positive] = 5.0
    calls: Annotated[
        int | None,
        "passes of a sample through a net that tuning may take, in place of --minutes",
        rules.positive,
    ] = None
    method: Annotated[
        str | None,
        "sampler to draw from (none: the one that the report recommends)",
        rules.one_of(tables.USUAL),
        rules.Elsewhere(dict.fromkeys(tables.SAMPLERS, ELSEWHERE)),
    ] = None
    n: Annotated[int, "number of samples to draw", rules.at_least(1)] = 1000
    seed: Annotated[int, "random seed", rules.between(0, 2**31 - 1)] = 0
    workdir: Annotated[
        rules.Path, "folder for what is made; a tuning in it goes on", rules.new_folder
    ] = PLACE

    def each_run(self) -> Iterator[Self]:
        """With what the job in the folder recorded, if one was begun there."""
        yield self.recalled()

    def problem(self) -> str | None:
        """What is missing, or given in two ways."""
        return self.block_problem() or self.source_problem()

    def idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        idle = self.source_idle() | self.block_idle()
        return (
            idle if self.calls is None else {"minutes": f"--calls={self.calls}"} | idle
        )


def run(config: Config) -> None:
    """From the files to a report, a figure and samples in the folder."""
    from experiments.cli import startup

    (config,) = config.each_run()
    with startup.quiet():
        import numpy as np

        from experiments.stages import block_jobs
        from tf_collab import atomic
        from tf_collab.front import blocks
    if config.verify:
        block_jobs.verify(config)
    elif config.format is not None:
        show = functools.partial(_shown, config)
        block_jobs.run(config, lambda: _kept(config, *_tuned(config)), show)
    else:
        c, objective = _tuned(config)
        folder = pathlib.Path(config.workdir)
        folder.mkdir(parents=True, exist_ok=True)  # a tuning has made it, if one was
        x = c.draw(config.n, method=config.method, seed=config.seed)
        with atomic.writing(folder / "samples.npz") as path:
            np.savez(path, allow_pickle=False, **blocks.arrays(x))
        _kept(config, c, objective)


def _tuned(config: Config) -> "tuple[tc.Collaboration, str]":
    """What there is to draw from, with its report on stdout, and its objective."""
    from experiments.stages import block_jobs

    budget: dict[str, Any] = {"minutes": config.minutes}
    if config.calls is not None:
        budget = {"calls": config.calls}
    with errors.blaming("", RuntimeError, TypeError):
        c, objective = _opened(config)
    block_jobs.check_format(config, c)
    if config.collaboration is None:
        with errors.blaming("", RuntimeError):
            c.tune(**budget)
    print(c.report())
    return c, objective


def _kept(config: Config, c: "tc.Collaboration", objective: str) -> "tc.Collaboration":
    """The same, with its report, nets and figure in the folder."""
    from tf_collab.front import quiet

    folder = pathlib.Path(config.workdir)
    if config.collaboration is None:
        # Nets in PyTorch are kept as weights, and the same flags give them again.
        with quiet.kept(lambda doubt: None):
            c.save(folder / "collaboration", objective=objective)
        if config.in_torch():
            shaped = c.outcome.dials.shaped.discriminator
            torch_nets.save(shaped, folder / "shaped_discriminator.pt")
    _shown(config, c)
    return c


def _shown(config: Config, c: "tc.Collaboration") -> None:
    """Its report and its figure in the folder."""
    from tf_collab import atomic

    folder = pathlib.Path(config.workdir)
    with atomic.writing(folder / "report.md") as path:
        path.write_text(c.report(), encoding="utf-8")
    try:
        figure = c.figure()
    except ValueError as error:  # of rows that are neither points nor pictures
        print(f"there is no figure: {error}")
        return
    with atomic.writing(folder / "samples.png") as path:
        figure.savefig(path)


def _opened(config: Config) -> "tuple[tc.Collaboration, str]":
    import tf_collab as tc
    from experiments.stages import finished_runs, given_files
    from tf_collab.front import loading

    options: dict[str, Any] = {}
    objective = config.gan
    if config.collaboration is not None:
        folder = config.collaboration
        if config.in_torch():
            c = torch_nets.collaboration(config, config.prior, objective, folder)
        else:
            try:
                c = tc.load_collaboration(folder)
            except loading.Lacking as error:
                told = (
                    f"--collaboration={folder!r} {error.lacks}: load it in Python by "
                    f"{error.way}"
                )
                if "discriminator" in error.options or "generator" in error.options:
                    told += (
                        ", tune nets of Keras' own layers, or, where it was tuned in "
                        f"PyTorch, give --{', --'.join(torch_nets.FLAGS)} again"
                    )
                raise errors.Refused(told) from None
        return c, objective
    if config.from_run:
        places = {} if config.data_dir is None else {"data_dir": config.data_dir}
        gan, learned, held_out, objective, groups = finished_runs.opened(
            config.from_run, config.workdir, PROGRAMS, places
        )
        nets: list[Any] = [gan]
    else:
        if config.in_torch():
            nets = [torch_nets.gan(config, config.prior, objective)]
        else:
            nets, prior = given_files.nets(config)
            options = {"prior": prior, "objective": objective}
        learned, held_out = map(given_files.rows, (config.data, config.held_out))
        groups = given_files.groups(config.held_out)
    c = tc.collaborate(
        *nets,
        learned,
        held_out=held_out,
        groups=groups,
        folder=pathlib.Path(config.workdir, "tuning"),
        seed=config.seed,
        **options,
    )
    return c, objective


if __name__ == "__main__":
    flags.main(Config, run)
