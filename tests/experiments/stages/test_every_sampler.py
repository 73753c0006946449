"""Samplers beside the paper's five: drawn by name, measured, killed, gone on with."""

import dataclasses
import warnings

import pytest
from helpers import commands, recording, small_runs

import tf_collab as tc
from experiments import mnist, mog2d
from experiments.cli import errors
from experiments.points import point_figures
from experiments.rundir import jsonl
from tf_collab import tables

OTHERS = tuple(name for name in tables.METHODS if name not in tables.USUAL)
CONFIG = dataclasses.replace(
    small_runs.PLANAR,
    nlayers=2,
    niters=1,
    rollout_steps=1,
    calibrate_iters=0,
    shape_iters=0,
    num_samples=54,
    method=OTHERS,
    sir_pool=3,
    isir_particles=4,
    walk_steps=1,
    walk_warm_up=1,
    temperature=0.5,
    hmc_leaps=2,
    dot_projection="none",
    smc_temperatures=2,
    smc_moves=1,
)


@pytest.fixture(scope="module", autouse=True)
def quickly():
    with recording.eagerly(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(tc.training, "run", recording.loop)
        patch.setattr(point_figures, "show", lambda *shown: None)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    draw = tc.sampling.draw

    def doubting(*given, **how):
        warnings.warn("it is odd", tc.Doubt, stacklevel=2)
        return draw(*given, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tc.sampling, "draw", doubting)
        mog2d.run(dataclasses.replace(CONFIG, workdir=str(folder)))
    return folder


def test_a_doubt_in_the_log_names_its_method_its_d_and_both_steps(whole):
    told = (whole / "log").read_text().splitlines()
    for name in OTHERS:
        judge = tables.SAMPLERS[name].judge
        doubt = f"note: {name} at GAN step 1, by the {judge} D of step 0: it is odd"
        assert [line.endswith(doubt) for line in told].count(True) == 1


def test_each_is_drawn_by_its_name_and_told_with_its_dials_and_costs(whole):
    lines = {line["method"]: line for line in small_runs.results(whole)}
    assert (*lines,) == OTHERS
    for name, line in lines.items():
        words = tables.SAMPLERS[name].words(CONFIG)
        assert line["n"] == 54 and line["protocol"] == f"good<4sd, {words}"
        assert 0 < line["efficiency"] <= 1 and line["g_forward"] >= 1
        assert len(small_runs.samples(whole, f"{name}-g1-d0")) == 54
    walks = {name for name, row in tables.SAMPLERS.items() if row.walks}
    told = {name: line for name, line in lines.items() if "z_square_after" in line}
    assert (
        told.keys() == walks == {"ddls", "mala", "hmc", "dgflow", "ex2", "dot", "smc"}
    )
    calls = {"ddls": (2, 2), "mala": (2, 2), "hmc": (3, 3), "dgflow": (2, 2)}
    calls |= {"dot": (2, 2), "smc": (3, 3)}
    calls["ex2"] = 2 + 4, 2 + 1  # a jump among four, and the slope after it
    for name, line in told.items():
        # Of 54 pairs of normals, four sigma.
        assert line["z_square_before"] == pytest.approx(1, abs=4 * (2 / 108) ** 0.5)
        assert line["z_square_after"] != line["z_square_before"]
        assert (line["g_forward"], line["d_backward"]) == calls[name]
    moved = {name: line["moved"] for name, line in lines.items() if "moved" in line}
    assert moved.keys() == {"mala", "hmc", "ex2", "smc"}
    assert all(0 < share <= 1 for share in moved.values())
    dials = {name: line.get("temperature") for name, line in lines.items()}
    assert dials == {**dict.fromkeys(OTHERS), "ddls": 0.5}
    assert lines["ddls"]["sharpness"] == 1
    # One step of Adam is its rate in each coordinate.
    assert lines["dot"]["distance"] == pytest.approx(0.01 * 2**0.5, rel=1e-3)
    assert lines["dot"]["slope"] > lines["dot"]["slope_spread"] > 0
    assert lines["sir"]["efficiency"] == pytest.approx(1 / 3)


class Killed(BaseException):
    """As SIGKILL: nothing that runs afterwards catches it."""


def test_killed_in_between_it_ends_with_the_same_bytes(whole, tmp_path, monkeypatch):
    append, methods = jsonl.Table.append, ("isir", "mala")

    def killed(self, line, **how):
        if line.get("method") == "mala" and "n" in line:
            raise Killed  # its samples are there, its line is not
        return append(self, line, **how)

    folder = tmp_path / "run"
    config = dataclasses.replace(CONFIG, workdir=str(folder), method=methods)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(jsonl.Table, "append", killed)
        mog2d.run(config)
    assert (folder / "samples/mala-g1-d0.npz").exists()
    mog2d.run(config)
    unbroken = (whole / "results.jsonl").read_text().splitlines(keepends=True)
    lines = [unbroken[OTHERS.index(method)] for method in methods]
    assert (folder / "results.jsonl").read_text() == "".join(lines)
    for method in methods:
        name = f"samples/{method}-g1-d0.npz"
        assert (folder / name).read_bytes() == (whole / name).read_bytes()


def test_flags_of_what_is_not_drawn_change_nothing(whole):
    """Neither refused where a run went without them, nor recorded."""
    before = small_runs.everything(whole / "samples")
    changed = dataclasses.replace(CONFIG, workdir=str(whole), walk_rate=0.3)
    mog2d.run(dataclasses.replace(changed, method=("obrs", "sir")))
    assert small_runs.everything(whole / "samples") == before
    with pytest.raises(errors.Refused, match=r"--walk_rate=0\.3, but sample-ddls-g1"):
        mog2d.run(dataclasses.replace(changed, method="every"))


def test_a_walk_among_latents_with_labels_is_refused_before_the_first_file(
    digits, tmp_path
):
    argv = [f"--workdir={tmp_path / 'run'}", f"--data_dir={digits}", "--width=0.05"]
    argv += ["--conditional", "--features=random", "--method=every"]
    (config,) = commands.asked(mnist.Config, *argv)
    with pytest.raises(errors.Refused, match=r"dgflow, ex2, dot, smc\) moves z alone"):
        mnist.run(config)
    assert not (tmp_path / "run").exists()
