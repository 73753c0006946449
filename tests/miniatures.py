"""Image sets in miniature, as files and as TFDS prepares them."""

import gzip
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image


def write_idx(path, array):
    """One file of the MNIST family; zipped if its name says so."""
    lengths = np.array(array.shape, ">u4").tobytes()
    whole = bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()
    path.write_bytes(gzip.compress(whole) if path.suffix == ".gz" else whole)


def write_pictures(folder, n, *, suffix=".png", size=(20, 16), colours=(3, 3)):
    """n files of as many colours, with smooth edges, into a folder, which it makes."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(n)
    paths = [folder / f"{i + 1:06d}{suffix}" for i in range(n)]
    for path in paths:
        coarse = random.integers(256, size=(*colours, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return paths


def prepare_faces(folder, faces: Mapping[str, Sequence[pathlib.Path]]):
    """TFDS' celeb_a with the files of each split, prepared in the folder."""

    class CelebA(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        """The real one's name, with nothing but images."""

        VERSION = tfds.core.Version("2.1.0")
        code_path = None  # where checksums of downloads would be

        def _info(self):
            image = tfds.features.Image(shape=(218, 178, 3), encoding_format="jpeg")
            features = tfds.features.FeaturesDict({"image": image})
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, _):
            return {split: self._generate_examples(faces[split]) for split in faces}

        def _generate_examples(self, paths):
            for path in paths:
                yield path.name, {"image": path}

    CelebA(data_dir=folder).download_and_prepare()
