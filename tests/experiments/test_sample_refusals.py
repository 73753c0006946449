"""Commands that are no job of blocks, or not the one in the folder, change nothing."""

import importlib.util
import json
import os

import keras
import numpy as np
import pytest
from helpers import job_commands, linear_gan, small_cases, small_runs

import tf_collab as tc
from experiments import sample
from experiments.cli import errors
from experiments.rundir import held_folder, locks
from tf_collab.front.collaboration import Collaboration

pytestmark = pytest.mark.usefixtures("other_jobs_forgotten")


def test_another_flag_is_not_the_same_job(whole_job, saved, capfd):
    before = small_runs.everything(whole_job)
    told = job_commands.refused(capfd, f"--workdir={whole_job}", "--n=26")
    assert told.startswith("--n=26, but the job in ") and "--n=25: give that" in told
    assert "--seed=4" in job_commands.refused(
        capfd, f"--workdir={whole_job}", "--seed=3"
    )
    told = job_commands.refused(capfd, f"--workdir={whole_job}", "--workers=2")
    assert told == "--workers=2 has no effect with --cluster=none: leave it out"
    told = job_commands.refused(capfd, f"--collaboration={saved}", "--block=10")
    assert "has no effect with one file for all samples: see --format" in told
    assert small_runs.everything(whole_job) == before


@pytest.mark.parametrize(
    "argv, words",
    [
        (["--verify"], "--verify is of a job, and --workdir="),
        (
            ["--format=png", "--cluster=tcp://here:1"],
            "must be none, local, or the addre",
        ),
        (["--format=png"], "--format=png is of images, and these samples are none"),
        (
            ["--format=npz", "--block=1", "--n=200001"],
            "is more than 200000 blocks: give a larger",
        ),
        (["--format=npz", "--from_run=."], "--from_run and --collaboration="),
        (["--format=npz", "--calls=9"], "--calls=9 has no effect with --collaboration"),
    ],
)
def test_what_cannot_be_a_job_is_one_sentence(saved, tmp_path, capfd, argv, words):
    workdir = tmp_path / "job"
    told = job_commands.refused(
        capfd, f"--collaboration={saved}", f"--workdir={workdir}", *argv
    )
    assert words in told and not (workdir / "manifest.json").exists()


def test_code_that_a_manifest_names_is_not_run(whole_job, tmp_path):
    record = json.loads((whole_job / "manifest.json").read_text())
    record["flags"]["generator_code"] = "nets.py:g"
    del record["crc32"]  # as of an older version
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    with pytest.raises(errors.Refused, match="was begun with --generator_code=nets"):
        sample.Config(workdir=str(tmp_path)).recalled()


def test_one_process_holds_a_job(whole_job, capfd):
    with held_folder.HeldFolder(whole_job) as folder, locks.locked(folder.held):
        for argv in ([], ["--verify"]):
            assert "is in use by process" in job_commands.refused(
                capfd, f"--workdir={whole_job}", *argv
            )


@pytest.mark.parametrize("name", ["blocks", "collaboration", "tuning", "manifest.json"])
def test_nothing_is_opened_through_a_link(saved, whole_job, tmp_path, capfd, name):
    workdir, elsewhere = tmp_path / "job", tmp_path / "elsewhere"
    workdir.mkdir()
    elsewhere.mkdir()
    (elsewhere / "000000.npz").write_text("mine")
    (workdir / name).symlink_to(elsewhere)
    if name == "manifest.json":
        (workdir / name).unlink()
        (workdir / name).symlink_to(whole_job / name)
    before = small_runs.everything(tmp_path)
    given = [f"--collaboration={saved}"] if name != "manifest.json" else []
    argv = [*given, f"--workdir={workdir}", "--n=25", "--block=10", "--format=npz"]
    assert f"{name}' is a link, and a run opens nothing" in job_commands.refused(
        capfd, *argv
    )
    assert small_runs.everything(tmp_path) == before


def test_a_format_of_images_is_refused_before_the_tuning(
    saved, tmp_path, capfd, monkeypatch
):
    class Untuned:
        shown = np.linspace(0, 255, 64).reshape([1, 8, 8, 1])

    monkeypatch.setattr(sample, "_opened", lambda config: (Untuned(), "nsgan"))
    given = ["--data=x", "--held_out=y", "--generator=g", "--discriminator=d"]
    for name in "xygd":
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    told = job_commands.refused(
        capfd, *given, f"--workdir={tmp_path / 'job'}", "--format=png"
    )
    assert "--format=png is of images, and the values of held-out reals go from" in told


def test_a_job_begins_in_no_folder_with_files_of_others(saved, tmp_path, capfd):
    mine = tmp_path / "blocks" / "000000.npz"
    mine.parent.mkdir()
    mine.write_text("mine")
    given = [f"--collaboration={saved}", f"--workdir={tmp_path}", "--format=npz"]
    assert "blocks' holds files, and there is no manifest" in job_commands.refused(
        capfd, *given
    )
    assert mine.read_text() == "mine" and os.listdir(tmp_path) == ["blocks"]


class OwnD(keras.Sequential):
    """A class that no file carries."""


def test_a_folder_without_a_net_is_said_to_be_for_python(tmp_path, capfd):
    d = tc.models.scorer(OwnD([keras.Input((2,)), keras.layers.Dense(1)]))
    gan = linear_gan.linear_gan()._replace(discriminator=d)
    c = Collaboration(
        None, small_cases.outcome_of(small_cases.dials_of(gan)), objective="nsgan"
    )
    with pytest.warns(tc.Doubt, match="has of the discriminator the weights alone"):
        c.save(tmp_path / "mine")
    told = job_commands.refused(
        capfd, f"--collaboration={tmp_path}/mine", f"--workdir={tmp_path}/drawn"
    )
    assert "the weights alone" in told and "discriminator=...), tune nets of" in told


def test_a_folder_without_an_objective_is_not_said_to_lack_a_net(tmp_path, capfd):
    c = Collaboration(
        None, small_cases.outcome_of(small_cases.dials_of(linear_gan.linear_gan()))
    )
    c.save(tmp_path / "mine")
    told = job_commands.refused(
        capfd, f"--collaboration={tmp_path}/mine", f"--workdir={tmp_path}/drawn"
    )
    assert "does not tell the objective: load it in Python by tc.load_coll" in told
    assert told.endswith("objective=...)")


def test_a_cluster_without_dask_is_refused_before_anything_is_tuned(
    saved, tmp_path, capfd, monkeypatch
):
    there = lambda name: None if name == "distributed" else name
    monkeypatch.setattr(importlib.util, "find_spec", there)
    given = [f"--collaboration={saved}", f"--workdir={tmp_path}", "--format=npz"]
    told = job_commands.refused(capfd, *given, "--cluster=local")
    assert told.startswith("--cluster='local': needs Dask") and "pip install" in told
