"""Faults are noticed: a toy run bears them, and one that is wrong is told from it."""

import dataclasses
import json
import pathlib
import shutil
import sys
import types

import pytest
from chaos import plan, rounds, subjects, table
from chaos.subjects import Subject

from experiments.cli import fields
from experiments.rundir import run_folder

ROOT = pathlib.Path(__file__).parents[2]
RESULTS = ROOT / "docs/results"
LINES = [
    json.loads(line)
    for line in (RESULTS / "chaos.jsonl").read_text("utf-8").splitlines()
]


@dataclasses.dataclass(frozen=True)
class Config(fields.Given):
    """A toy."""

    workdir: str = ""


def toy(config, wrong=lambda run, step: None):
    """Three results, each with samples."""
    with run_folder.Run(config.workdir, config, experiment="toy") as run:
        run.begin("train", {})
        for step in range(3):
            if not run.results.has(step=step):
                with run.writing(f"samples/{step}.npz") as path:
                    path.write_bytes(bytes(5000 + step))
                run.results.append({"step": step, "kl": step / 7}, key=("step",))
            wrong(run, step)


SUBJECT = Subject(
    "toy",
    "toy",
    lambda folder, inputs: [f"--workdir={folder}"],
    "nothing",
    results=("results.jsonl", "samples/*"),
    tables=("results.jsonl",),
    also=lambda: None,
)


@pytest.fixture(scope="module")
def befall(tmp_path_factory):
    """What comes of a fault in a toy, which from then on may be wrong in some way."""
    top = tmp_path_factory.mktemp("chaos")
    (top / "nothing").mkdir()
    place = top / "scene"

    def started(wrong=None):
        given = {} if wrong is None else {"wrong": wrong}
        module = types.ModuleType("experiments.toy")
        module.Config, module.run = Config, lambda config: toy(config, **given)
        sys.modules["experiments.toy"] = module

    def line(fault, moment="after results.jsonl 2", wrong=None):
        started(wrong)
        try:
            return rounds.of(SUBJECT, fault, moment, whole, top, place, (0,))
        finally:
            shutil.rmtree(place, ignore_errors=True)

    started()
    whole = rounds.unbroken(SUBJECT, top, place, top / "whole")
    yield line
    del sys.modules["experiments.toy"]


BORNE = {
    "SIGKILL": -9,
    "SIGTERM": 143,
    "full disk": 2,
    "read-only folder": 2,
    "folder moved": 2,
    "clock jumps back": 0,
    "two processes": 0,
}


@pytest.mark.parametrize("fault", BORNE)
def test_a_sound_program_bears_what_happens_to_it(fault, befall):
    line = befall(fault)
    assert line["ok"], line
    assert line["status"] == BORNE[fault]


@pytest.mark.parametrize("way", ["truncated", "bit-flipped", "a folder for"])
def test_a_sound_program_bears_damage_to_its_table(way, befall):
    line = befall(f"{way} table", "at the end: results.jsonl")
    assert line["ok"], line


def outside(run, step):
    (run.workdir.parent / "theirs" / "file").write_text("ours")


def forgets(run, step):
    if step == 2:
        (run.workdir / "samples" / "0.npz").unlink()


def drops(run, step):
    run.results.path.write_text("")


def stumbles(run, step):
    if step == 2:
        raise KeyError(step)


def other(run, step):
    (run.workdir / "samples" / "9.npz").write_bytes(b"9")


def shell(run, step):
    import os

    os.system("true")


def unpickles(run, step):
    import pickle

    pickle.loads(pickle.dumps(pathlib.PurePath("a")))


def hears_nothing(run, step):
    import signal

    signal.signal(signal.SIGTERM, signal.SIG_IGN)


WRONG = {
    outside: "it did what it may not",
    forgets: "what was finished is lost",
    drops: "what was finished is lost",
    stumbles: "a traceback",
    other: "it ends otherwise than the unbroken run",
    shell: "os.system",
    unpickles: "pickle.find_class",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_program_is_noticed(wrong, befall):
    line = befall("clock jumps back", wrong=wrong)
    assert not line["ok"] and WRONG[wrong] in line["why"], line


def test_a_signal_that_is_not_heard_is_noticed(befall):
    line = befall("SIGTERM", "before results.jsonl 3", wrong=hears_nothing)
    assert not line["ok"] and "it ended with 0" in line["why"], line


def test_faults_of_all_kinds_befell_every_program_and_none_was_a_loss():
    assert len(LINES) >= 300 and all(line["ok"] for line in LINES)
    assert {line["fault"] for line in LINES} == {*plan.KINDS}
    assert {line["program"] for line in LINES} == {*subjects.SUBJECTS}
    rounds_of = {tuple(line[name] for name in plan.Round._fields) for line in LINES}
    assert len(rounds_of) == len(LINES)
    for line in LINES:
        assert line["status"] in (0, 1, 2) or line["status"] > 128 or not line["said"]


def test_the_page_has_the_table_of_the_lines():
    page = (RESULTS / "chaos.md").read_text("utf-8")
    assert table.table(LINES) in page
