"""Checkpoints where the system fails, and where others' files are in the way."""

import contextlib
import os
import pathlib
import resource
import shutil

import pytest
import tensorflow as tf
from helpers import faults

from tf_collab import training

WEIGHT = tf.Variable([0.0] * 300)


def checkpoints(folder, **options):
    return training.Checkpoints(folder, **options, weight=WEIGHT)


def saved(folder, *steps, **options):
    found = checkpoints(folder, **options)
    for step in steps:
        WEIGHT.assign([float(step)] * 300)
        found.save(step)
    return found


TOLD: list[str] = []  # of damage


def restored(folder, step=None, **options):
    """The step of the checkpoint that is restored, and the weight that it held."""
    WEIGHT.assign([-1.0] * 300)
    found = checkpoints(folder, **options).restore(step, warn=TOLD.append)
    return found, int(WEIGHT[0])


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(pathlib.Path(folder).rglob("*"))
        if path.is_file()
    }


def copy(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def test_the_folder_may_have_any_name(tmp_path):
    """TensorFlow takes the first of these for patterns."""
    for name in ("run [lr=0.1]", "a*b?", "a\\b", "line\nline", os.fsdecode(b"\xff")):
        folder = tmp_path / name
        saved(folder, 1, 2, 3)
        assert restored(folder) == (3, 3)
        assert restored(folder, 2) == (2, 2)
        assert sorted(os.listdir(folder)) == ["step-000000002", "step-000000003"]
        (folder / "step-000000003" / "variables.index").write_bytes(b"half")
        told = []
        assert checkpoints(folder).restore(warn=told.append) == 2
        assert str(folder / "step-000000003") in told[0] and "/proc" not in told[0]


def test_a_call_of_the_system_that_fails_in_saving_loses_nothing(tmp_path):
    saved(tmp_path / "before", 1, 2)
    copy(tmp_path / "before", tmp_path / "whole")
    saved(tmp_path / "whole", 3)
    whole = everything(tmp_path / "whole")
    assert {name[:14] for name in whole} == {"step-000000002", "step-000000003"}
    run, errors = tmp_path / "run", 0
    copy(tmp_path / "before", run)
    for _, error in faults.each(lambda: saved(run, 3)):
        assert error is None or isinstance(error, OSError), error
        errors += error is not None
        assert restored(run) in ((2, 2), (3, 3))
        assert not any("damaged" in name for name in os.listdir(run))
        saved(run, 3)  # the same again
        assert restored(run) == (3, 3)
        left = everything(run)
        assert {name: left[name] for name in whole} == whole
        copy(tmp_path / "before", run)
    assert errors > 10


def test_a_call_of_the_system_that_fails_in_reading_is_no_damage(tmp_path):
    saved(tmp_path, 1, 2)
    before, told, errors = everything(tmp_path), [], 0

    def read():
        assert checkpoints(tmp_path).restore(warn=told.append) == 2

    for call, error in faults.each(read):
        assert isinstance(error, OSError), (call, error)
        errors += 1
        assert everything(tmp_path) == before and not told
    assert errors > 10
    read()


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.PermissionDeniedError(None, None, "a; Permission denied"),
        tf.errors.UnknownError(None, None, "a; Input/output error"),
        tf.errors.FailedPreconditionError(None, None, "a; Stale file handle"),
        RuntimeError("a; Connection timed out"),
        OSError(5, "Input/output error"),
    ],
)
def test_nor_is_one_that_fails_inside_tensorflow(error, tmp_path, monkeypatch):
    saved(tmp_path, 1, 2)
    before = everything(tmp_path)

    def load(path):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(tf.train, "load_checkpoint", load)
        for step in (None, 2):
            with pytest.raises(OSError, match=r"(?i)error|denied|stale|timed out"):
                checkpoints(tmp_path).restore(step)
    assert everything(tmp_path) == before
    assert restored(tmp_path) == (2, 2)


@contextlib.contextmanager
def small_disk(size):
    """Inside, no file grows past `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 1, 100, 1000])
def test_a_disk_that_is_full_anywhere_loses_nothing(size, tmp_path):
    found = saved(tmp_path, 1, 2)
    with pytest.raises((tf.errors.OpError, OSError)), small_disk(size):
        found.save(3)
    assert restored(tmp_path) == (2, 2)
    saved(tmp_path, 3)
    assert restored(tmp_path) == (3, 3)
    assert sorted(os.listdir(tmp_path)) == ["step-000000002", "step-000000003"]


def damage(folder, step, content):
    (folder / f"step-{step:09d}" / "variables.index").write_bytes(content)


def test_each_damaged_checkpoint_of_a_step_is_kept(tmp_path):
    kept = []
    for content in (b"first", b"second", b"third"):
        saved(tmp_path, 1, 2)
        damage(tmp_path, 2, content)
        assert restored(tmp_path) == (1, 1)
        kept.append(content)
        asides = sorted(tmp_path.glob("damaged-step-000000002*"))
        assert [(path / "variables.index").read_bytes() for path in asides] == kept
    assert [path.name[22:] for path in asides] == ["", "-2", "-3"]


def test_a_checkpoint_under_another_steps_name_is_set_aside(tmp_path):
    saved(tmp_path, 1, 2)
    (tmp_path / "step-000000002").rename(tmp_path / "step-000000003")
    told = []
    with pytest.raises(ValueError, match=r"step-000000003 is damaged.*its step is 2"):
        checkpoints(tmp_path).restore(3)
    assert checkpoints(tmp_path).restore(warn=told.append) == 1
    assert "damaged-step-000000003: its step is 2, not 3" in told[0]


def test_a_checkpoint_with_another_mark_is_set_aside(tmp_path):
    ours = {"phase": "shape-g4", "seed": 0, "rates": (0.1, 0.2)}
    for name, value in {"phase": "calibrate-g4", "seed": 1, "rates": (0.1,)}.items():
        folder = tmp_path / name
        saved(folder, 1, mark=ours)
        saved(folder, 2, mark={**ours, name: value})
        told = []
        found = checkpoints(folder, mark=ours)
        assert found.restore(warn=told.append) == 1
        (words,) = told
        assert f"its {name} is " in words and "set aside" in words


def test_names_that_one_mark_lacks_do_not_count(tmp_path):
    saved(tmp_path, 1, mark={"seed": 0, "was": 1})
    assert restored(tmp_path, mark={"seed": 0, "new": 2}) == (1, 1)


def test_a_checkpoint_from_before_there_were_marks_is_read_and_kept(tmp_path):
    for step in (1, 2):
        WEIGHT.assign([float(step)] * 300)
        path = tmp_path / f"step-{step:09d}" / "variables"
        tf.train.Checkpoint(weight=WEIGHT).write(str(path))
    assert restored(tmp_path, mark={"seed": 0}) == (2, 2)
    saved(tmp_path, 3, 4, 5, mark={"seed": 0})
    assert checkpoints(tmp_path).steps() == [1, 2, 4, 5]


def test_what_is_not_ours_is_never_forgotten(tmp_path):
    saved(tmp_path, 1, 2, mark={"seed": 1})  # of another run
    (tmp_path / "step-000000003").mkdir()
    (tmp_path / "step-000000003" / "notes").write_text("mine")
    saved(tmp_path / "elsewhere", 9)
    (tmp_path / "step-000000004").symlink_to("elsewhere/step-000000009")
    (tmp_path / "draft-000000007").symlink_to("elsewhere/step-000000009")
    saved(tmp_path, 5, mark={"seed": 0})
    (tmp_path / "step-000000005" / "notes").write_text("mine")
    before = everything(tmp_path)
    found = saved(tmp_path, 6, 8, 10, mark={"seed": 0})
    assert found.steps() == [1, 2, 8, 10]
    after = everything(tmp_path)
    for name, content in before.items():
        ours = name.startswith("step-000000005/")
        if not ours:
            assert after[name] == content
    assert after["draft-000000005/notes"] == b"mine"
    with pytest.raises(OSError, match=r"step-000000003' is in the way.*move it away"):
        found.save(3)
    with pytest.raises(OSError, match=r"step-000000004' is in the way.*move it away"):
        found.save(4)
    assert (tmp_path / "step-000000003" / "notes").read_text() == "mine"


def test_a_damaged_one_is_not_forgotten_and_harms_no_later_one(tmp_path):
    saved(tmp_path, 1, 2)
    damage(tmp_path, 1, b"half")
    saved(tmp_path, 3, 4)
    told = []
    assert checkpoints(tmp_path).sound(told.append) == [3, 4]
    assert len(told) == 1 and "damaged-step-000000001" in told[0]


def test_a_mark_that_is_nobodys_is_of_no_step(tmp_path):
    for content in ("", "[]", "half {", "[" * 10**5, "{}"):
        saved(tmp_path, 1)
        path = str(tmp_path / "step-000000002" / "variables")
        words = tf.Variable(content)
        tf.train.Checkpoint(weight=WEIGHT, mark=words).write(path)
        assert restored(tmp_path) == (1, 1)
        assert not (tmp_path / "step-000000002").exists()


def test_an_index_that_asks_for_more_than_there_is_is_damaged(tmp_path):
    saved(tmp_path, 1, 2)
    huge = tmp_path / "huge"
    huge.mkdir()
    # An index of a large tensor beside the file of a small one.
    tf.train.Checkpoint(weight=tf.Variable(tf.zeros([10**6]))).write(
        str(huge / "variables")
    )
    shutil.copy(huge / "variables.index", tmp_path / "step-000000002")
    told = []
    assert checkpoints(tmp_path).restore(warn=told.append) == 1
    assert "has the shape [1000000]" in told[0]


@pytest.mark.parametrize("kind", ["link", "named pipe", "folder"])
def test_a_file_of_another_kind_is_damaged_and_does_not_hang(kind, tmp_path):
    saved(tmp_path, 1, 2)
    path = tmp_path / "step-000000002" / "variables.index"
    path.unlink()
    if kind == "link":
        path.symlink_to("../step-000000001/variables.index")
    elif kind == "named pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    assert restored(tmp_path) == (1, 1)
