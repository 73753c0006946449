"""Tests for tf_collab.models.tf1."""

import os
import shutil

import numpy as np
import pytest
from helpers import tf1_files

from tf_collab import models


def nets(**options):
    size = {"nhidden": 5, "nlayers": 3}
    return models.MLPGenerator(**size, **options), models.MLPDiscriminator(**size)


@pytest.mark.parametrize("by", ["prefix", "folder", "moved folder"])
def test_the_nets_give_what_the_authors_graph_gave(tmp_path, by):
    folder = tmp_path / "run"
    path, (x, score) = tf1_files.write(folder)
    if by != "prefix":
        path = folder
    if by == "moved folder":
        path = shutil.move(folder, tmp_path / "elsewhere")
    g, d = nets()
    models.read_tf1(path, g, d)
    np.testing.assert_allclose(g(tf1_files.Z), x, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(d(x), score, rtol=1e-5, atol=1e-5)


def read(path):
    """What the nets of a checkpoint give."""
    g, d = nets()
    models.read_tf1(path, g, d)
    return g(tf1_files.Z)


def test_the_folder_may_have_any_name(tmp_path):
    path, (x, _) = tf1_files.write(tmp_path / "run")
    # TensorFlow's readers take the first of these for patterns.
    for name in ("run [lr=0.1]", "a*b?", "a\\b", "line\nline", os.fsdecode(b"\xff")):
        folder = tmp_path / name
        shutil.copytree(tmp_path / "run", folder)
        for given in (folder, folder / os.path.basename(path)):
            np.testing.assert_allclose(read(given), x, rtol=1e-5, atol=1e-5)


def test_a_name_that_tensorflow_cannot_open_is_told(tmp_path):
    tf1_files.write(tmp_path)
    for file in tmp_path.glob("model.ckpt*"):
        file.rename(tmp_path / file.name.replace("model", "model[1]"))
    refused(tmp_path / "model[1].ckpt-1000", "in its name.*rename its files")


def test_any_of_a_checkpoints_files_names_it(tmp_path):
    path, (x, _) = tf1_files.write(tmp_path)
    for given in ("checkpoint", *(path + end for end in (".index", ".meta"))):
        np.testing.assert_allclose(read(tmp_path / given), x, rtol=1e-5, atol=1e-5)
    # As a program on Windows writes it.
    words = 'model_checkpoint_path: "C:\\\\runs\\\\model.ckpt-1000"\n'
    (tmp_path / "checkpoint").write_text(words)
    np.testing.assert_allclose(read(tmp_path), x, rtol=1e-5, atol=1e-5)


def test_every_weight_is_loaded(tmp_path):
    g, d = nets()
    before = [v.numpy() for v in g.weights + d.weights]
    models.read_tf1(tf1_files.write(tmp_path)[0], g, d)
    after = [v.numpy() for v in g.weights + d.weights]
    assert all((a != b).all() for a, b in zip(before, after))


@pytest.mark.parametrize(
    "name",
    ["generator/BatchNorm_1/moving_variance", "discriminator/d_fc3/bias"],
)
def test_a_missing_variable_is_refused_by_name_and_nothing_is_loaded(tmp_path, name):
    prefix, _ = tf1_files.write(tmp_path, skip=[name])
    refused(prefix, f"has no variable {name}$")


def test_a_wrong_shape_is_refused_with_both_shapes(tmp_path):
    prefix, _ = tf1_files.write(tmp_path, nhidden=6)
    refused(prefix, r"g_fc1/kernel is \[2, 6\] in .* and \[2, 5\] in the net")


def refused(path, sentence, **options):
    g, d = nets(**options)
    before = [v.numpy() for v in g.variables + d.variables]
    with pytest.raises(ValueError, match=sentence) as error:
        models.read_tf1(path, g, d)
    assert "\n" not in str(error.value)
    for old, new in zip(before, g.variables + d.variables):
        np.testing.assert_array_equal(old, new)


def test_untrained_scale_and_shift_fit_a_net_without_them(tmp_path):
    prefix, (x, _) = tf1_files.write(tmp_path, gamma=1.0, beta=0.0)
    g, d = nets(affine=False)
    models.read_tf1(prefix, g, d)
    np.testing.assert_allclose(g(tf1_files.Z), x, rtol=1e-5, atol=1e-5)


def test_trained_scale_and_shift_do_not(tmp_path):
    prefix, _ = tf1_files.write(tmp_path)
    refused(prefix, "generator needs affine=True", affine=False)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    refused(tmp_path, "has no file named checkpoint")
    refused(
        tmp_path / "model.ckpt-1",
        "is not a checkpoint: no file has this prefix",
    )
    (tmp_path / "text").write_text("hello")
    refused(tmp_path / "text", "is not a readable checkpoint")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is a named pipe")
    for content in (b"", b"\xff", b"hello", b'model_checkpoint_path: "../.."'):
        (tmp_path / "checkpoint").write_bytes(content)
        refused(tmp_path, "does not name a checkpoint|is not a|is a folder")


def test_a_damaged_checkpoint_is_refused(tmp_path):
    prefix, _ = tf1_files.write(tmp_path)
    (data,) = tmp_path.glob("*.data-*")
    data.write_bytes(data.read_bytes()[:100])
    refused(prefix, "is not a readable checkpoint")
