"""Image sets in miniature."""

import gzip

import numpy as np
import pytest
from PIL import Image


def _idx(array):
    lengths = np.array(array.shape, ">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


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
                path = folder / f"{start}-{kind}-ubyte"
                if zipped:
                    path.with_name(path.name + ".gz").write_bytes(
                        gzip.compress(_idx(array))
                    )
                else:
                    path.write_bytes(_idx(array))
        return arrays

    return write


@pytest.fixture
def write_pictures():
    """Writes n files of smooth colours into a folder, which it makes."""

    def write(folder, n, *, suffix=".png", size=(20, 16)):
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(n)
        paths = [folder / f"{i + 1:06d}{suffix}" for i in range(n)]
        for path in paths:
            coarse = random.integers(256, size=(3, 3, 3), dtype=np.uint8)
            Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
        return paths

    return write
