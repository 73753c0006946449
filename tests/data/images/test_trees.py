"""Tests for tf_collab.data.images.trees: the files that somebody means."""

import json
import os
import pathlib

import pytest

from tf_collab.data.images import trees

RECORD = json.dumps({"experiment": "celeba", "flags": {}, "phases": {}})


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def walked(root):
    """Names below `root`, and what was left out."""
    tree = trees.walk(root, lambda name: name.endswith(".png"))
    return [str(path.relative_to(root)) for path in tree.files], dict(tree.left_out)


def test_files_come_in_order_of_their_names(tmp_path):
    touch(tmp_path, "b.png", "c/a.png", "a/z.png", "a/b/c.png", "a.png")
    expected = ["a/b/c.png", "a/z.png", "a.png", "b.png", "c/a.png"]
    assert walked(tmp_path) == (expected, {})


@pytest.mark.parametrize(
    "name",
    [
        *(".ipynb_checkpoints", ".thumbnails", ".Trash-1000", ".git", "__MACOSX"),
        *("@eaDir", "lost+found", "#recycle", "$RECYCLE.BIN", "."),
    ],
)
def test_hidden_folders_are_left_out_and_counted(name, tmp_path):
    name = ".x" if name == "." else name
    touch(tmp_path, "a.png", f"{name}/b.png", f"deep/{name}/deeper/c.png", "._a.png")
    touch(tmp_path, "notes.txt", "deep/table.csv")
    counts = {"hidden folders": 2, "hidden files": 1, "other files": 2}
    assert walked(tmp_path) == (["a.png"], counts)
    told = trees.summary("/x", counts)
    assert told == (
        "left out of '/x': hidden files (1), hidden folders (2), other files (2)",
    )


def test_a_hidden_folder_that_is_given_is_read(tmp_path):
    touch(tmp_path / ".cache", "a.png")
    assert walked(tmp_path / ".cache") == (["a.png"], {})


def test_nothing_left_out_is_nothing_said():
    assert trees.summary("/x", {}) == ()


def test_what_a_run_drew_is_left_out(tmp_path):
    touch(tmp_path, "a.png", "runs/one/figures/b.png", "c/config.json", "c/d.png")
    (tmp_path / "runs/one/config.json").write_text(RECORD)
    touch(tmp_path, "runs/begun/lock", "runs/begun/.writing-1")
    left_out = {"folders of runs": 2, "other files": 1}
    assert walked(tmp_path) == (["a.png", "c/d.png"], left_out)
    # Who gives the run's own folder means its pictures.
    assert walked(tmp_path / "runs/one")[0] == ["figures/b.png"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"3", b"[" * 10**5, b'{"experiment": 1}', b"\xff"]
)
def test_another_config_is_no_run(content, tmp_path):
    touch(tmp_path, "a/b.png")
    (tmp_path / "a/config.json").write_bytes(content)
    assert walked(tmp_path)[0] == ["a/b.png"]


def test_a_config_that_is_no_file_is_no_run(tmp_path):
    touch(tmp_path, "a/b.png", "c/d.png")
    os.mkfifo(tmp_path / "a/config.json")
    (tmp_path / "c/config.json").symlink_to("config.json")
    assert walked(tmp_path)[0] == ["a/b.png", "c/d.png"]


def test_links_to_folders_are_followed(tmp_path):
    touch(tmp_path, "cats/a.png", "elsewhere/b.png", "elsewhere/deep/c.png")
    root = tmp_path / "cats"
    (root / "dogs").symlink_to(tmp_path / "elsewhere")
    assert walked(root) == (["a.png", "dogs/b.png", "dogs/deep/c.png"], {})


@pytest.mark.parametrize("to", [".", "..", "../..", "a", "z", "link"])
def test_no_link_makes_an_image_count_twice(to, tmp_path):
    root = tmp_path / "root"
    touch(tmp_path, "other.png", "root/a/b.png", "root/z/c.png")
    (root / "link").symlink_to(to)
    files, left_out = walked(root)
    assert files == ["a/b.png", "z/c.png"]
    told = {"other files": 1} if to == "link" else {"links to folders read already": 1}
    assert left_out == told


def test_two_links_to_one_folder_are_read_once_by_the_first_name(tmp_path):
    touch(tmp_path, "far/x/b.png", "root/a.png")
    for name, to in (("m", "far"), ("n", "far/x"), ("b", "far/x")):
        (tmp_path / "root" / name).symlink_to(tmp_path / to)
    files, left_out = walked(tmp_path / "root")
    assert files == ["a.png", "b/b.png"]
    assert left_out == {"links to folders read already": 2}


def test_a_folder_that_cannot_be_listed_is_told(tmp_path, monkeypatch):
    touch(tmp_path, "a.png", "locked/b.png")
    listing = os.listdir

    def refuse(path):
        if pathlib.Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(PermissionError, match="locked"):
        walked(tmp_path)
