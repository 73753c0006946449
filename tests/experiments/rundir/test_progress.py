"""Tests for experiments.rundir.progress."""

import sys

from experiments.rundir import progress


def test_a_pipe_gets_a_line_for_each_tenth(capsys):
    with progress.bar("train", 1000) as reach:
        for done in range(1, 1001):
            reach(done)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("train: 100/1000 steps, ")
    assert lines[-1].startswith("train: 1000/1000 steps, ")
    assert lines[-1].endswith(" steps/s, 00:00 left")


def test_a_resumed_run_tells_only_what_is_new(capsys):
    with progress.bar("train", 1000, first=800) as reach:
        for done in range(800, 1001, 50):
            reach(done)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == ["900/1000", "1000/1000"]


def test_nothing_to_do_says_nothing(capsys):
    with progress.bar("train", 0) as reach:
        reach(0)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_with_speed_and_time_left(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.bar("train", 1000, first=500) as reach:
        reach(750)
        progress.say("a line")
        reach(1000)
    shown = capsys.readouterr().err
    assert "a line\n" in shown
    assert "train" in shown and "1000/1000" in shown and "steps/s" in shown
