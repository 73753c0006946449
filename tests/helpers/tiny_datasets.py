"""Image sets in miniature, as files and as TFDS prepares them."""

import gzip
import json
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


def write_digits(folder):
    """A new folder like MNIST's, of blobs whose place tells their label."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for prefix, n in (("train", 800), ("t10k", 150)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        pixels = rng.integers(0, 40, [n, 28, 28]).astype(np.uint8)
        for image, label in zip(pixels, labels):
            image[2 * label : 2 * label + 8, 10:18] = 250
        write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", pixels)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", labels)


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


# Of emoji.json: (code points, category, keys of its skin variations).
TONES = ("1F3FB", "1F3FF")
EMOJI = [
    ("1F600", "Smileys", ()),
    ("1F44B", "People", TONES),
    *(("1F3C3" + sex, "People", TONES) for sex in ("", "-200D-2642-FE0F")),
    *((who + "-200D-1F33E", "People", ()) for who in ("1F468", "1F469", "1F9D1")),
    ("1F468-200D-1F373", "People", ()),
    *((f"1F1E6-1F1{i:02X}", "Flags", ()) for i in range(0xE6, 0xF0)),
    *((tone, "Parts", ()) for tone in TONES),
    ("0023-FE0F-20E3", "Symbols", ()),
    *((f"1F4{i:02X}", "Objects", ()) for i in range(12)),
]
NOT_APPLES = "1F1E6-1F1E8"  # a flag that Apple's package lacks


def write_emoji(folder, vendors=("apple", "twitter", "facebook"), version="16.0.0"):
    """npm's packages of emoji: {(vendor, code points, tone or ""): path of a picture}.

    Pictures have a colour of their own in the middle and nothing around it, but for
    the first two flags, which have the same file.
    """
    written, random = {}, np.random.default_rng(0)
    for vendor in vendors:
        place = folder / f"emoji-datasource-{vendor}"
        (place / "img" / vendor / "64").mkdir(parents=True)
        entries = []
        for points, category, tones in EMOJI:
            looks = {}
            for tone in ("", *tones):
                name = "-".join(filter(None, (points.lower(), tone.lower()))) + ".png"
                there = vendor != "apple" or points != NOT_APPLES
                has = {f"has_img_{v}": v != "apple" or there for v in vendors}
                looks[tone] = {"image": name, **has}
                path = place / "img" / vendor / "64" / name
                pixels = np.zeros([64, 64, 4], np.uint8)
                pixels[20:40, 10:30] = [*random.integers(256, size=3), 255]
                if points == "1F1E6-1F1E7":
                    path.write_bytes(written[vendor, "1F1E6-1F1E6", ""].read_bytes())
                elif there:
                    Image.fromarray(pixels).save(path)
                if there:
                    written[vendor, points, tone] = path
            entry = {"unified": points, "category": category, **looks.pop("")}
            entries.append(entry | ({"skin_variations": looks} if looks else {}))
        (place / "emoji.json").write_text(json.dumps(entries))
        (place / "package.json").write_text(json.dumps({"version": version}))
    return written
