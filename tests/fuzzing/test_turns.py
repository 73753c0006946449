"""What a reader does wrong is told, whatever becomes of its process; counts go on."""

import itertools
import json
import os
import signal
import sys
import time

import pytest
from fuzzing import run, turns
from fuzzing.reader import Reader

WHOLE = b"one, 2 and three " * 3
FILES = turns.Files([WHOLE], [WHOLE, b"another file"])
CHUNK, SLOW, STILL, GROWN = 60, 0.3, 60, 2**23


def toy(read):
    """A reader that does `read` to a file that begins otherwise than the whole one."""

    def reading(path):
        if not path.read_bytes().startswith(WHOLE[:5]):
            read(path)

    return Reader("a toy", "whole.toy", lambda: [WHOLE], reading, [])


def refuses(path):
    raise ValueError(f"{path} does not begin as it should")


def says_two_lines(path):
    raise ValueError(f"{path} does not begin\nas it should")


def names_no_file(path):
    raise ValueError("it does not begin as it should")


def stumbles(path):
    raise KeyError(path)


def fills_memory(path):
    b"1" * (2 * GROWN)


def crashes(path):
    os.kill(os.getpid(), signal.SIGSEGV)


def hangs(path):
    time.sleep(60)


def loops(path):
    while True:
        pass


def litters(path):
    path.rename(path.parent / "moved")
    (path.parent / "more").mkdir()


WRONG = {
    says_two_lines: "AssertionError at reader.py",
    names_no_file: "AssertionError at reader.py",
    stumbles: "KeyError at test_turns.py",
    fills_memory: "much memory",
    crashes: "SIGSEGV at test_turns.py",
    loops: "more than 0.3 seconds of a processor at test_turns.py",
    hangs: "more than 2 seconds at test_turns.py",
}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name in ("CHUNK", "SLOW", "STILL", "GROWN"):
        monkeypatch.setattr(turns, name, globals()[name])


def take(read, place, inputs, files=FILES):
    return turns.take(toy(read), 0, files, place, inputs=inputs, seconds=60)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_and_kept(wrong, tmp_path, capfd, monkeypatch):
    if wrong is hangs:
        monkeypatch.setattr(turns, "STILL", 2)
    turn = take(wrong, tmp_path, inputs=1)
    assert turn.findings and turn.seeds == 1
    (told,) = capfd.readouterr().out.splitlines()
    assert told.startswith(f"a toy: {WRONG[wrong]}")
    (kept,) = tmp_path.glob("????????/whole.toy")
    # The first that was wrong is kept, and the very input that a process died of.
    inputs = turns.chunk(toy(wrong), 0, FILES)
    bad = next(one for one in inputs if not one.startswith(WHOLE[:5]))
    assert kept.read_bytes() == bad


@pytest.mark.parametrize("sound", [refuses, litters])
def test_a_sound_reader_gets_all_inputs(sound, tmp_path):
    turn = take(sound, tmp_path, inputs=CHUNK + 1)
    assert turn.inputs == 2 * CHUNK and turn.seeds == 2 and not turn.findings
    inputs = itertools.chain(*(turns.chunk(toy(sound), s, FILES) for s in range(2)))
    bad = sum(not one.startswith(WHOLE[:5]) for one in inputs)
    assert turn.refused == (bad if sound is refuses else 0) and turn.seconds > 0


def test_a_valid_file_that_is_not_accepted_ends_it(tmp_path):
    files = turns.Files([b"not whole"], [])
    with pytest.raises(RuntimeError, match="a toy"):
        take(refuses, tmp_path, 1, files)


def test_a_fuzz_goes_on_where_it_was(tmp_path, monkeypatch):
    """Two runs hand out what one does, and each seed once."""
    monkeypatch.setattr(run.readers, "READERS", [toy(refuses)])
    monkeypatch.setattr(run, "MEMORY", tmp_path)
    lines = []
    for name, goals in (("whole", [300]), ("parts", [60, 300])):
        out = tmp_path / f"{name}.jsonl"
        for goal in goals:
            monkeypatch.setattr(run, "asked", lambda line, goal=goal: goal)
            monkeypatch.setattr(sys, "argv", ["run", f"--out={out}"])
            with pytest.raises(SystemExit) as ended:
                run.main()
            assert not ended.value.code
        lines.append(json.loads(out.read_text("utf-8")))
        del lines[-1]["seconds"]
    assert lines[0] == lines[1] and lines[0]["inputs"] == 300
    assert lines[0]["seeds"] == 5 and not [*tmp_path.glob("fuzz-*")]
