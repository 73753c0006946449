"""CelebA without CelebA: noise for faces, at each of the three sources it has."""

import contextlib
import io
import pathlib
from typing import NamedTuple

import tensorflow_datasets as tfds
from PIL import Image

from experiments import celeba
from helpers import small_runs, tiny_datasets

SOURCES = ("mocked", "files", "prepared")
TRAIN, TEST = 80, 14  # more tests than there are features
PARTS = {"train": 0, "validation": 1, "test": 2}
QUICK = {**small_runs.IMAGES, "output_size": 32, "rollout_steps": 1, "num_samples": 14}
QUICK |= {"calibrate_iters": 0, "method": ("standard", "refinement")}


class Source(NamedTuple):
    """Where the faces are."""

    name: str
    folder: pathlib.Path  # --data_dir
    files: list[pathlib.Path]  # what there is to learn from
    tests: list[pathlib.Path]
    features: pathlib.Path  # --features

    @contextlib.contextmanager
    def opened(self):
        with contextlib.ExitStack() as inside:
            if self.name == "mocked":
                mock = tfds.testing.mock_data(num_examples=TRAIN)
                inside.enter_context(mock)
            yield

    def run(self, workdir, **changes):
        with self.opened():
            celeba.run(self.config(workdir=str(workdir), **changes))

    def config(self, **changes):
        where = {"data_dir": str(self.folder), "features": str(self.features)}
        return celeba.Config(**{**QUICK, **where, **changes})

    def faces(self):
        """What there is to learn from, as Pillow opens it."""
        if self.name != "mocked":
            return [Image.open(path) for path in self.files]
        raw = tfds.decode.PartialDecoding(
            {"image": True}, {"image": tfds.decode.SkipDecoding()}
        )
        with self.opened():
            records = tfds.load("celeb_a", split="train", decoders=raw)
            return [
                Image.open(io.BytesIO(record["image"]))
                for record in records.as_numpy_iterator()
            ]


def source_in(top: pathlib.Path, name: str, features: pathlib.Path) -> Source:
    """Faces that TFDS makes up, that lie in files, that TFDS has prepared."""
    folder, split = top, {"train": [], "test": []}
    if name != "mocked":
        # Colours finer than a pixel of 32, so that it shows how they were averaged.
        faces = tiny_datasets.write_pictures(
            top / "img_align_celeba",
            TRAIN + TEST + 3,
            suffix=".jpg",
            size=(178, 218),
            colours=(100, 80),
        )
        split = {"train": faces[:TRAIN], "test": faces[TRAIN : TRAIN + TEST]}
        split["validation"] = faces[TRAIN + TEST :]
    if name == "prepared":
        folder = top / "tfds"
        tiny_datasets.prepare_faces(folder, split)
    if name == "files":
        listed = "".join(
            f"{path.name} {part}\n"
            for part_name, part in PARTS.items()
            for path in split[part_name]
        )
        (top / "list_eval_partition.txt").write_text(listed)
    return Source(name, folder, split["train"], split["test"], features)
