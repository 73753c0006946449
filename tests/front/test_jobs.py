"""A digest is of all that a file or a folder holds, and of nothing else."""

import os

import pytest
from helpers import small_jobs

from tf_collab.front import jobs


def test_a_digest_of_a_folder_is_of_names_and_contents(tmp_path):
    def digest(name, **contents):
        folder = tmp_path / name
        folder.mkdir()
        for file, content in contents.items():
            (folder / file).write_text(content)
            os.utime(folder / file, (1, 1))
        return jobs.digest(folder)

    first = digest("a", x="1", y="2")
    assert digest("b", y="2", x="1") == first == jobs.digest(tmp_path / "a")
    others = [{"x": "2", "y": "1"}, {"x": "1", "z": "2"}, {"x": "1"}, {"x": "12"}]
    assert first not in [digest(f"c{i}", **other) for i, other in enumerate(others)]
    # As anybody's sha256sum has it.
    (tmp_path / "abc").write_text("abc")
    assert jobs.digest(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")


@pytest.mark.parametrize("n, sizes", [(25, [10, 10, 5]), (20, [10, 10]), (1, [1])])
def test_blocks_have_all_samples_once(n, sizes, tmp_path):
    job = small_jobs.job_of(tmp_path, tmp_path / "blocks", n=n)
    assert [job.samples(i) for i in range(job.total)] == sizes
    assert job._replace(format="png").name(7) == "000007"
    assert job._replace(format="webdataset").name(7) == "000007.tar"


def test_the_digests_of_a_collaboration_are_of_its_own_files(tmp_path):
    source = small_jobs.save(tmp_path / "saved")
    found = jobs.digests(source)
    assert {name for name, _ in found} == {path.name for path in source.iterdir()}
    (source / ".writing-reals.npz").touch()
    (source / "notes.txt").touch()
    assert jobs.digests(source) == found


def test_a_collaboration_is_saved_where_a_kill_left_half_of_a_file(tmp_path):
    (tmp_path / ".writing-reals.npz").write_text("half")
    small_jobs.save(tmp_path)
    assert not (tmp_path / ".writing-reals.npz").exists()
    (tmp_path / ".writing-mine").touch()
    with pytest.raises(ValueError, match=r"holds '\.writing-mine', which is not"):
        small_jobs.save(tmp_path)
