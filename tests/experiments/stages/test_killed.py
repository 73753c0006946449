"""Runs that are killed at any moment and end as unbroken ones."""

import signal

import numpy as np
import pytest
from helpers import small_runs

from experiments import coulomb, mnist


def pictures(folder):
    return {path.name: path.read_bytes() for path in folder.glob("figures/*.png")}


def ended_alike(killed, unbroken):
    assert small_runs.outcome(killed) == small_runs.outcome(unbroken)
    assert (killed / "table.md").read_text() == (unbroken / "table.md").read_text()
    assert pictures(killed) == pictures(unbroken)
    # What a kill took before it was written is missing, and nothing is there twice.
    assert small_runs.curves(killed) <= small_runs.curves(unbroken)


def test_a_run_killed_again_and_again_ends_as_an_unbroken_one(processes, tmp_path):
    run = lambda *args, **how: processes.run("mog2d", *args, PLANAR, **how)
    unbroken = run(tmp_path / "unbroken")
    assert unbroken.status == 0, unbroken.err
    first = {moment: i for i, moment in reversed(list(enumerate(unbroken.moments)))}
    rng = np.random.default_rng(0)
    halves = [moment for moment in first if moment.startswith("half of")]
    others = [moment for moment in first if moment not in halves]
    chosen = {*rng.choice(halves, 2, replace=False), *rng.choice(others, 2, False)}
    for moment in sorted(chosen, key=first.get):
        killed = run(tmp_path / "killed [1]", wanted=moment, signal=signal.SIGKILL)
        assert killed.status == -signal.SIGKILL, (moment, killed.err)
    finished = run(tmp_path / "killed [1]")
    assert finished.status == 0, finished.err
    ended_alike(tmp_path / "killed [1]", tmp_path / "unbroken")


PLANAR = small_runs.command(small_runs.PLANAR)
METHODS = ("standard", "hastings", "refinement")
IMAGES = {"calibrate_iters": 0, "rollout_steps": 1, "method": METHODS}
IMAGES |= {"rollout_rate": "auto"}
CHARGES = coulomb.Config(
    **small_runs.CHARGES,
    epsilon=2.0,
    epsilon_floor=1.0,
    remember_previous=True,
    method=("standard", "refinement"),
    shape_iters=4,
)
KILLS = {
    "mnist": [
        "half of checkpoints/train/draft-000000002/variables",
        "after samples/hastings-g2-d0.npz",  # drawn again: it has no line of results
        "before figures/scores-shaped-g2.png",
        "after table.md",
    ],
    "coulomb": [
        "before figures/field/000000003.png",
        # What D step 2 gave is there before its checkpoint, and so are Adam's moments.
        "after checkpoints/shape-g4/step-000000002",
        "half of checkpoints/shape-g4/draft-000000004/variables",
        "before figures/field-g4.gif",
    ],
}


@pytest.mark.parametrize("program", KILLS)
def test_a_run_killed_several_times_ends_as_an_unbroken_one(
    program, digits, processes, tmp_path
):
    images = mnist.Config(**{**small_runs.IMAGES, **IMAGES, "data_dir": str(digits)})
    config = {"mnist": images, "coulomb": CHARGES}[program]
    argv = small_runs.command(config)
    # The run above, and celeba's, have graphs, in which a kill parts the steps.
    how = {"eagerly": True}
    run = lambda *args, **more: processes.run(program, *args, argv, **how, **more)
    unbroken = run(tmp_path / "unbroken")
    assert unbroken.status == 0, unbroken.err
    lines = small_runs.results(tmp_path / "unbroken")
    assert {line["method"] for line in lines} == set(config.method)
    for moment in KILLS[program]:
        assert moment in unbroken.moments
        killed = run(tmp_path / "killed", wanted=moment, signal=signal.SIGKILL)
        assert killed.status == -signal.SIGKILL, (moment, killed.err)
    finished = run(tmp_path / "killed")
    assert finished.status == 0, finished.err
    ended_alike(tmp_path / "killed", tmp_path / "unbroken")


def test_ctrl_c_saves_says_how_to_go_on_and_exits_130(
    processes, whole_planar, tmp_path
):
    run = tmp_path / "run"
    for moment, saved in (
        ("after checkpoints/train/step-000000002", "train/step-000000002"),
        # In the middle of an evaluation, which is broken off.
        ("before samples/rejection-g4-d2.npz", "calibrate-g4/step-000000002"),
    ):
        how = {"wanted": moment, "signal": signal.SIGINT}
        stopped = processes.run("mog2d", run, PLANAR, **how)
        assert stopped.status == 130, moment
        assert stopped.err.splitlines()[-1].startswith("Interrupted")
        assert "Traceback" not in stopped.err
        assert (run / "checkpoints" / saved).exists()
    small_runs.run_planar(run)
    assert small_runs.outcome(run) == small_runs.outcome(whole_planar)
