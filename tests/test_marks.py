"""Archives that say what they are."""

import zipfile

import numpy as np
import pytest

from tf_collab import marks


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(300.0), score=np.ones(3))
    return path


def test_an_archive_keeps_its_content_and_tells_its_name(file):
    marks.mark(file, "samples/a.npz")
    assert marks.is_whole(file, "samples/a.npz")
    assert not marks.is_whole(file, "samples/b.npz")
    with np.load(file) as archive:
        assert archive["x"][299] == 299 and archive["score"].shape == (3,)


def test_one_without_a_name_is_of_any(file):
    assert marks.is_whole(file, "samples/a.npz")


def test_the_same_content_and_name_are_the_same_bytes(file, tmp_path):
    other = tmp_path / "b.npz"
    np.savez(other, x=np.arange(300.0), score=np.ones(3))
    for path in (file, other):
        marks.mark(path, "a")
    assert file.read_bytes() == other.read_bytes()


def test_a_flipped_bit_of_an_array_shows(file):
    marks.mark(file, "a")
    content = file.read_bytes()
    for at in range(200, 2500, 41):
        damaged = bytearray(content)
        damaged[at] ^= 4
        file.write_bytes(damaged)
        assert not marks.is_whole(file, "a"), at


def test_what_is_cut_missing_or_no_archive_is_not_whole(file, tmp_path):
    content = file.read_bytes()
    for size in range(0, len(content), 97):
        file.write_bytes(content[:size])
        assert not marks.is_whole(file, "a")
    assert not marks.is_whole(tmp_path / "none", "a")
    assert not marks.is_whole(tmp_path, "a")


def test_what_the_system_cannot_read_is_not_damage(file, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile.ZipFile, "testzip", refused)
    with pytest.raises(PermissionError):
        marks.is_whole(file, "a")
