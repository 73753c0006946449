"""Run folders and the processes that hold, kill and fill them."""

import json
import pathlib
import signal
import subprocess
import sys

from helpers import bare_runs

from tf_collab import atomic

ROOT = pathlib.Path(__file__).parents[3]


HOLDER = """
import dataclasses, sys
from experiments.cli import flags
from experiments.rundir import run_folder

@dataclasses.dataclass(frozen=True)
class Config:
    workdir: str = ""

def run(config):
    with run_folder.Run(config.workdir, config, experiment="toy") as run:
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
    bare_runs.finish(folder)  # its lock died with it
    assert not (folder / "lock").exists()


# Works in a folder, once for every place where it could be killed: before or
# after it puts a file on the disk, and before it renames one.
KILLED = """
import dataclasses, os, pathlib, shutil, signal, sys
from experiments.rundir import run_folder

@dataclasses.dataclass(frozen=True)
class Config:
    niters: int = 2

def work(folder):
    with run_folder.Run(folder, Config(), experiment="toy") as run:
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
    unbroken = bare_runs.everything(tmp_path / "unbroken")
    assert len(unbroken) == 6
    for at in range(1, int(out) + 1):
        left = bare_runs.everything(tmp_path / f"killed-{at}")
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
        assert bare_runs.everything(tmp_path / f"resumed-{at}") == unbroken


FULL = """
import dataclasses, resource
from experiments.cli import flags
from experiments.rundir import run_folder

@dataclasses.dataclass(frozen=True)
class Config:
    workdir: str = ""

def run(config):
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    with run_folder.Run(config.workdir, config, experiment="toy") as run:
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
    assert set(bare_runs.everything(tmp_path)) == {"config.json", "results.jsonl"}
    with bare_runs.start(tmp_path) as run:
        steps = [line["step"] for line in run.results.lines()]
    assert steps == list(range(len(steps)))
    assert len(steps) > 100
