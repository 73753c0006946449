"""Powers of growth, and jobs whose blocks are counted."""

import pathlib
import subprocess
import sys

import pytest

from benchmarks import growth, json_lines, throughput

RESULTS = pathlib.Path(__file__).parents[1] / "docs" / "results"


def test_the_page_has_the_table_of_its_lines():
    lines = json_lines.read(RESULTS / "growth.jsonl")
    assert growth.table(lines) in (RESULTS / "speed.md").read_text("utf-8")


def test_a_power_is_that_of_the_law():
    for p in (-1, 0, 0.5, 2):
        values = [1, 10, 40]
        assert growth.power(values, [7 * v**p for v in values]) == f"{p:.2f}"


def test_blocks_are_waited_for_while_the_job_lives(tmp_path):
    job = "import pathlib, time\nfor i in range(3):\n time.sleep(.02)\n"
    job += " pathlib.Path(f'{i}.npz').touch()"
    with subprocess.Popen([sys.executable, "-c", job], cwd=tmp_path) as process:
        assert throughput.until(tmp_path, 2, process) >= 2
        with pytest.raises(SystemExit, match="ended with 0"):
            throughput.until(tmp_path, 4, process)
