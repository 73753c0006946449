"""What a manifest knows of a job is what is drawn, whenever the job was killed."""

import json
import os

import numpy as np
import pytest
from helpers import small_jobs

from tf_collab import atomic, formats
from tf_collab.front import jobs, manifest, verifying


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return small_jobs.save(tmp_path_factory.mktemp("saved"))


def files_of(kept, *indices):
    """Blocks whose files are there, and which are in the manifest."""
    for i in indices:
        path = f"{kept.job.folder}/{kept.job.name(i)}"
        with open(path, "wb") as file:
            file.write(b"block %d" % i)
        told = jobs.digest(kept.path.parent / path)
        kept.add(jobs.Written(i, kept.job.samples(i), told, 0.5, ("x",), 7))


def begun(source, folder):
    job = small_jobs.job_of(source, folder / "blocks")
    flags = {name: getattr(job, name) for name in jobs.FLAGS}
    return manifest.Manifest(folder, job, flags)


def test_a_block_is_missing_unless_both_its_line_and_its_file_are_there(
    source, tmp_path
):
    kept = begun(source, tmp_path)
    assert kept.missing() == [0, 1, 2]
    files_of(kept, 2, 0)
    assert kept.missing() == [1]
    assert begun(source, tmp_path).missing() == [0, 1, 2]  # as after a kill
    kept.save()
    again = begun(source, tmp_path)
    assert again.missing() == [1] and again.blocks == kept.blocks
    (tmp_path / "blocks" / "000002.npz").unlink()
    assert again.missing() == [1, 2]
    (tmp_path / "blocks" / "000000.npz").write_bytes(b"block")
    assert again.missing() == [0, 1, 2]
    assert again.lost() == {0: "000000.npz", 2: "000002.npz"}


def test_sizes_that_a_manifest_does_not_tell_are_not_asked_for(source, tmp_path):
    kept = begun(source, tmp_path)
    files_of(kept, 0, 1, 2)
    kept.save()
    record = json.loads((tmp_path / formats.MANIFEST).read_text())
    for block in record["blocks"].values():
        del block["size"]
    del record["crc32"]  # as older manifests are
    (tmp_path / formats.MANIFEST).write_text(json.dumps(record))
    (tmp_path / "blocks" / "000000.npz").write_bytes(b"another size")
    assert begun(source, tmp_path).missing() == []


def test_the_manifest_hangs_on_no_order(source, tmp_path):
    texts = []
    for name, order in (("a", (0, 1, 2)), ("b", (2, 0, 1))):
        (tmp_path / name).mkdir()
        kept = begun(source, tmp_path / name)
        files_of(kept, *order)
        kept.save()
        texts.append((tmp_path / name / formats.MANIFEST).read_text())
    assert texts[0] == texts[1]
    record = json.loads(texts[0])
    assert record["flags"] == {
        "method": "standard",
        "n": 25,
        "block": 10,
        "seed": 3,
        "format": "npz",
        "threads": kept.job.threads,
    }
    assert "tensorflow" in record["software"] and "reals.npz" in record["inputs"]
    assert record["blocks"]["000001"] == {
        "file": "blocks/000001.npz",
        "samples": 10,
        "sha256": jobs.digest(tmp_path / "a" / "blocks" / "000001.npz"),
        "efficiency": 0.5,
        "doubts": ["x"],
        "size": 7,
    }


def test_what_killed_processes_left_is_removed_and_nothing_else(source, tmp_path):
    kept = begun(source, tmp_path)
    files_of(kept, 0)
    folder = tmp_path / "blocks"
    (folder / f"{atomic.PREFIX}here-7-000001.npz").touch()
    (folder / f"{atomic.PREFIX}here-8-000002").mkdir()
    (folder / f"{atomic.PREFIX}here-8-000002" / "000000020.png").touch()
    (folder / f"{atomic.PREFIX}here-8-000002.npz").mkdir()
    mine = [f"{atomic.PREFIX}{name}" for name in ("mine", "here-8-000001.npz~")]
    mine += [f"{atomic.PREFIX}here-9-000001.npz", "mine"]
    for name in (mine[0], mine[1]):
        (folder / name).touch()
    (folder / "mine").mkdir()
    (folder / mine[2]).symlink_to(folder / "mine")
    kept.clear()
    left = {path.name for path in folder.iterdir()}
    assert left == {"000000.npz", f"{atomic.PREFIX}here-8-000002", *mine}


def test_it_is_written_now_and_then(source, tmp_path, monkeypatch):
    kept = begun(source, tmp_path)
    files_of(kept, 0)
    assert manifest.read(tmp_path) is None
    monkeypatch.setattr(manifest, "EVERY", -1.0)
    files_of(kept, 1)
    assert {*manifest.read(tmp_path)["blocks"]} == {0, 1}


FLAGS = {"method": "standard", "n": 25, "block": 10, "seed": 0, "threads": 1}
FLAGS["format"] = "npz"
BLOCK = {"samples": 10, "sha256": "0", "efficiency": 1.0, "doubts": []}
EMPTY = {"flags": FLAGS, "software": {}, "inputs": {}, "blocks": {}}


def test_a_manifest_of_nothing_is_sound(tmp_path):
    (tmp_path / formats.MANIFEST).write_text(json.dumps(EMPTY))
    assert manifest.read(tmp_path) == EMPTY


@pytest.mark.parametrize(
    "found",
    [
        "{",
        [],
        {"flags": {}},
        {"flags": 3},
        EMPTY | {"flags": {"n": 25}},
        EMPTY | {"flags": FLAGS | {"n": "25"}},
        EMPTY | {"flags": FLAGS | {"n": True}},
        EMPTY | {"flags": FLAGS | {"block": [10]}},
        EMPTY | {"flags": FLAGS | {"seed": -1}},
        EMPTY | {"flags": FLAGS | {"format": ["npz"]}},
        EMPTY | {"flags": FLAGS | {"method": "magic"}},
        EMPTY | {"inputs": [["reals.npz", "0"]]},
        EMPTY | {"inputs": {"reals.npz": ["0"]}},
        EMPTY | {"software": {"numpy": 2}},
        EMPTY | {"blocks": [BLOCK]},
        EMPTY | {"blocks": {"3": BLOCK}},
        EMPTY | {"blocks": {"-1": BLOCK}},
        EMPTY | {"blocks": {"2": BLOCK}},
        EMPTY | {"blocks": {"0": BLOCK | {"samples": [10]}}},
        EMPTY | {"blocks": {"0": BLOCK | {"size": "many"}}},
    ],
)
def test_a_damaged_manifest_is_one_sentence(found, tmp_path):
    text = found if isinstance(found, str) else json.dumps(found)
    (tmp_path / formats.MANIFEST).write_text(text)
    with pytest.raises(ValueError, match=r"manifest\.json' is not a readable manifest"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_no_block(kind, source, tmp_path):
    kept = begun(source, tmp_path)
    files_of(kept, 0, 1)
    path = tmp_path / "blocks" / "000001.npz"
    path.rename(tmp_path / "elsewhere")
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    assert verifying.damaged(kept) == ["000001.npz"]
    assert [*kept.lost()] == [1]


def test_a_link_among_images_is_no_block(source, tmp_path):
    job = small_jobs.job_of(source, tmp_path / "blocks", format="png")
    kept = manifest.Manifest(tmp_path, job, {})
    image = tmp_path / "blocks" / "000000" / "000000000.png"
    image.parent.mkdir()
    image.write_bytes(b"image")
    kept.add(jobs.Written(0, 10, jobs.digest(image.parent), 1.0, (), 5))
    assert verifying.damaged(kept) == [] and kept.lost() == {}
    image.rename(tmp_path / "elsewhere")
    image.symlink_to(tmp_path / "elsewhere")
    assert verifying.damaged(kept) == ["000000"] == [*kept.lost().values()]


@pytest.mark.parametrize("scale, centre", [(1.0, 0.0), (1e-5, 0.0), (1e4, 1e4)])
def test_close_is_close_against_the_spread_of_a_block(scale, centre):
    x = np.random.default_rng(0).normal(size=[50, 2]).astype("f4")
    moved = lambda by: {"x": np.float32(centre) + np.float32(scale) * (x + by)}
    assert verifying._close(moved(0), moved(np.float32(1e-4)))
    assert not verifying._close(moved(0), moved(np.float32(1e-2)))


def test_damage_is_found_in_every_block(source, tmp_path):
    kept = begun(source, tmp_path)
    files_of(kept, 0, 1, 2)
    told = []
    assert verifying.damaged(kept, told.append) == [] and told == [1, 2, 3]
    (tmp_path / "blocks" / "000000.npz").write_bytes(b"block 1")
    (tmp_path / "blocks" / "000002.npz").unlink()
    assert verifying.damaged(kept) == ["000000.npz", "000002.npz"]


def test_whatever_bit_of_a_manifest_is_flipped_it_is_refused(source, tmp_path):
    kept = begun(source, tmp_path)
    files_of(kept, 0)
    kept.save()
    path = tmp_path / formats.MANIFEST
    content = path.read_bytes()
    record = manifest.read(tmp_path)
    for at in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        try:
            assert manifest.read(tmp_path) == record  # white space alone
        except ValueError as error:
            assert "is not a readable manifest of a job" in str(error)
