"""Runs that go on after damage and loss."""

import json
import re
import shutil

import pytest
from helpers import bare_runs, small_runs

from experiments.cli import errors
from experiments.rundir import jsonl
from tf_collab import training


def test_a_damaged_checkpoint_falls_back_and_says_so(whole_planar, tmp_path, capfd):
    shutil.copytree(whole_planar, tmp_path / "run")
    for phase in ("train", "shape-g4"):
        newest = tmp_path / "run" / "checkpoints" / phase / "step-000000004"
        data = newest / "variables.data-00000-of-00001"
        damaged = bytearray(data.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        data.write_bytes(damaged)
    small_runs.run_planar(tmp_path / "run")
    told = capfd.readouterr().err
    assert told.count("step-000000004 is damaged and set aside") == 2
    for phase in ("train", "shape-g4"):
        assert f"{phase}: 4/4 steps" in told  # from step 2 on, again
    assert small_runs.outcome(tmp_path / "run") == small_runs.outcome(whole_planar)
    small_runs.run_planar(tmp_path / "run")
    assert "is damaged" not in capfd.readouterr().err


def test_a_checkpoint_says_its_step_its_phase_and_the_flags_of_that(whole_planar):
    phases = json.loads((whole_planar / "config.json").read_text())["phases"]
    paths = sorted((whole_planar / "checkpoints").glob("*/step-*"))
    assert len(paths) == 6
    for path in paths:
        phase = path.parent.name
        whose = {"experiment": "mog2d", "phase": phase, "step": int(path.name[5:])}
        assert small_runs.mark(path) == {**phases[phase], **whose}


def test_checkpoints_in_each_others_place_are_set_aside_and_made_again(
    whole_planar, tmp_path, capfd
):
    shutil.copytree(whole_planar, tmp_path / "run")
    folder = tmp_path / "run" / "checkpoints"
    for old, new in (("calibrate", "a"), ("shape", "calibrate"), ("a", "shape")):
        (folder / f"{old}-g4").rename(folder / f"{new}-g4")
    (folder / "train" / "step-000000004").rename(folder / "train" / "step-000000003")
    small_runs.run_planar(tmp_path / "run")
    told = capfd.readouterr().err
    for words in (
        "damaged-step-000000003: its step is 4, not 3",
        "damaged-step-000000004: its phase is 'shape-g4', not 'calibrate-g4'",
        "damaged-step-000000004: its phase is 'calibrate-g4', not 'shape-g4'",
    ):
        assert words in told
    assert small_runs.outcome(tmp_path / "run") == small_runs.outcome(whole_planar)
    for path in folder.glob("*/step-*"):
        assert small_runs.mark(path)["phase"] == path.parent.name


def test_checkpoints_that_are_a_link_are_refused_and_left(whole_planar, tmp_path):
    shutil.copytree(whole_planar, tmp_path / "run")
    shutil.move(tmp_path / "run" / "checkpoints" / "train", tmp_path / "theirs")
    (tmp_path / "run" / "checkpoints" / "train").symlink_to(tmp_path / "theirs")
    before = small_runs.everything(tmp_path)
    with pytest.raises(errors.Refused, match="checkpoints/train' is a link"):
        small_runs.run_planar(tmp_path / "run", niters=8)
    assert small_runs.everything(tmp_path) == before


def test_a_run_whose_folder_was_moved_ends_and_goes_on_where_it_is(
    whole_planar, tmp_path, monkeypatch
):
    folder, away = tmp_path / "run", tmp_path / "away"
    save = training.Checkpoints.save

    def save_and_move(self, step):
        save(self, step)
        if not away.exists():
            folder.rename(away)
            shutil.copytree(whole_planar, folder)
            (folder / "lock").write_text("held by process 1 of tf_collab\n")

    with monkeypatch.context() as patched:
        patched.setattr(training.Checkpoints, "save", save_and_move)
        with pytest.raises(
            errors.Refused, match=r"another folder now.*moved or removed"
        ):
            small_runs.run_planar(folder)
    (folder / "lock").unlink()
    assert bare_runs.everything(folder) == bare_runs.everything(whole_planar)
    assert not (away / "lock").exists()
    small_runs.run_planar(away)
    assert small_runs.outcome(away) == small_runs.outcome(whole_planar)


def named(line):
    return "{method}-g{gan_step}-d{d_step}".format(**line)


LOSSES = {
    "results": ["results.jsonl"],
    "traces of results": ["results.jsonl", "timings.jsonl", "samples/*"],
    "files, and lines here and there": [
        *("samples/rejection-g4-d2.npz", "samples/refinement-g4-d4.npz"),
        *("samples/standard-g4-d0.npz", "table.md", "training.jsonl"),
        *("figures/paths-g4.png", "models/generator-g4.keras"),
        "models/discriminator-shaped-g4-d4.keras",
    ],
}


@pytest.mark.parametrize("what", LOSSES)
def test_what_was_lost_is_made_again_to_the_same_bytes(
    what, whole_planar, tmp_path, capfd
):
    run = tmp_path / "run"
    shutil.copytree(whole_planar, run)
    lost = [path for name in LOSSES[what] for path in run.glob(name)]
    assert len(lost) >= len(LOSSES[what])
    for path in lost:
        path.unlink()
    damaged = run / "samples" / "hastings-g4-d4.npz"
    if "files" in what:
        damaged.write_bytes(damaged.read_bytes()[:-9])
    if (run / "results.jsonl").exists():
        lines = (run / "results.jsonl").read_text().splitlines(keepends=True)
        kept = [line for i, line in enumerate(lines) if i not in (0, 5, len(lines) - 1)]
        (run / "results.jsonl").write_text("".join(kept))
    small_runs.run_planar(run)
    told = re.findall(r"(\S+) was damaged", capfd.readouterr().err)
    assert told == [f"samples/{damaged.name}"] * ("files" in what)
    assert small_runs.outcome(run) == small_runs.outcome(whole_planar)
    for name in ("training.jsonl", "table.md"):
        after, before = ((top / name).read_text() for top in (run, whole_planar))
        assert after == before or ("timings" in what and name == "table.md")
    assert all(path.exists() for path in lost)
    assert small_runs.curves(run) == small_runs.curves(whole_planar)


def test_what_cannot_be_made_again_is_told_and_the_rest_is(tmp_path, capfd):
    few = {"method": ("standard", "rejection"), "shape_iters": 0, "eval_every": 1}
    whole = small_runs.run_planar(tmp_path / "run", **few)
    gone = [named(line) for line in whole].index("rejection-g4-d1")
    capfd.readouterr()
    (tmp_path / "run" / "results.jsonl").unlink()
    (tmp_path / "run" / "samples" / "rejection-g4-d2.npz").unlink()
    for _ in range(2):
        again = small_runs.run_planar(tmp_path / "run", **few)
        told = capfd.readouterr()
        sentence = "the results of rejection at GAN step 4, D steps 1, 2 are not there"
        assert f"{sentence}, and cannot" in told.err
        for text in (told.out, (tmp_path / "run" / "table.md").read_text()):
            assert f"Missing: {sentence}." in text
        assert again == whole[:gone] + whole[gone + 2 :]


def test_lines_of_a_sampler_of_another_version_are_kept_and_told(tmp_path, capfd):
    few = {"method": ("standard",), "calibrate_iters": 0, "shape_iters": 0}
    (line,) = small_runs.run_planar(tmp_path / "run", **few)
    table = jsonl.Table(tmp_path / "run" / "results.jsonl")
    other = {**line, "method": "oracle", "n": 0, "good": 0.123}
    table.append(other, key=("method",))
    other = table.lines()[-1]
    again = small_runs.run_planar(
        tmp_path / "run", **few | {"method": ("standard", "rejection")}
    )
    assert [line["method"] for line in again] == ["standard", "rejection", "oracle"]
    assert again[-1] == other
    assert "12.3" not in (tmp_path / "run" / "table.md").read_text()
    told = "results of 'oracle' are not shown, since this version does not know that"
    assert f"Note: {told} sampler." in capfd.readouterr().out
