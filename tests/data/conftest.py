"""Image sets in miniature."""

import numpy as np
import pytest
from helpers import tiny_datasets


@pytest.fixture
def write_digits():
    """Writes the four files of the MNIST family; returns their arrays by split."""

    def write(folder, *, zipped=False, side=28, counts=(12, 6)):
        random = np.random.default_rng(0)
        arrays = {}
        for split, start, n in zip(("train", "test"), ("train", "t10k"), counts):
            pixels = random.integers(256, size=(n, side, side), dtype=np.uint8)
            labels = random.integers(10, size=n, dtype=np.uint8)
            arrays[split] = pixels, labels
            for array, kind in ((pixels, "images-idx3"), (labels, "labels-idx1")):
                name = f"{start}-{kind}-ubyte" + (".gz" if zipped else "")
                tiny_datasets.write_idx(folder / name, array)
        return arrays

    return write


@pytest.fixture
def pictures(tmp_path):
    """A folder of 200 images: two of them may be unreadable."""
    tiny_datasets.write_pictures(tmp_path / "images", 200)
    return tmp_path / "images"
