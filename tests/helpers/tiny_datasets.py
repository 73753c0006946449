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
    """TFDS' celeb_a with the files of each split and nothing but images, prepared."""
    image = tfds.features.Image(shape=(218, 178, 3), encoding_format="jpeg")
    splits = {
        split: [(path.name, {"image": path}) for path in paths]
        for split, paths in faces.items()
    }
    _prepare(folder, "celeb_a", "2.1.0", {"image": image}, splits)


def prepare_sentences(folder, texts: Sequence[str | bytes]):
    """TFDS' lm1b with the texts given, prepared."""
    examples = [(str(i), {"text": text}) for i, text in enumerate(texts)]
    features = {"text": tfds.features.Text()}
    _prepare(folder, "lm1b", "1.1.0", features, {"train": examples})


def _prepare(folder, dataset, version, features, splits):
    """A set under the real one's name, from examples by split."""

    class Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        name = dataset
        VERSION = tfds.core.Version(version)
        code_path = None  # where checksums of downloads would be

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, _):
            return {split: self._generate_examples(split) for split in splits}

        def _generate_examples(self, split):
            yield from splits[split]

    Builder(data_dir=folder).download_and_prepare()


RANDOM = np.random.default_rng(0)
WORDS = ["the", "cat", "sat", "naïve", "Zoë", "😀", "on", "`quoted`", "a" * 40]


def sentences(n):
    return [" ".join(RANDOM.choice(WORDS, RANDOM.integers(1, 9))) for _ in range(n)]


def cut(lines, length=32):
    """Lines as a text of one length has them."""
    return [line[:length].ljust(length, "`") for line in lines]


def padded(text, part):
    """Decoded lines with their padding."""
    indices = getattr(text, part)
    return cut(text.vocabulary.decode(indices), indices.shape[1])
