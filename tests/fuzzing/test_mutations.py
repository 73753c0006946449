"""Every edit happens, at the ends of a file too; containers hold what they should."""

import gzip
import io
import random
import zipfile

import numpy as np
import pytest
from fuzzing import mutations, packing

POOL = [b"a12.5", b"b"]
ARRAYS = {"x": np.arange(6.0).reshape(2, 3), "name": np.array("é")}


def container(save):
    content = io.BytesIO()
    save(content, **ARRAYS)
    return content.getvalue()


CONTAINERS = {
    "npz": container(np.savez),
    "npz, deflated": container(np.savez_compressed),
    "gz": gzip.compress(b"a first line\n" * 9),
}


@pytest.mark.parametrize("edit", mutations.EDITS)
def test_an_edit_changes_a_file_and_bears_its_ends(edit):
    rng, changed = random.Random(0), 0
    for content in (b"", b"7", POOL[0]):
        for at in range(len(content) + 1):
            for end in range(at, len(content) + 1):
                changed += edit(rng, content, at, end, POOL) != content
    assert changed


def test_damage_is_a_function_of_its_seed_and_is_no_longer_than_a_file_may_be():
    long = [b"7" * mutations.LONGEST]
    first, again = (
        [mutations.damaged(random.Random(seed), long, long) for seed in range(9)]
        for _ in range(2)
    )
    assert first == again and len({*first}) > 1
    assert max(map(len, first)) <= mutations.LONGEST


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_container_holds_what_was_put_into_it(kind):
    whole = CONTAINERS[kind]
    parts = [(name, content[:-1] + b"!") for name, content in packing.opened(whole)]
    made = packing.closed(whole, parts)
    if kind == "gz":
        assert gzip.decompress(made) == parts[0][1]
        return
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == dict(parts)
        before = zipfile.ZipFile(io.BytesIO(whole)).infolist()
        assert [one.compress_type for one in archive.infolist()] == [
            one.compress_type for one in before
        ]


def test_what_a_container_holds_is_damaged_with_right_checksums():
    """NumPy reads other numbers, which the damage of checked bytes never gives."""
    rng, others = random.Random(0), 0
    for _ in range(300):
        content = mutations.damaged(rng, [CONTAINERS["npz"]], POOL)
        try:
            with np.load(io.BytesIO(content)) as archive:
                others += not np.array_equal(archive["x"], ARRAYS["x"])
        except Exception:
            continue
    assert others > 10
