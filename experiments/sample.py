"""Better samples of a GAN in two files, or the word that there is nothing to gain.

python -m experiments.sample --generator=g.keras --discriminator=d.keras \
  --data=train.npz --held_out=test.npz --n=1000

For a GAN in PyTorch the first two flags are --generator_code=nets.py:generator
--generator_weights=g.pt and the same of its discriminator.
"""

import dataclasses
import os
import pathlib
from typing import TYPE_CHECKING, Annotated, Any

from experiments.cli import errors, flags, rules
from experiments.stages import torch_nets
from tf_collab import tables

if TYPE_CHECKING:
    import tf_collab as tc


PLACE = rules.Path("runs/sample")


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
        rules.one_of(tables.SAMPLERS),
    ] = None
    n: Annotated[int, "number of samples to draw", rules.at_least(1)] = 1000
    seed: Annotated[int, "random seed", rules.between(0, 2**31 - 1)] = 0
    workdir: Annotated[
        rules.Path, "folder for what is made; a tuning in it goes on", rules.new_folder
    ] = PLACE

    def problem(self) -> str | None:
        """What is missing, or given in two ways."""
        code = self.in_torch()
        for name in ("generator", "discriminator"):
            if code and getattr(self, name) is not None:
                return (
                    f"--{name} is a net of Keras and --{code} is of one in PyTorch: "
                    "give both nets in one way"
                )
        needed = () if code else ("generator", "discriminator")
        for name in (*needed, "data", "held_out"):
            if getattr(self, name) is None:
                return f"--{name} is needed: see --help"
        return self.half_given()

    def idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        idle = {} if self.calls is None else {"minutes": f"--calls={self.calls}"}
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
    report = c.report()
    print(report)
    x = c.draw(config.n, method=config.method, seed=config.seed)
    with atomic.writing(folder / "samples.npz") as path:
        np.savez(path, x=x)
    with atomic.writing(folder / "report.md") as path:
        path.write_text(report, encoding="utf-8")
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

    if config.in_torch():
        nets: Any = [torch_nets.gan(config, config.prior, config.gan)]
        options = {}
    else:
        assert config.generator and config.discriminator  # `problem` has seen to it
        nets = [*map(tc.models.load, (config.generator, config.discriminator))]
        if len(nets[0].inputs) != 1:
            raise errors.Refused(
                f"--generator={config.generator!r} takes {len(nets[0].inputs)} inputs, "
                "and only a flat latent can be given here: see docs/your_gan.md"
            )
        prior = getattr(tc.priors, config.prior)(*nets[0].input_shape[1:])
        options = {"prior": prior, "objective": config.gan}
    return tc.collaborate(
        *nets,
        _reals(config.data),
        held_out=_reals(config.held_out),
        folder=pathlib.Path(config.workdir, "tuning"),
        seed=config.seed,
        **options,
    )


def _reals(path: str | None) -> Any:
    """x, or x with its labels, of a file; a folder as it is."""
    from tf_collab import archives

    assert path is not None
    if os.path.isdir(path):
        return path
    arrays = archives.arrays(path, ("x", "labels"), what="npz file with an array x")
    if "x" not in arrays:
        raise errors.Refused(f"{path!r} has no array x")
    return (arrays["x"], arrays["labels"]) if "labels" in arrays else arrays["x"]


if __name__ == "__main__":
    flags.main(Config, run)
