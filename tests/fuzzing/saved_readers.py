"""The readers of what commands and the library keep in folders of their own."""

import contextlib
import functools
import io
import json
import pathlib
import tempfile
import types
from unittest import mock

import numpy as np
from fuzzing import valid
from fuzzing.reader import Reader
from helpers import small_jobs
from PIL import Image, PngImagePlugin

from experiments import compare, sample
from experiments.images import classifier, image_places
from experiments.rundir import jsonl, pictures, titled
from experiments.stages import given_files
from tf_collab import formats, metrics, models
from tf_collab.front import kept_parts, ledger, loading, manifest

__all__ = ["ROWS"]

from_file = kept_parts.from_file
LABELLED = classifier.Labelled(np.zeros([4, 8, 8, 1], np.uint8), np.arange(4))
FACTS = {"net": "ab12", "rows": 100, "seed": 0}


def _text(value):
    return [(json.dumps(value) + "\n").encode()]


@functools.cache
def _collaboration():
    """The files of a collaboration by name."""
    with tempfile.TemporaryDirectory() as folder:
        place = small_jobs.save(pathlib.Path(folder, "saved"))
        return {path.name: path.read_bytes() for path in place.iterdir()}


@functools.cache
def _net(name):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, f"{name}.keras")
        path.write_bytes(_collaboration()[path.name])
        return from_file(path.parent, name)


def _read_collaboration(path):
    if path.name != "reals.npz":
        (path.parent / "reals.npz").write_bytes(_collaboration()["reals.npz"])
    else:
        sound = _collaboration()["collaboration.json"]
        (path.parent / "collaboration.json").write_bytes(sound)
    given = dict.fromkeys(("generator", "discriminator", "prior", "objective"))
    nets = mock.Mock(side_effect=lambda folder, name: _net(name))
    with mock.patch.object(kept_parts, "from_file", nets):
        loading.load(path.parent, **given)


def _manifest():
    block = {"samples": 10, "sha256": "ab12", "efficiency": 1.0, "doubts": ["a"]}
    blocks = {"000000": block, "000001": {**block, "size": 1234}}
    flags = {"n": 25, "block": 10, "seed": 3, "method": "standard", "format": "npz"}
    whole = {
        "flags": {**flags, "threads": 1},
        "software": {"numpy": "2.4.6"},
        "inputs": {"generator": "ab12"},
        "blocks": blocks,
    }
    return _text(whole)


def _read_mark(path):
    run = types.SimpleNamespace(
        at=lambda name: path if name.endswith(".json") else path.parent / name,
        results=jsonl.Table(path.parent / "none.jsonl"),
        pdf=False,
    )
    _ = pictures.Album(run, 2, {"shaped": 1}).is_due


def _mark():
    return _text([[], {"shaped": 1}, {"figures/samples-g2.png": "0a1b2c3d"}])


def _picture():
    """A picture of training, which says in itself which it is."""
    content, told = io.BytesIO(), PngImagePlugin.PngInfo()
    told.add_text("Title", "training-g2")
    pixels = np.arange(192, dtype="u1").reshape(8, 8, 3)
    Image.fromarray(pixels).save(content, format="png", pnginfo=told)
    return [content.getvalue()]


def _read_picture(path):
    titled._is_picture.__wrapped__(path, "training-g2", ())  # and no cache's answer


def _read_results(path):
    with contextlib.redirect_stdout(io.StringIO()):
        compare.run(compare.Config(results=(str(path),)))


def _read_job(path):
    sample.Config(workdir=str(path.parent)).recalled()


def _read_classifier(path):
    (path.parent / "classifier.keras").touch()
    with (
        mock.patch.object(models, "load", lambda path: None),
        mock.patch.object(metrics, "as_classifier", lambda net: net),
    ):
        classifier.classifier(path.parent, LABELLED, LABELLED)


def _classifier():
    digest = classifier._digest(LABELLED)
    whole = {"seed": 0, "epochs": 10, "train": digest, "test": digest}
    return _text({**whole, "accuracy": 0.9})


def _samples():
    arrays = {"x": np.zeros([3, 8, 8, 3], "f4"), "score": np.arange(3.0)}
    return [valid.saved(lambda path: np.savez(path, **arrays), "a.npz")]


def _rows():
    arrays = {"x": np.zeros([3, 2]), "labels": np.arange(3), "groups": np.arange(3)}
    return [valid.saved(lambda path: np.savez(path, **arrays), "a.npz")]


def _read_rows(path):
    given_files.rows(str(path))
    given_files.groups(str(path))


ROWS = [
    Reader(
        "a manifest of a job",
        formats.MANIFEST,
        _manifest,
        lambda path: manifest.read(path.parent),
        ["tf_collab/front/manifest.py"],
    ),
    Reader(
        "a ledger",
        ledger.NAME,
        lambda: _text({"facts": FACTS, "doubts": ["few rows"], "rate": 0.1}),
        lambda path: ledger.Ledger(path.parent, FACTS),
        ["tf_collab/front/ledger.py"],
    ),
    Reader(
        "a job to go on with",
        formats.MANIFEST,
        _manifest,
        _read_job,
        ["experiments/stages/block_flags.py"],
    ),
    Reader(
        "a classifier's record",
        "classifier.json",
        _classifier,
        _read_classifier,
        ["experiments/images/classifier.py"],
    ),
    Reader(
        "results to compare",
        "any.jsonl",
        valid.table,
        _read_results,
        ["experiments/compare.py"],
    ),
    Reader(
        "samples to evaluate",
        "samples.npz",
        _samples,
        lambda path: image_places._of_samples(str(path)),
        ["experiments/images/image_places.py", "experiments/images/image_figures.py"],
    ),
    *(
        Reader(
            f"a collaboration's {name}",
            name,
            lambda name=name: [_collaboration()[name]],
            _read_collaboration,
            ["tf_collab/front/loading.py", "tf_collab/front/kept_parts.py"],
        )
        for name in ("collaboration.json", "reals.npz")
    ),
    Reader(
        "a mark of pictures",
        "shown-g2.json",
        _mark,
        _read_mark,
        ["experiments/rundir/pictures.py"],
    ),
    Reader(
        "a picture of training",
        "training-g2.png",
        _picture,
        _read_picture,
        ["experiments/rundir/titled.py"],
    ),
    Reader(
        "rows for a GAN",
        "rows.npz",
        _rows,
        _read_rows,
        ["experiments/stages/given_files.py"],
    ),
]
