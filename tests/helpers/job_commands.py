"""Commands of `experiments.sample` on jobs of blocks, and what they leave."""

import pytest

from experiments import sample
from experiments.cli import flags

__all__ = ["begin", "command", "contents", "refused"]


def command(*argv):
    flags.main(sample.Config, sample.run, ["sample", *argv])


def begin(source, workdir, *argv):
    """Three blocks of a collaboration, the last of which is short."""
    given = [f"--collaboration={source}", f"--workdir={workdir}"]
    command(*given, "--n=25", "--block=10", *argv)


def refused(capfd, *argv):
    """The sentence with which a command is refused."""
    with pytest.raises(SystemExit) as ended:
        command(*argv)
    told = capfd.readouterr().err
    assert ended.value.code == 2 and told.splitlines()[-1:], told
    return told.splitlines()[-1]


def contents(workdir):
    """The bytes of all blocks, and of the manifest."""
    paths = [workdir / "manifest.json", *sorted((workdir / "blocks").iterdir())]
    return {path.name: path.read_bytes() for path in paths}
