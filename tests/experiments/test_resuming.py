"""Runs that go on: with the same command or another, and after damage."""

import dataclasses
import json
import os
import shutil

import pytest
import tensorflow as tf
import tiny

from experiments import mog2d, runs


def test_the_same_command_again_changes_nothing(whole_planar, capsys):
    before = tiny.outcome(whole_planar)
    tiny.run_planar(whole_planar)
    assert tiny.outcome(whole_planar) == before
    assert "collaborative" in capsys.readouterr().out


def test_phases_one_by_one_give_what_all_at_once_gives(whole_planar, tmp_path):
    run_mode = lambda mode, **more: tiny.run_planar(
        tmp_path / "steps", mode=mode, **more
    )
    mog2d.run(
        dataclasses.replace(tiny.PLANAR, workdir=str(tmp_path / "steps"), mode="train")
    )
    # As the authors' commands have it, --niters is then the D loop's.
    run_mode("calibrate", niters=4, ckpt_num=(4,))
    run_mode("shape", niters=4, ckpt_num=(4,))
    assert tiny.outcome(tmp_path / "steps") == tiny.outcome(whole_planar)


def test_a_longer_run_goes_on_as_if_it_had_been_asked_for_at_once(tmp_path):
    plain = {"method": ("standard",), "calibrate_iters": 0, "shape_iters": 0}
    # TensorFlow's readers take such a name for a pattern, and it is not UTF-8.
    two = tmp_path / os.fsdecode(b"two [lr=0.1]*\n\xff")
    tiny.run_planar(two, niters=3, **plain)
    tiny.run_planar(two, niters=5, **plain)
    tiny.run_planar(tmp_path / "one", ckpt_num=(3, 5), **plain)
    assert tiny.outcome(two) == tiny.outcome(tmp_path / "one")


@pytest.mark.parametrize("phase", ["train", "shape-g4"])
def test_a_damaged_checkpoint_falls_back_and_says_so(
    phase, whole_planar, tmp_path, capfd
):
    shutil.copytree(whole_planar, tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints" / phase / "step-000000004"
    data = newest / "variables.data-00000-of-00001"
    damaged = bytearray(data.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    data.write_bytes(damaged)
    tiny.run_planar(tmp_path / "run")
    told = capfd.readouterr().err
    assert "step-000000004 is damaged and set aside" in told
    assert f"{phase}: 4/4 steps" in told  # from step 2 on, again
    assert tiny.outcome(tmp_path / "run") == tiny.outcome(whole_planar)
    tiny.run_planar(tmp_path / "run")
    assert "is damaged" not in capfd.readouterr().err


def mark(folder):
    reader = tf.train.load_checkpoint(str(folder / "variables"))
    return json.loads(reader.get_tensor("mark/.ATTRIBUTES/VARIABLE_VALUE"))


def test_a_checkpoint_says_its_step_its_phase_and_the_flags_of_that(whole_planar):
    phases = json.loads((whole_planar / "config.json").read_text())["phases"]
    paths = sorted((whole_planar / "checkpoints").glob("*/step-*"))
    assert len(paths) == 6
    for path in paths:
        phase = path.parent.name
        whose = {"experiment": "mog2d", "phase": phase, "step": int(path.name[5:])}
        assert mark(path) == {**phases[phase], **whose}


def test_checkpoints_in_each_others_place_are_set_aside_and_made_again(
    whole_planar, tmp_path, capfd
):
    shutil.copytree(whole_planar, tmp_path / "run")
    folder = tmp_path / "run" / "checkpoints"
    for old, new in (("calibrate", "a"), ("shape", "calibrate"), ("a", "shape")):
        (folder / f"{old}-g4").rename(folder / f"{new}-g4")
    (folder / "train" / "step-000000004").rename(folder / "train" / "step-000000003")
    tiny.run_planar(tmp_path / "run")
    told = capfd.readouterr().err
    for words in (
        "damaged-step-000000003: its step is 4, not 3",
        "damaged-step-000000004: its phase is 'shape-g4', not 'calibrate-g4'",
        "damaged-step-000000004: its phase is 'calibrate-g4', not 'shape-g4'",
    ):
        assert words in told
    assert tiny.outcome(tmp_path / "run") == tiny.outcome(whole_planar)
    for path in folder.glob("*/step-*"):
        assert mark(path)["phase"] == path.parent.name


def test_checkpoints_that_are_a_link_are_refused_and_left(whole_planar, tmp_path):
    shutil.copytree(whole_planar, tmp_path / "run")
    shutil.move(tmp_path / "run" / "checkpoints" / "train", tmp_path / "theirs")
    (tmp_path / "run" / "checkpoints" / "train").symlink_to(tmp_path / "theirs")
    before = tiny.everything(tmp_path)
    with pytest.raises(runs.Refused, match="checkpoints/train' is a link"):
        tiny.run_planar(tmp_path / "run", niters=8)
    assert tiny.everything(tmp_path) == before


def test_an_earlier_gan_step_asked_for_later_is_made_again(whole_planar, tmp_path):
    shutil.copytree(whole_planar, tmp_path / "run")
    few = {"method": ("standard",), "calibrate_iters": 4, "shape_iters": 4}
    tiny.run_planar(tmp_path / "run", ckpt_num=(3, 4), **few)
    lines = tiny.run_planar(tmp_path / "straight", niters=3, **few)
    again = [line for line in tiny.results(tmp_path / "run") if line["gan_step"] == 3]
    assert again == lines
    assert len(tiny.curves(tmp_path / "run")) > len(
        tiny.curves(whole_planar)
    )  # and none twice


def test_no_later_command_forgets_a_gan_step_asked_for_before(tmp_path):
    few = {"mode": "train", "eval_every": 1}
    config = dataclasses.replace(tiny.PLANAR, workdir=str(tmp_path / "run"), **few)
    mog2d.run(dataclasses.replace(config, ckpt_num=(1, 3)))
    mog2d.run(dataclasses.replace(config, niters=8))
    kept = {path.name[-1] for path in (tmp_path / "run/checkpoints/train").iterdir()}
    assert kept == {"1", "3", "7", "8"}


def test_a_lost_sample_file_is_told_and_the_rest_is_shown(
    whole_planar, tmp_path, capfd
):
    shutil.copytree(whole_planar, tmp_path / "run")
    (tmp_path / "run" / "samples" / "refinement-g4-d4.npz").unlink()
    (tmp_path / "run" / "figures" / "shown-g4.json").unlink()
    tiny.run_planar(tmp_path / "run")
    assert "refinement-g4-d4.npz is not shown" in capfd.readouterr().err


def test_a_method_asked_for_later_is_what_it_would_have_been(whole_planar, tmp_path):
    tiny.run_planar(tmp_path / "run", method=("rejection",))
    tiny.run_planar(tmp_path / "run", method=("standard", "rejection"))
    key = lambda line: (line["method"], line["d_step"])
    late = {key(line): line for line in tiny.results(tmp_path / "run")}
    for line in tiny.results(whole_planar):
        if key(line) in late:
            ours = late[key(line)]
            assert all(ours[k] == v for k, v in line.items() if ours[k] is not None)
    assert ("standard", 0) in late


def test_one_mode_does_not_redraw_what_belongs_to_another(whole_planar, tmp_path):
    shutil.copytree(whole_planar, tmp_path / "run")
    figures = tmp_path / "run" / "figures"
    before = {path.name: path.read_bytes() for path in figures.iterdir()}
    tiny.run_planar(
        tmp_path / "run", mode="calibrate", calibrate_iters=6, niters=6, ckpt_num=(4,)
    )
    after = {path.name: path.read_bytes() for path in figures.iterdir()}
    assert after["landscape-calibrated-g4.png"] != before["landscape-calibrated-g4.png"]
    for kept in ("landscape-shaped-g4.png", "landscape-trained-g4.png", "paths-g4.png"):
        assert after[kept] == before[kept]
