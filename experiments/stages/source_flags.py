"""The flags of what is sampled: nets and data in files, a run, or a collaboration."""

import dataclasses
from typing import Annotated, ClassVar

from experiments.cli import rules
from experiments.stages import torch_nets
from tf_collab import tables

__all__ = ["PATHS", "SourceFlags"]

NEEDED = ("generator", "discriminator", "data", "held_out")
PATHS = (*NEEDED, "from_run", "collaboration", "data_dir")
NETS = ("gan", "prior", "latent")  # what is told of nets in files


@dataclasses.dataclass(frozen=True)
class SourceFlags(torch_nets.TorchNets):
    """A trained GAN with data, in one of four ways."""

    TOPIC: ClassVar[str] = "Flags"

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
    collaboration: Annotated[
        rules.Path | None,
        "folder `collaboration` that an earlier command left: samples are drawn from "
        "it, without another tuning",
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
        rules.a_file_or_folder,
    ] = None
    held_out: Annotated[
        rules.Path | None,
        "data of the same kind that the discriminator never saw, 200 rows or more; an "
        "npz file may have groups [rows], numbers or names of rows that are alike",
        rules.a_file_or_folder,
    ] = None

    def source_problem(self) -> str | None:
        """What is missing, or given in two ways."""
        code = self.in_torch()
        if self.collaboration is not None:
            both = self._both("collaboration", ("from_run", *NEEDED))
            return both or self.half_given()
        if self.from_run is not None:
            return self._both("from_run", (*NEEDED, *torch_nets.FLAGS))
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

    def source_idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        if self.collaboration is not None:
            told = () if self.in_torch() else NETS
            names = ("data_dir", "minutes", "calls", *told)
            return dict.fromkeys(names, "--collaboration")
        if self.from_run is not None:
            return dict.fromkeys(NETS, "--from_run")
        idle = {"data_dir": "nets that come as files"}
        return idle if self.in_torch() else idle | {"latent": "a generator of Keras"}

    def _both(self, source: str, names: tuple[str, ...]) -> str | None:
        """The sentence on a flag that says what is sampled beside `source`."""
        for name in names:
            if getattr(self, name) is not None:
                return (
                    f"--{name} and --{source}={getattr(self, source)!r} both say what "
                    f"is sampled: the nets and data of a {WHOSE[source]} are its own, "
                    "so give one"
                )
        return None


WHOSE = {"from_run": "run", "collaboration": "collaboration"}
