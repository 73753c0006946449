"""Tests for tf_collab.atomic."""

import contextlib
import os
import re
import resource

import numpy as np
import pytest

from experiments.cli import errors
from tf_collab import atomic

RANDOM = np.random.default_rng(0).random(9000)  # does not compress


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "a.npz"
    with atomic.writing(path) as temporary:
        np.savez(temporary, x=np.arange(3))
        assert temporary.parent == tmp_path
        assert not path.exists()
    assert np.load(path)["x"].tolist() == [0, 1, 2]
    assert names(tmp_path) == ["a.npz"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_alone(error, tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(error), atomic.writing(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]


@contextlib.contextmanager
def small_disk():
    """Inside, no file grows past 4096 bytes: pytest's own output must stay outside."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.bin", lambda path: path.write_bytes(bytes(9000))),
        ("a.npy", lambda path: np.save(path, np.zeros(9000))),
        ("a.npz", lambda path: np.savez(path, x=np.zeros(9000), y=np.zeros(9000))),
        ("b.npz", lambda path: np.savez_compressed(path, x=RANDOM)),
    ],
)
def test_a_full_disk_gives_one_sentence_and_spares_the_old_file(name, write, tmp_path):
    path = tmp_path / name
    path.write_text("old")
    with (
        pytest.raises(Exception) as failed,
        small_disk(),
        atomic.writing(path) as temporary,
    ):
        write(temporary)
    words, status = errors.last_words(failed.value)
    assert str(path) in words or "File too large" in words
    assert "None" not in words and "\n" not in words
    assert status == 2
    assert path.read_text() == "old"
    assert names(tmp_path) == [name]


def test_the_sentence_names_the_file_and_not_the_temporary(tmp_path):
    path = tmp_path / "table.md"
    with (
        pytest.raises(OSError) as failed,
        small_disk(),
        atomic.writing(path) as temporary,
    ):
        temporary.write_bytes(bytes(9000))
    assert errors.last_words(failed.value)[0] == f"'{path}' failed: File too large."


def test_a_folder_that_vanished_is_one_sentence_too(tmp_path):
    path = tmp_path / "gone" / "a"
    with pytest.raises(OSError) as failed, atomic.writing(path) as temporary:
        temporary.write_text("x")
    words, _ = errors.last_words(failed.value)
    assert words == f"'{path}' failed: No such file or directory."


def test_what_a_killed_process_left_is_cleared(tmp_path):
    (tmp_path / "samples").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".writing-a").touch()
    (tmp_path / "linked").symlink_to("mine")
    for name in ("a", ".writing-a", ".writing-mine", "samples/.writing-b.npz"):
        (tmp_path / name).touch()
    (tmp_path / "samples" / ".writing-a.npz").symlink_to(tmp_path / "a")
    atomic.clear(tmp_path, re.compile(r"a|samples/\w+\.npz|linked/a"))
    assert names(tmp_path) == [".writing-mine", "a", "linked", "mine", "samples"]
    assert names(tmp_path / "samples") == [".writing-a.npz"]
    assert names(tmp_path / "mine") == [".writing-a"]


def test_a_link_under_the_temporarys_name_is_not_written_through(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".writing-a").symlink_to("mine")
    with atomic.writing(tmp_path / "a") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "mine").read_text() == "mine"
    assert (tmp_path / "a").read_text() == "whole" and not (tmp_path / "a").is_symlink()


def test_a_folder_appears_when_it_is_whole_and_takes_the_place_of_another(tmp_path):
    path = tmp_path / "a"
    for content in ("first", "second"):
        with atomic.writing_folder(path, by="me-") as temporary:
            assert temporary.name == f"{atomic.PREFIX}me-a"
            (temporary / content).write_text(content)
            assert content == "second" or not path.exists()
        assert names(tmp_path) == ["a"] and names(path) == [content]


@pytest.mark.parametrize("content", ["whole", "other"])
def test_another_writer_of_the_same_folder_does_no_harm(content, tmp_path, monkeypatch):
    path, replace, left = tmp_path / "a", os.replace, [2]

    def late(old, new):
        """Somebody else puts a folder there just before it is replaced."""
        if new == path and left[0]:
            left[0] -= 1
            path.mkdir(exist_ok=True)
            (path / "x").write_text(content)
        replace(old, new)

    monkeypatch.setattr(os, "replace", late)
    with atomic.writing_folder(path, by="me-") as temporary:
        (temporary / "x").write_text("whole")
    assert names(tmp_path) == ["a"] and (path / "x").read_text() == "whole"


def test_a_folder_with_the_same_files_stays_where_it_is(tmp_path):
    path = tmp_path / "a"
    found = []
    for _ in range(2):
        with atomic.writing_folder(path) as temporary:
            (temporary / "x").write_text("whole")
        found.append(path.stat().st_ino)
    assert found[0] == found[1] and names(tmp_path) == ["a"]


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_folder_takes_the_place_of_a_link_and_not_of_what_it_leads_to(kind, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "x").write_text("mine")
    path = tmp_path / "a"
    path.symlink_to(mine) if kind == "link" else path.write_text("a file")
    with atomic.writing_folder(path) as temporary:
        (temporary / "x").write_text("whole")
    assert (mine / "x").read_text() == "mine" and names(tmp_path) == ["a", "mine"]
    assert not path.is_symlink() and (path / "x").read_text() == "whole"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_folder_that_failed_leaves_the_old_one_alone(error, tmp_path):
    path = tmp_path / "a"
    path.mkdir()
    (path / "old").touch()
    left = tmp_path / f"{atomic.PREFIX}a"
    left.mkdir()  # by a process that was killed
    (left / "half").touch()
    with pytest.raises(error), atomic.writing_folder(path) as temporary:
        assert names(temporary) == []
        (temporary / "new").touch()
        raise error
    assert names(tmp_path) == ["a"] and names(path) == ["old"]
