"""What every program tells of itself and takes: help, an example, paths."""

import contextlib
import re

import numpy as np
import pytest

from experiments import (
    celeba,
    compare,
    coulomb,
    evaluate,
    mnist,
    mog2d,
    sample,
)
from experiments.cli import fields

PROGRAMS = (celeba, compare, coulomb, evaluate, mnist, mog2d, sample)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda module: module.__name__)
def test_help_begins_with_what_the_program_does_and_an_example(program):
    first, second, *_ = fields.help_text(program.Config, program.__file__).splitlines()
    assert first.startswith(program.__name__.rpartition(".")[2] + ": ")
    assert second.startswith(f"    python -m {program.__name__}")


def test_help_tells_what_training_takes_where_nothing_is_given():
    for program in (celeba, mnist, mog2d):
        name = program.Config.EXPERIMENT
        told = " ".join(fields.help_text(program.Config, program.__file__).split())
        steps, rate = program.Config.STEPS_OF_GAN, program.Config.RATE_OF_D
        assert re.search(rf"\(none: [^)]*\b{steps} in {name}\b", told)
        rates = re.search(r"\(none: ([^)]*), ([^)]*)\) ", told[told.index("--lrd") :])
        (one,) = (part for part in rates.groups() if name in part)
        assert float(one.split()[0]) == rate


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda module: module.__name__)
def test_every_flag_of_text_but_the_data_is_a_path_and_knows_homes(
    program, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for field in fields.read(program.Config):
        if field.reader.allowed.startswith("PATH"):
            read = set()
            for name in ("file", "folder"):
                with contextlib.suppress(
                    ValueError
                ):  # some are the one, some the other
                    read |= {*np.ravel(field.reader.read(f"~/{name}"))}
            assert read and read <= {*map(str, tmp_path.iterdir())}
            with pytest.raises(ValueError, match=r"~nobody-at-all, .* nobody's home"):
                field.reader.read("~nobody-at-all/a")
        else:
            # Code in a file knows homes by itself: test_own_code.py.
            known = ("dataset", "generator_code", "discriminator_code", "cluster")
            assert "TEXT" not in field.reader.allowed or field.name in known
