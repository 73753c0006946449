"""Runs that go on: with the same command or another, and after damage."""

import dataclasses
import functools
import itertools
import json
import os
import shutil

import pytest
from helpers import bare_runs, small_runs

import tf_collab as tc
from experiments import compare, mog2d
from experiments.cli import errors


def test_the_same_command_again_changes_nothing(whole_planar, capsys):
    before = small_runs.outcome(whole_planar)
    small_runs.run_planar(whole_planar)
    assert small_runs.outcome(whole_planar) == before
    assert "collaborative" in capsys.readouterr().out


def test_a_command_without_flags_says_which_the_folder_gave(
    whole_planar, tmp_path, capfd
):
    shutil.copytree(whole_planar, tmp_path / "run")
    mog2d.run(mog2d.Config(workdir=str(tmp_path / "run")))
    assert small_runs.outcome(tmp_path / "run") == small_runs.outcome(whole_planar)
    for told in (capfd.readouterr().err, (tmp_path / "run" / "log").read_text()):
        (line,) = [line for line in told.splitlines() if "folder's record" in line]
        _, _, flags = line.partition("where no flag was given: ")
        assert sorted(flags.split()) == sorted(small_runs.command(small_runs.PLANAR))


@pytest.mark.parametrize("version", ["0.1.0", None])
def test_a_run_of_another_version_is_read_and_not_gone_on_with(
    version, whole_planar, tmp_path, capsys
):
    folder = shutil.copytree(whole_planar, tmp_path / "run")
    record = bare_runs.record(folder)
    record["version"] = version
    (folder / "config.json").write_text(json.dumps(record))
    before = bare_runs.everything(folder)
    with pytest.raises(
        errors.Refused, match=f"{version}, and this is {tc.__version__}"
    ):
        small_runs.run_planar(folder)
    compare.run(compare.Config(results=(str(folder / "results.jsonl"),)))
    assert "collaborative" in capsys.readouterr().out
    assert bare_runs.everything(folder) == before


def test_a_d_that_learned_for_longer_is_not_taken_for_one_that_did_not(whole_planar):
    before = small_runs.outcome(whole_planar)
    for kind in ("calibrate", "shape"):
        with pytest.raises(errors.Refused, match=f"{kind}_iters=2, .* through 4 steps"):
            small_runs.run_planar(whole_planar, **{f"{kind}_iters": 2})
    assert small_runs.outcome(whole_planar) == before


def test_phases_one_by_one_give_what_all_at_once_gives(whole_planar, tmp_path):
    run_mode = lambda mode, **more: small_runs.run_planar(
        tmp_path / "steps", mode=mode, **more
    )
    mog2d.run(
        dataclasses.replace(
            small_runs.PLANAR, workdir=str(tmp_path / "steps"), mode="train"
        )
    )
    # As the authors' commands have it, --niters is then the D loop's.
    run_mode("calibrate", niters=4, ckpt_num=(4,))
    run_mode("shape", niters=4, ckpt_num=(4,))
    assert small_runs.outcome(tmp_path / "steps") == small_runs.outcome(whole_planar)


def test_a_longer_run_goes_on_as_if_it_had_been_asked_for_at_once(tmp_path):
    plain = {"method": ("standard",), "calibrate_iters": 0, "shape_iters": 0}
    # TensorFlow's readers take such a name for a pattern, and it is not UTF-8.
    two = tmp_path / os.fsdecode(b"two [lr=0.1]*\n\xff")
    small_runs.run_planar(two, niters=3, **plain)
    small_runs.run_planar(two, niters=5, **plain)
    small_runs.run_planar(tmp_path / "one", ckpt_num=(3, 5), **plain)
    assert small_runs.outcome(two) == small_runs.outcome(tmp_path / "one")
    # Speeds are of the steps of their own command, and of those since a report.
    plain_name = two.rename(tmp_path / "two")
    shown = small_runs.scalars(plain_name)
    trained = [
        t
        for t in small_runs.results(plain_name, "timings.jsonl")
        if t["phase"] == "train"
    ]
    for line, reports in zip(trained, [(0, 2, 3), (3, 4, 5)], strict=True):
        assert (line["first"], line["last"]) == (reports[0], reports[-1])
        speed = (reports[-1] - reports[0]) / line["seconds"]
        # Both are rounded: seconds to 0.001, and what they give to 0.01.
        close = 0.005 + 0.0006 * speed / line["seconds"]
        assert line["steps_per_second"] == pytest.approx(speed, abs=close)
        took = (
            (step - before) / shown["speed/steps per second", step]
            for before, step in itertools.pairwise(reports)
        )
        assert sum(took) == pytest.approx(line["seconds"], abs=0.001)
    # A step that is not kept is trained from the newest that is kept before it.
    small_runs.run_planar(plain_name, ckpt_num=(2, 6), **plain)
    small_runs.run_planar(tmp_path / "alone", ckpt_num=(2,), **plain)
    outcomes = [small_runs.outcome(f) for f in (plain_name, tmp_path / "alone")]
    again, alone = (one["standard-g2-d0.npz"] for one in outcomes)
    assert again == alone


def test_an_earlier_gan_step_asked_for_later_is_made_again(whole_planar, tmp_path):
    shutil.copytree(whole_planar, tmp_path / "run")
    few = {"method": ("standard",), "calibrate_iters": 4, "shape_iters": 4}
    small_runs.run_planar(tmp_path / "run", ckpt_num=(3, 4), **few)
    few |= {"calibrate_iters": 0, "shape_iters": 0}  # no D is asked for plain samples
    lines = small_runs.run_planar(tmp_path / "straight", niters=3, **few)
    again = [
        line for line in small_runs.results(tmp_path / "run") if line["gan_step"] == 3
    ]
    assert again == lines
    assert len(small_runs.curves(tmp_path / "run")) > len(
        small_runs.curves(whole_planar)
    )  # and none twice


def test_no_later_command_forgets_a_gan_step_asked_for_before(tmp_path):
    few = {"mode": "train", "eval_every": 1}
    config = dataclasses.replace(
        small_runs.PLANAR, workdir=str(tmp_path / "run"), **few
    )
    mog2d.run(dataclasses.replace(config, ckpt_num=(1, 3)))
    mog2d.run(dataclasses.replace(config, niters=8))
    kept = {path.name[-1] for path in (tmp_path / "run/checkpoints/train").iterdir()}
    assert kept == {"1", "3", "7", "8"}


def test_a_method_asked_for_later_is_what_it_would_have_been(whole_planar, tmp_path):
    run = functools.partial(small_runs.run_planar, tmp_path / "run", shape_iters=0)
    run(method=("rejection",))
    run(method=("standard", "rejection"))
    key = lambda line: (line["method"], line["d_step"])
    late = {key(line): line for line in small_runs.results(tmp_path / "run")}
    for line in small_runs.results(whole_planar):
        if key(line) in late:
            ours = late[key(line)]
            assert all(ours[k] == v for k, v in line.items() if ours[k] is not None)
    assert ("standard", 0) in late
    assert small_runs.curves(tmp_path / "run") < small_runs.curves(
        whole_planar
    )  # and none twice


def test_one_mode_does_not_redraw_what_belongs_to_another(whole_planar, tmp_path):
    shutil.copytree(whole_planar, tmp_path / "run")
    figures = tmp_path / "run" / "figures"
    before = {path.name: path.read_bytes() for path in figures.iterdir()}
    small_runs.run_planar(
        tmp_path / "run", mode="calibrate", calibrate_iters=6, niters=6, ckpt_num=(4,)
    )
    after = {path.name: path.read_bytes() for path in figures.iterdir()}
    assert after["landscape-calibrated-g4.png"] != before["landscape-calibrated-g4.png"]
    for kept in ("landscape-shaped-g4.png", "landscape-trained-g4.png", "paths-g4.png"):
        assert after[kept] == before[kept]
