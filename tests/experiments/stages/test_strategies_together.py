"""Two devices, with other flags that say what is trained, tuned and drawn."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from helpers import checkpoint_weights, small_runs

HERE = pathlib.Path(__file__)


@pytest.fixture(scope="module")
def shared(whole_planar, tmp_path_factory):
    """The folders of `strategy_program`, whose runs two devices shared."""
    folder = tmp_path_factory.mktemp("shared")
    program = HERE.with_name("strategy_program.py")
    done = subprocess.run(
        [sys.executable, program, whole_planar, folder],
        cwd=HERE.parents[3],
        env={**os.environ, "PYTHONPATH": ".:tests"},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    return folder


def test_each_seed_of_a_sweep_is_trained_and_tuned_as_by_one_device(
    shared, whole_planar
):
    first, other = sorted((shared / "seeds").iterdir())
    for phase in ("train", "calibrate-g4", "shape-g4"):
        checkpoint_weights.alike(first, whole_planar, 4, phase)
    ours, theirs = (checkpoint_weights.weights(each, 4) for each in (first, other))
    assert any(np.abs(v - theirs[name]).max() > 1e-2 for name, v in ours.items())
    assert {line["seed"] for line in small_runs.results(other)} == {1}


def test_the_gan_of_another_run_is_tuned_as_by_one_device(shared, whole_planar):
    for phase in ("calibrate-g4", "shape-g4"):
        checkpoint_weights.alike(shared / "from", whole_planar, 4, phase)
    assert not (shared / "from" / "checkpoints" / "train").exists()


def test_samples_are_drawn_alone_as_without_a_strategy(shared, whole_planar):
    for name in ("standard-g4-d0", "refinement-g4-d4"):
        ours, theirs = (
            small_runs.samples(each, name) for each in (shared / "sample", whole_planar)
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
