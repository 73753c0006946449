"""Tests for experiments.rundir.run_folder."""

import json

import pytest
from helpers import bare_runs

from experiments.cli import errors


def test_a_run_holds_its_flags_and_files(tmp_path, capsys):
    with bare_runs.start(tmp_path / "a" / "b") as run:
        run.begin("train", {"lrg": 0.1, "seeds": (0, 1)})
        run.log("on a CPU")
        run.results.append({"step": 1, "kl": 0.5}, key=("step",))
        run.timings.append({"step": 1, "seconds": 2.0}, key=("step",))
        with run.writing("samples/a.npz") as path:
            path.write_bytes(b"x")
        assert run.folder("checkpoints").is_dir()
    found = bare_runs.everything(tmp_path / "a" / "b")
    assert set(found) == {
        *("config.json", "log", "results.jsonl", "timings.jsonl"),
        *("samples", "samples/a.npz", "checkpoints"),
    }
    record = json.loads(found["config.json"])
    assert record["experiment"] == "toy"
    assert record["flags"] == {"niters": 100, "lrg": 0.1, "seeds": [0, 1]}
    assert record["phases"] == {"train": {"lrg": 0.1, "seeds": [0, 1]}}
    assert record["version"]
    assert found["log"].endswith(b" on a CPU\n")
    assert capsys.readouterr().err == "on a CPU\n"


def test_a_changed_flag_of_a_begun_phase_is_refused_by_name(tmp_path):
    bare_runs.finish(tmp_path)
    before = bare_runs.everything(tmp_path)
    with bare_runs.start(tmp_path, bare_runs.Config(lrg=0.2)) as run:
        assert run.phases == {"train": {"lrg": 0.1}}
        run.check("shape", {"lrg": 0.2})  # not begun, so free
        for ask in (run.check, run.begin):
            with pytest.raises(errors.Refused) as refused:
                ask("train", {"lrg": 0.2})
            for part in ("--lrg=0.2", "train", "--lrg=0.1", "another --workdir"):
                assert part in str(refused.value)
    assert bare_runs.everything(tmp_path) == before


def test_what_a_phase_did_not_record_may_change(tmp_path):
    bare_runs.finish(tmp_path)
    with bare_runs.start(tmp_path, bare_runs.Config(niters=200)) as run:
        run.begin("train", {"lrg": 0.1})
        run.begin("shape", {"lrg": 0.1, "seeds": (0, 1)})
    record = json.loads((tmp_path / "config.json").read_text())
    assert record["flags"]["niters"] == 200
    assert list(record["phases"]) == ["train", "shape"]


@pytest.mark.parametrize("there", [True, False])
def test_a_run_in_which_nothing_began_leaves_nothing(there, tmp_path):
    folder = tmp_path / "a" / "b"
    if there:
        folder.mkdir(parents=True)
    with pytest.raises(errors.Refused), bare_runs.start(folder):
        raise errors.Refused("a check failed")
    assert set(bare_runs.everything(tmp_path)) == ({"a", "a/b"} if there else set())


def occupy(folder, how):
    if how == "a file":
        folder.write_text("mine")
    elif how == "below a file":
        folder.parent.rmdir()
        folder.parent.write_text("mine")
    elif how == "holds files and no config.json":
        folder.mkdir()
        (folder / "thesis.tex").write_text("mine")
    elif how == "a dangling link":
        folder.symlink_to("nowhere")
    elif how == "another experiment":
        with bare_runs.start(folder, experiment="other") as run:
            run.begin("train", {})
    elif how == "not an object":
        folder.mkdir()
        (folder / "config.json").write_text("[]")
    elif how == "damaged":
        folder.mkdir()
        (folder / "config.json").write_text('{"experiment": "toy", "pha')
    elif how == "damaged results":
        bare_runs.finish(folder)
        (folder / "results.jsonl").write_text('{"a": 1}\n{"a"\n')


@pytest.mark.parametrize(
    "how, words",
    [
        ("a file", "is not a folder"),
        ("below a file", "Not a directory"),
        ("a dangling link", "is not a folder"),
        ("holds files and no config.json", "holds files and no config.json"),
        ("another experiment", "holds a run of other"),
        ("not an object", "config.json' was damaged"),
        ("damaged", "config.json' was damaged"),
        ("damaged results", "results.jsonl', line 2"),
    ],
)
def test_a_folder_that_will_not_do_is_refused_and_left_alone(how, words, tmp_path):
    folder = tmp_path / "parent" / "run"
    folder.parent.mkdir()
    occupy(folder, how)
    before = bare_runs.everything(tmp_path)
    with pytest.raises(errors.Refused, match=words) as refused, bare_runs.start(folder):
        pass
    assert str(folder) in str(refused.value)
    assert bare_runs.everything(tmp_path) == before


@pytest.mark.parametrize("folder", ["/proc/no/such", "/dev/null/x", "x" * 300])
def test_a_folder_that_cannot_be_made_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(errors.Refused, match=r"--workdir=.* cannot be used"),
        bare_runs.start(folder),
    ):
        pass
    assert bare_runs.everything(tmp_path) == {}


def test_without_resume_a_run_is_refused_and_an_empty_folder_taken(tmp_path):
    with bare_runs.start(tmp_path, resume=False) as run:
        run.begin("train", {})
    before = bare_runs.everything(tmp_path)
    with pytest.raises(
        errors.Refused, match=r"--resume=false.*nothing is ever deleted"
    ):
        bare_runs.start(tmp_path, resume=False).__enter__()
    assert bare_runs.everything(tmp_path) == before


def test_a_new_start_clears_half_files_and_records_its_flags(tmp_path):
    bare_runs.finish(tmp_path)
    (tmp_path / ".writing-table.md").write_text("half")
    with bare_runs.start(tmp_path, bare_runs.Config(niters=200)) as run:
        run.begin("train", {"lrg": 0.1})
    assert set(bare_runs.everything(tmp_path)) == {"config.json"}
    record = json.loads((tmp_path / "config.json").read_text())
    assert record["flags"]["niters"] == 200


def test_a_vanished_folder_is_not_made_anew(tmp_path):
    folder = tmp_path / "run"
    with bare_runs.start(folder) as run:
        run.begin("train", {})
        folder.rename(tmp_path / "away")
        for write in (run.log, run.folder, lambda name: run.writing(f"{name}/x")):
            with pytest.raises(FileNotFoundError):
                write("figures")
    assert not folder.exists()
