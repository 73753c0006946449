"""Programs as a person starts them: compiled, optimized and drawn as everywhere else.

Other tests go without (`helpers/cheaply.py`), which changes numbers by rounding alone.
"""

import dataclasses
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from helpers import cheaply, small_runs
from PIL import Image

from experiments import mnist

ROOT = pathlib.Path(__file__).parents[2]
PLAIN = {"mog2d": "standard-g4-d0", "mnist": "standard-g2-d0"}
METHODS = {"mog2d": ("standard", "collaborative"), "mnist": ("standard", "refinement")}


@pytest.mark.parametrize("program", PLAIN)
def test_what_tests_go_without_changes_no_number_but_by_rounding(
    program, whole_planar, whole_digits, digits, tmp_path
):
    if program == "mog2d":
        more = {"xla": "on", "eval_every": 4, "method": METHODS[program]}
        whole, config = whole_planar, dataclasses.replace(small_runs.PLANAR, **more)
        argv = small_runs.command(config)
    else:
        whole, more = whole_digits, {"shape_iters": 0, "calibrate_iters": 0}
        more |= {"method": METHODS[program], "data_dir": str(digits)}
        options = {**small_runs.IMAGES, **more}
        argv = small_runs.command(mnist.Config(**options))
    argv.append(f"--workdir={tmp_path}")
    cheap = cheaply.ENVIRONMENT
    done = subprocess.run(
        [sys.executable, "-m", f"experiments.{program}", *argv],
        check=False,
        cwd=ROOT,
        env={name: v for name, v in os.environ.items() if name not in cheap},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr and METHODS[program][1] in done.stdout
    lines = small_runs.results(tmp_path)
    assert {line["method"] for line in lines} == {*METHODS[program]}
    ours, other = (small_runs.samples(at, PLAIN[program]) for at in (tmp_path, whole))
    # float32 over a few steps of training; a pixel may round to the next.
    close = {"atol": 1} if ours.dtype == np.uint8 else {"rtol": 1e-4, "atol": 1e-5}
    np.testing.assert_allclose(ours.astype("f8"), other.astype("f8"), **close)
    figures = list((tmp_path / "figures").glob("*.png"))
    assert len(figures) > 5
    for figure in figures:
        assert figure.stat().st_size < 200_000
        with Image.open(figure) as picture:
            assert min(picture.size) > 150
