"""Tests for experiments.runs."""

import dataclasses
import json
import pathlib
import signal
import subprocess
import sys

import pytest

from experiments import atomic, runs

ROOT = pathlib.Path(runs.__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class Config:
    niters: int = 100
    lrg: float = 0.1
    seeds: tuple[int, ...] = (0, 1)


def start(workdir, config=Config(), *, experiment="toy", resume=True):
    return runs.Run(workdir, config, experiment=experiment, resume=resume)


def finish(workdir):
    with start(workdir) as run:
        run.begin("train", {"lrg": 0.1})


def everything(folder):
    """Each path below `folder` with its bytes, if it has any."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_a_run_holds_its_flags_and_files(tmp_path, capsys):
    with start(tmp_path / "a" / "b") as run:
        run.begin("train", {"lrg": 0.1, "seeds": (0, 1)})
        run.log("on a CPU")
        run.results.append({"step": 1, "kl": 0.5}, key=("step",))
        run.timings.append({"step": 1, "seconds": 2.0}, key=("step",))
        with run.writing("samples/a.npz") as path:
            path.write_bytes(b"x")
        assert run.folder("checkpoints").is_dir()
    found = everything(tmp_path / "a" / "b")
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


def test_the_default_workdir_names_experiment_data_and_seed():
    assert runs.default_workdir("mog2d", "8Gaussians", 3) == pathlib.Path(
        "runs/mog2d/8Gaussians-s3"
    )


def test_a_changed_flag_of_a_begun_phase_is_refused_by_name(tmp_path):
    finish(tmp_path)
    before = everything(tmp_path)
    with start(tmp_path, Config(lrg=0.2)) as run:
        assert run.phases == {"train": {"lrg": 0.1}}
        run.check("shape", {"lrg": 0.2})  # not begun, so free
        for ask in (run.check, run.begin):
            with pytest.raises(runs.Refused) as refused:
                ask("train", {"lrg": 0.2})
            for part in ("--lrg=0.2", "train", "--lrg=0.1", "another --workdir"):
                assert part in str(refused.value)
    assert everything(tmp_path) == before


def test_what_a_phase_did_not_record_may_change(tmp_path):
    finish(tmp_path)
    with start(tmp_path, Config(niters=200)) as run:
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
    with pytest.raises(runs.Refused), start(folder):
        raise runs.Refused("a check failed")
    assert set(everything(tmp_path)) == ({"a", "a/b"} if there else set())


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
        with start(folder, experiment="other") as run:
            run.begin("train", {})
    elif how == "not an object":
        folder.mkdir()
        (folder / "config.json").write_text("[]")
    elif how == "damaged":
        folder.mkdir()
        (folder / "config.json").write_text('{"experiment": "toy", "pha')
    elif how == "damaged results":
        finish(folder)
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
    before = everything(tmp_path)
    with pytest.raises(runs.Refused, match=words) as refused, start(folder):
        pass
    assert str(folder) in str(refused.value)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("folder", ["/proc/no/such", "/dev/null/x", "x" * 300])
def test_a_folder_that_cannot_be_made_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(runs.Refused, match=r"--workdir=.* cannot be used"),
        start(folder),
    ):
        pass
    assert everything(tmp_path) == {}


def test_without_resume_a_run_is_refused_and_an_empty_folder_taken(tmp_path):
    with start(tmp_path, resume=False) as run:
        run.begin("train", {})
    before = everything(tmp_path)
    with pytest.raises(runs.Refused, match=r"--resume=false.*nothing is ever deleted"):
        start(tmp_path, resume=False).__enter__()
    assert everything(tmp_path) == before


def test_a_new_start_clears_half_files_and_records_its_flags(tmp_path):
    finish(tmp_path)
    (tmp_path / ".writing-table.md").write_text("half")
    with start(tmp_path, Config(niters=200)) as run:
        run.begin("train", {"lrg": 0.1})
    assert set(everything(tmp_path)) == {"config.json"}
    record = json.loads((tmp_path / "config.json").read_text())
    assert record["flags"]["niters"] == 200


def test_a_vanished_folder_is_not_made_anew(tmp_path):
    folder = tmp_path / "run"
    with start(folder) as run:
        run.begin("train", {})
        folder.rename(tmp_path / "away")
        for write in (run.log, run.folder, lambda name: run.writing(f"{name}/x")):
            with pytest.raises(FileNotFoundError):
                write("figures")
    assert not folder.exists()


HOLDER = """
import dataclasses, sys
from experiments import flags, runs

@dataclasses.dataclass(frozen=True)
class Config:
    workdir: str = ""

def run(config):
    with runs.Run(config.workdir, config, experiment="toy") as run:
        if sys.stdin.readline():
            print("held", flush=True)
            sys.stdin.readline()

flags.main(Config, run)
"""


def process(script, *args, **kwargs):
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", script, *args],
        cwd=ROOT,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path):
    folder = tmp_path / "run"
    with process(HOLDER, f"--workdir={folder}") as first:
        first.stdin.write("go on\n")
        first.stdin.flush()
        assert first.stdout.readline() == "held\n"
        with process(HOLDER, f"--workdir={folder}") as second:
            _, err = second.communicate("")
        assert second.returncode == 2
        assert f"is in use by process {first.pid}" in err
        assert err.count("\n") == 1
        first.send_signal(signal.SIGKILL)
    assert (folder / "lock").exists()
    finish(folder)  # its lock died with it
    assert not (folder / "lock").exists()


# Works in a folder, once for every place where it could be killed: before or
# after it puts a file on the disk, and before it renames one.
KILLED = """
import dataclasses, os, pathlib, shutil, signal, sys
from experiments import runs

@dataclasses.dataclass(frozen=True)
class Config:
    niters: int = 2

def work(folder):
    with runs.Run(folder, Config(), experiment="toy") as run:
        run.begin("train", {"lrg": 0.1})
        for step in range(3):
            if not run.results.has(step=step):
                with run.writing(f"samples/{step}.npz") as path:
                    path.write_bytes(bytes(1000 + step))
                run.results.append({"step": step, "kl": step / 7}, key=("step",))
        run.begin("shape", {"lrg": 0.1, "niters": 2})

def killed(at):
    calls = 0
    def counted(function):
        def call(*args):
            nonlocal calls
            calls += 1
            if calls == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args)
        return call
    os.fsync, os.replace = counted(os.fsync), counted(os.replace)

def forked(folder, at):
    child = os.fork()
    if not child:
        killed(at)
        work(folder)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])

top = pathlib.Path(sys.argv[1])
work(top / "unbroken")
at = 1
while forked(top / f"resumed-{at}", at):
    shutil.copytree(top / f"resumed-{at}", top / f"killed-{at}")
    if at % 2:
        forked(top / f"resumed-{at}", 2)  # killed twice
    work(top / f"resumed-{at}")
    at += 1
print(at - 1)
"""


def test_a_run_killed_anywhere_is_whole_and_ends_with_the_same_bytes(tmp_path):
    with process(KILLED, str(tmp_path)) as child:
        out, err = child.communicate()
    assert err == ""
    assert int(out) == 8 * 3  # files written, and per file two syncs and a rename
    unbroken = everything(tmp_path / "unbroken")
    assert len(unbroken) == 6
    for at in range(1, int(out) + 1):
        left = everything(tmp_path / f"killed-{at}")
        assert left.pop("lock")
        for name, content in left.items():
            if content is None or pathlib.Path(name).name.startswith(atomic.PREFIX):
                continue
            if name == "config.json":
                phases = json.loads(content)["phases"]
                assert phases.items() <= json.loads(unbroken[name])["phases"].items()
            elif name == "results.jsonl":
                assert unbroken[name].startswith(content) and content.endswith(b"}\n")
            else:
                assert content == unbroken[name]
        assert everything(tmp_path / f"resumed-{at}") == unbroken


FULL = """
import dataclasses, resource
from experiments import flags, runs

@dataclasses.dataclass(frozen=True)
class Config:
    workdir: str = ""

def run(config):
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    with runs.Run(config.workdir, config, experiment="toy") as run:
        run.begin("train", {})
        for step in range(1000):
            run.results.append({"step": step}, key=("step",))

flags.main(Config, run)
"""


def test_a_full_disk_is_one_sentence_and_the_last_good_file_survives(tmp_path):
    with process(FULL, f"--workdir={tmp_path}") as child:
        _, err = child.communicate()
    assert child.returncode == 2
    assert err == f"'{tmp_path}/results.jsonl' failed: File too large.\n"
    assert set(everything(tmp_path)) == {"config.json", "results.jsonl"}
    with start(tmp_path) as run:
        steps = [line["step"] for line in run.results.lines()]
    assert steps == list(range(len(steps)))
    assert len(steps) > 200
