"""Run folders that hold links, a user's files, or that are moved while a run is on."""

import dataclasses
import os
import re
import shutil

import pytest
from helpers import bare_runs

from experiments.cli import errors


@dataclasses.dataclass(frozen=True)
class Config(bare_runs.Config):
    workdir: str = ""


@pytest.mark.parametrize(
    "name", ["run [lr=0.1]", "a*b?", "a\\b", "line\nline", os.fsdecode(b"r\xff"), "~"]
)
def test_a_folder_may_have_any_name(name, tmp_path, capsys):
    folder = tmp_path / name
    for _ in range(2):
        with bare_runs.start(folder, Config(workdir=str(folder))) as run:
            run.begin("train", {"lrg": 0.1})
            run.log(f"a file is at {run.at('samples/a')}")
            run.results.append({"step": 1}, key=("step",))
            with run.writing("samples/a") as path:
                path.write_text("x")
        assert {*bare_runs.everything(folder)} == {
            *("config.json", "log", "results.jsonl", "samples", "samples/a")
        }
    shown = repr(str(folder))[1:-1]
    assert f"a file is at {shown}/samples/a" in capsys.readouterr().err
    (folder / "results.jsonl").write_text("half")
    with pytest.raises(errors.Refused, match=re.escape(shown)):
        bare_runs.start(folder).__enter__()


def test_a_linked_workdir_is_the_folder_it_leads_to(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "latest").symlink_to("real")
    bare_runs.finish(tmp_path / "latest")
    assert {*bare_runs.everything(tmp_path / "real")} == {"config.json"}
    assert (tmp_path / "latest").is_symlink()


LINKED = [
    *("lock", "log", "config.json", "results.jsonl", "timings.jsonl"),
    *("samples", "figures", "tensorboard", "checkpoints", "checkpoints/train"),
]


@pytest.mark.parametrize("name", LINKED)
def test_nothing_is_opened_through_a_link(name, tmp_path):
    """Whatever a run folder from elsewhere links to, it is as it was."""
    run, mine = tmp_path / "run", tmp_path / "mine"
    bare_runs.finish(run)
    record = (run / "config.json").read_text()
    (run / name).parent.mkdir(exist_ok=True)
    if name in ("config.json", "lock", "log") or name.endswith("jsonl"):
        # Whatever would do for a file of the run's.
        words = {"config.json": record, "lock": bare_runs.HELD}
        mine.write_text(words.get(name, ""))
        (run / name).unlink(missing_ok=True)
    else:
        mine.mkdir()
        (mine / "a").write_text("mine")
    (run / name).symlink_to(mine)
    before = bare_runs.everything(tmp_path)
    with (
        pytest.raises(errors.Refused, match=r"is a link|not a lock") as refused,
        bare_runs.start(run) as held,
    ):
        held.at("checkpoints/train")
        held.log("a line")
        held.folder("tensorboard")
        for file in ("samples/a", "figures/a"):
            with held.writing(file) as path:
                path.write_text("ours")
    assert repr(str(run / name)) in str(refused.value)
    after = bare_runs.everything(tmp_path)
    assert before.items() <= after.items()


@pytest.mark.parametrize("name", ["log", "config.json", "results.jsonl"])
def test_a_named_pipe_does_not_hang(name, tmp_path):
    bare_runs.finish(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    words = f"{name}' is neither a file nor a folder"
    with pytest.raises(errors.Refused, match=words), bare_runs.start(tmp_path) as run:
        run.log("a line")


USERS = (".writing-notes.md", "samples/.writing-mine.npz.bak", "mine/.writing-a.md")
OURS = (".writing-table.md", "samples/.writing-mhgan-g4-d2.npz")


def test_temporaries_of_our_own_go_when_a_run_begins_and_no_others(tmp_path):
    bare_runs.finish(tmp_path)
    for name in (*USERS, *OURS):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("half")
    (tmp_path / "samples" / ".writing-a.npz").symlink_to(tmp_path / USERS[0])
    before = bare_runs.everything(tmp_path)
    with pytest.raises(errors.Refused), bare_runs.start(tmp_path) as run:
        run.check("train", {"lrg": 0.2})
    assert bare_runs.everything(tmp_path) == before
    bare_runs.finish(tmp_path)
    after = {name: before[name] for name in before if name not in OURS}
    assert bare_runs.everything(tmp_path) == after


def test_a_run_that_begins_nothing_leaves_the_record_as_it_is(tmp_path):
    bare_runs.finish(tmp_path)
    before = bare_runs.everything(tmp_path)
    with bare_runs.start(tmp_path, bare_runs.Config(niters=200)) as run:
        run.log("a word")
        run.folder("figures")
    after = bare_runs.everything(tmp_path)
    assert {*after} - {*before} == {"log", "figures"}
    assert after["config.json"] == before["config.json"]


MOVED = ["moved", "removed", "replaced by a folder", "replaced by another run"]


@pytest.mark.parametrize("how", MOVED)
@pytest.mark.parametrize(
    "write",
    [
        lambda run: run.log("a line"),
        lambda run: run.begin("shape", {}),
        lambda run: run.folder("figures"),
        lambda run: run.writing("table.md").__enter__().write_text("x"),
        lambda run: run.stay(),
    ],
)
def test_a_run_whose_folder_is_gone_ends_and_leaves_what_is_there(how, write, tmp_path):
    folder, away = tmp_path / "run", tmp_path / "away"
    other, before = None, {}
    ends = pytest.raises((errors.Refused, FileNotFoundError))
    with ends as ended, bare_runs.start(folder) as run:
        run.begin("train", {})
        if how == "removed":
            shutil.rmtree(folder)
        else:
            folder.rename(away)
        if how == "replaced by a folder":
            folder.mkdir()
        elif how == "replaced by another run":
            other = bare_runs.start(folder, bare_runs.Config(niters=7)).__enter__()
            other.begin("train", {})
        before = bare_runs.everything(folder)
        write(run)
    assert "moved or removed" in str(ended.value) and str(folder) in str(ended.value)
    assert bare_runs.everything(folder) == before
    if how == "replaced by a folder":
        assert folder.is_dir()
    if other is not None:
        assert "lock" in before
        other.log("and on")
        other.__exit__(None, None, None)
        assert {*bare_runs.everything(folder)} == {"config.json", "log"}
    if away.exists():
        assert {*bare_runs.everything(away)} == {"config.json"}


def test_where_the_system_has_no_proc_a_pattern_in_the_path_is_refused(
    tmp_path, monkeypatch
):
    from tf_collab import folders

    monkeypatch.setattr(folders.Held, "_leads_here", lambda self, path: False)
    with bare_runs.start(tmp_path / "plain") as run:
        run.log("a line")
    with pytest.raises(errors.Refused, match=r"has one of \[ \] \* \? .* in its path"):
        bare_runs.start(tmp_path / "run [lr=0.1]").__enter__()
    assert {*os.listdir(tmp_path)} == {"plain"}
