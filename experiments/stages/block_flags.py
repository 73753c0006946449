"""The flags of a job: many samples, in blocks, which any number of processes draw."""

import dataclasses
import os
import pathlib
from typing import Annotated, Any, ClassVar, Self

from experiments.cli import errors, fields, flag_types, own_code, rules
from experiments.rundir import run_record
from experiments.stages import cluster_flags
from tf_collab import files, formats

__all__ = ["BlockFlags"]

ADVICE = (
    "; put a copy of it back, or take another --workdir, where the same flags draw the "
    "same samples"
)
MOST = 200_000  # blocks of a job, whose manifest is written again and again


def _manifest(config: Any) -> pathlib.Path:
    return pathlib.Path(config.workdir, formats.MANIFEST)


@dataclasses.dataclass(frozen=True)
class BlockFlags(cluster_flags.ClusterFlags):
    """How samples are drawn in blocks, to files of which each is a block."""

    TOPIC: ClassVar[str] = "Many samples, in blocks"
    # Those that change no sample. Code that a flag names is not run because a file says
    # so: what is FRESH is to be given again.
    FREE: ClassVar[tuple[str, ...]] = ("workdir", "cluster", "workers", "verify")
    FRESH: ClassVar[tuple[str, ...]] = ()
    PATHS: ClassVar[tuple[str, ...]] = ()  # of files and folders
    CODE: ClassVar[tuple[str, ...]] = ()

    format: Annotated[
        str | None,
        "format of the files of blocks, in WORKDIR/blocks (none: all samples are drawn "
        "at once, into samples.npz)",
        rules.one_of(formats.FORMATS),
    ] = None
    block: Annotated[
        int,
        "samples of a block, each of which has a seed and chains of its own",
        rules.at_least(1),
    ] = 1000
    verify: Annotated[
        bool,
        "whether to check, in place of drawing, that the files in WORKDIR are those of "
        "its manifest, and that some blocks can be drawn again",
    ] = False

    def recalled(self) -> Self:
        """The same, with the flags with which the job in the folder was begun.

        Refused where another value is given.
        """
        path = _manifest(self)
        if not path.exists():
            return self
        with errors.blaming(f"{str(path)!r} was damaged", advice=ADVICE):
            begun = files.record(path, "manifest of a job").get("flags")
        if not isinstance(begun, dict):
            raise errors.Refused(f"{str(path)!r} is not the manifest of a job")
        given, readers = self.flags_given(), fields.readers(type(self))
        begun = {name: value for name, value in begun.items() if name in readers}
        now = {name: self.whole(name) for name in begun if name in given}
        run_record.refuse_others(begun, now, given, f"the job in {str(path.parent)!r}")
        for name in self.FRESH:
            if begun.get(name) is not None and name not in given:
                raise errors.Refused(
                    f"the job in {str(path.parent)!r} was begun with --{name}="
                    f"{flag_types.spell(begun[name])}: give that again, since no code "
                    "is run that a file names"
                )
        with errors.blaming(f"{str(path)!r} was damaged", TypeError, AttributeError):
            values = {
                name: readers[name].read(flag_types.spell(value))
                for name, value in begun.items()
                if name not in given
            }
        return dataclasses.replace(self, **values)

    def whole(self, name: str) -> Any:
        """A flag's value, the same wherever a later command or a worker runs."""
        value = getattr(self, name)
        if value is None or name not in (*self.PATHS, *self.CODE):
            return value
        return own_code.whole(value) if name in self.CODE else os.path.abspath(value)

    def standing(self) -> dict[str, Any]:
        """The flags on which the samples of a job stand, or that say where it began."""
        return {
            name: self.whole(name)
            for name, value in fields.recorded(self).items()
            if name not in self.FREE and value is not None
        }

    def block_problem(self) -> str | None:
        """What is wrong with these flags together."""
        if self.verify and not (path := _manifest(self)).exists():
            none = (
                f"--verify is of a job, and --workdir={str(path.parent)!r} holds none: "
                f"there is no {formats.MANIFEST} in it"
            )
            if (path.parent / formats.BLOCKS).is_dir():  # of a job whose record is lost
                return none + ADVICE
            kinds = ", ".join(formats.FORMATS)
            return (
                f"{none}, nor a folder {formats.BLOCKS!r}; a command with --format "
                f"(one of {kinds}) and without --verify begins a job there"
            )
        n = getattr(self, "n", 0)
        if self.format is not None and -(-n // self.block) > MOST:
            return (
                f"--n={n} in blocks of --block={self.block} is more than {MOST} "
                "blocks: give a larger --block"
            )
        return None

    def block_idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        if self.format is None and not self.verify:
            names = ("block", "cluster", "workers", "threads")
            return dict.fromkeys(names, "one file for all samples: see --format")
        if self.verify:
            return dict.fromkeys(("cluster", "workers"), "--verify")
        return self.cluster_idle()
