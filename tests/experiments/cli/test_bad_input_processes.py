"""Wrong commands as real processes: one line, and nothing lost on a full disk."""

import os
import pathlib
import subprocess
import sys

from helpers import small_runs

from experiments import mog2d
from experiments.cli import fields

ROOT = pathlib.Path(__file__).parents[3]


def process(*argv, cwd):
    """The binary as a person starts it."""
    return subprocess.run(
        [sys.executable, "-m", "experiments.mog2d", *small_runs.QUICK, *argv],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wrong_flag_answers_before_tensorflow_is_imported(tmp_path):
    names = "from experiments.cli import flags; from experiments import mog2d; "
    code = f"import sys; {names}" + (
        "flags.parse(mog2d.Config, ['mog2d']); "
        "sys.exit('tensorflow' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0
    answer = process("--sed=1", cwd=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "--seed" in answer.stderr
    assert small_runs.everything(tmp_path) == []


MISSING = """
import sys
from experiments.cli import flags
from experiments import celeba, compare, coulomb, evaluate, mnist, mog2d
folder = ["--a=.", "--b=.", "--features=random"]
for module, *argv in (
    (mog2d, "--generator=gone", "--discriminator=gone"),
    (mog2d, "--init_checkpoint=gone"),
    (mog2d, "--workdir=gone", "--mode=sample"),
    (mog2d, "--flagfile=gone"),
    (mnist, "--data_dir=gone"),
    (mnist, "--features=gone"),
    (celeba, "--cache_dir=gone"),
    (coulomb, "--dataset=billion_word", "--data_dir=gone"),
    (compare, "--results=gone"),
    (compare, "--results=.", "--published=gone"),
    (evaluate, *folder, "--a=gone"),
    (evaluate, *folder, "--b=gone"),
    (evaluate, "--workdir=gone"),
    (evaluate, *folder, "--save_stats=gone/stats.npz"),
):
    try:
        flags.main(module.Config, module.run, [module.__name__, *argv])
    except SystemExit as ended:
        assert ended.code == 2, argv
assert not {"tensorflow", "keras", "numpy"} & {*sys.modules}
"""


def test_a_missing_path_is_told_before_tensorflow_is_imported(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", MISSING],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    told = done.stderr.splitlines()
    assert len(told) == 14 and all("gone" in line or "'.'" in line for line in told)
    assert small_runs.everything(tmp_path) == []


def test_a_wrong_file_is_one_line_of_a_real_process(tmp_path):
    answer = process("--mode=sample", cwd=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1, answer.stderr
    assert "--mode=train" in answer.stderr
    assert small_runs.everything(tmp_path) == []


def test_help_lists_every_flag(tmp_path):
    answer = process("--help", cwd=tmp_path)
    assert answer.returncode == 0
    for field in fields.read(mog2d.Config):
        assert f"--{field.name}=" in answer.stdout


def test_a_full_disk_is_one_sentence_and_loses_nothing(processes, tmp_path):
    """No file may grow past 20 000 bytes: the first checkpoint does not fit."""
    wide = small_runs.quick("--nhidden=64", "--nlayers=6", "--method=standard")
    full = processes.run("mog2d", tmp_path / "run", wide, largest=20_000)
    assert full.status == 2, full.err
    assert "Traceback" not in full.err
    assert "File too large" in full.err.splitlines()[-1]
    done = processes.run("mog2d", tmp_path / "run", wide)
    assert done.status == 0, done.err
    assert "standard" in done.out
