"""Better samples of a trained GAN, or the word that there is nothing to gain.

python -m experiments.sample --generator=g.keras --discriminator=d.keras \
  --data=train.npz --held_out=test.npz --n=1000

For a GAN in PyTorch the first two flags are --generator_code=nets.py:generator
--generator_weights=g.pt and the same of its discriminator. For the GAN of a finished
run of mog2d, mnist, celeba or coulomb --from_run=RUN stands for all four.
"""

import dataclasses
import os
import pathlib
from typing import TYPE_CHECKING, Annotated, Any

from experiments import celeba, coulomb, mnist, mog2d
from experiments.cli import errors, flags, rules
from experiments.stages import torch_nets
from tf_collab import tables

if TYPE_CHECKING:
    import tf_collab as tc


PLACE = rules.Path("runs/sample")
PROGRAMS = {part.Config.EXPERIMENT: part for part in (mog2d, mnist, celeba, coulomb)}
NEEDED = ("generator", "discriminator", "data", "held_out")


def _npz_or_folder(path: str) -> str | None:
    return None if os.path.isdir(path) else rules.a_file(path)


@dataclasses.dataclass(frozen=True)
class Config(torch_nets.TorchNets):
    """Tunes samplers for a trained GAN, judges them on held-out data and draws."""

    TOPIC = "Flags"

    generator: Annotated[
        rules.Path | None, "generator as a .keras file", rules.a_file
    ] = None
    discriminator: Annotated[
        rules.Path | None, "its discriminator as a .keras file", rules.a_file
    ] = None
    from_run: Annotated[
        rules.Path | None,
        "folder of a finished run, whose GAN is tuned and sampled in place of one in "
        "files: nets, prior, objective and data are the run's, and the verdict is on "
        "reals that it held out; that folder is only read",
        rules.a_folder,
    ] = None
    data_dir: Annotated[
        rules.Path | None,
        "where the images or the text of --from_run are (none: where they were)",
    ] = None
    gan: Annotated[
        str,
        "objective with which the discriminator was trained",
        rules.one_of(tables.OBJECTIVES),
    ] = "nsgan"
    prior: Annotated[
        str,
        "law of the generator's flat latent",
        rules.OneOf({"normal": "standard normal", "uniform": "uniform on [-1, 1)"}),
    ] = "normal"
    data: Annotated[
        rules.Path | None,
        "data that the GAN learned from: an npz file with x [rows, ...] and, if there "
        "are any, labels [rows], or a folder of images",
        _npz_or_folder,
    ] = None
    held_out: Annotated[
        rules.Path | None,
        "data of the same kind that the discriminator never saw, 200 rows or more",
        _npz_or_folder,
    ] = None
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
    ] = None
    n: Annotated[int, "number of samples to draw", rules.at_least(1)] = 1000
    seed: Annotated[int, "random seed", rules.between(0, 2**31 - 1)] = 0
    workdir: Annotated[
        rules.Path, "folder for what is made; a tuning in it goes on", rules.new_folder
    ] = PLACE

    def problem(self) -> str | None:
        """What is missing, or given in two ways."""
        code = self.in_torch()
        if self.from_run:
            for name in (*NEEDED, *torch_nets.FLAGS):
                if getattr(self, name) is not None:
                    return (
                        f"--{name} and --from_run={self.from_run!r} both say what is "
                        "sampled: the nets and data of a run are its own, so give one"
                    )
            return None
        for name in ("generator", "discriminator"):
            if code and getattr(self, name) is not None:
                return (
                    f"--{name} is a net of Keras and --{code} is of one in PyTorch: "
                    "give both nets in one way"
                )
        for name in NEEDED[2:] if code else NEEDED:
            if getattr(self, name) is None:
                return f"--{name} is needed: see --help"
        return self.half_given()

    def idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        idle = {} if self.calls is None else {"minutes": f"--calls={self.calls}"}
        if self.from_run:
            return idle | dict.fromkeys(("gan", "prior", "latent"), "--from_run")
        idle["data_dir"] = "nets that come as files"
        return idle if self.in_torch() else idle | {"latent": "a generator of Keras"}


def run(config: Config) -> None:
    """From the files to a report, a figure and samples.npz in the folder."""
    from experiments.cli import startup

    with startup.quiet():
        import numpy as np

        from tf_collab import atomic
    folder = pathlib.Path(config.workdir)
    with errors.blaming("", RuntimeError, TypeError):
        c = _opened(config)
    budget: dict[str, Any] = {"minutes": config.minutes}
    if config.calls is not None:
        budget = {"calls": config.calls}
    with errors.blaming("", RuntimeError):
        c.tune(**budget)
    print(c.report())
    x = c.draw(config.n, method=config.method, seed=config.seed)
    arrays = dict(zip(("x", "label"), x)) if isinstance(x, tuple) else {"x": x}
    with atomic.writing(folder / "samples.npz") as path:
        np.savez(path, **arrays)
    with atomic.writing(folder / "report.md") as path:
        path.write_text(c.report(), encoding="utf-8")
    c.save(folder / "collaboration")
    if config.in_torch():
        shaped = c.outcome.dials.shaped.discriminator
        torch_nets.save(shaped, folder / "shaped_discriminator.pt")
    try:
        figure = c.figure()
    except ValueError as error:  # of rows that are neither points nor pictures
        print(f"there is no figure: {error}")
        return
    with atomic.writing(folder / "samples.png") as path:
        figure.savefig(path)


def _opened(config: Config) -> "tc.Collaboration":
    import tf_collab as tc
    from experiments.stages import given_files

    options: dict[str, Any] = {}
    if config.from_run:
        nets, learned, held_out = _of_run(config, config.from_run)
    elif config.in_torch():
        nets = [torch_nets.gan(config, config.prior, config.gan)]
        learned, held_out = map(given_files.rows, (config.data, config.held_out))
    else:
        nets, prior = given_files.nets(config)
        options = {"prior": prior, "objective": config.gan}
        learned, held_out = map(given_files.rows, (config.data, config.held_out))
    return tc.collaborate(
        *nets,
        learned,
        held_out=held_out,
        folder=pathlib.Path(config.workdir, "tuning"),
        seed=config.seed,
        **options,
    )


def _of_run(config: Config, folder: str) -> tuple[list["tc.GAN"], Any, Any]:
    from experiments.stages import finished_runs

    places = {} if config.data_dir is None else {"data_dir": config.data_dir}
    found = finished_runs.opened(folder, config.workdir, PROGRAMS, places)
    return [found.gan], found.learned, found.held_out


if __name__ == "__main__":
    flags.main(Config, run)
