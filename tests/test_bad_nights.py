"""Kills at moments of chance, and the comparison of two jobs' files."""

import pathlib
import random
import sys

import pytest

from benchmarks import bad_nights, json_lines

RESULTS = pathlib.Path(__file__).parents[1] / "docs" / "results"

# Makes a file after the other, and goes on where it was.
JOB = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
for i in range(20):
    folder.joinpath(f"{i:06d}.npz").write_bytes(b"")
    time.sleep(0.02)
"""


def test_kills_are_spread_by_chance_and_all_come():
    found = [bad_nights.moments(10, 2, seed) for seed in range(50)]
    for kills in found:
        shares, whom = zip(*kills)
        assert [*shares] == sorted(shares)
        assert sorted(whom) == ["program"] * 2 + ["worker"] * 10
    assert len({kills[0] for kills in found}) == 50
    # The mean of 600 shares, uniform from .02 to .95: within four standard errors.
    mean = sum(share for kills in found for share, _ in kills) / 600
    assert abs(mean - 0.485) < 4 * 0.93 / 12**0.5 / 600**0.5


def test_files_are_compared_byte_by_byte(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "deep").mkdir(parents=True)
        (folder / "a").write_bytes(b"same")
        (folder / "deep" / "b").write_bytes(b"same too")
    assert bad_nights.same(one, other) == (2, 2)
    (other / "deep" / "b").write_bytes(b"same ton")
    (one / "c").write_bytes(b"alone")
    assert bad_nights.same(one, other) == (3, 1)


def test_a_command_that_is_killed_is_given_again(tmp_path):
    (tmp_path / "job.py").write_text(JOB, "utf-8")
    command = [sys.executable, str(tmp_path / "job.py"), str(tmp_path / "blocks")]
    kills = [(0.05, "program"), (0.5, "program")]
    chance = random.Random(0)
    bad_nights.broken(command, tmp_path / "blocks", 20, kills, chance)
    assert len([*(tmp_path / "blocks").iterdir()]) == 20
    with pytest.raises(SystemExit, match="1 kills came too late"):
        late = [(2.0, "program")]
        bad_nights.broken(command, tmp_path / "blocks", 20, late, chance)


def test_the_page_has_the_table_of_its_lines():
    lines = json_lines.read(RESULTS / "bad_nights.jsonl")
    page = (RESULTS.parent / "scaling.md").read_text("utf-8")
    assert bad_nights.table(lines).strip() in page
    assert all(line["same_files"] == line["files"] for line in lines)
