"""Tests for experiments.evaluate on folders."""

import shutil

import miniatures
import numpy as np
import pytest

import tf_collab as tc
from experiments import evaluate, flags, runs
from tf_collab import metrics


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two of images of 12x10, one of images of 8x8."""
    top = tmp_path_factory.mktemp("folders")
    for name, n, size in (
        ("a", 80, (12, 10)),
        ("b", 81, (12, 10)),
        ("small", 82, (8, 8)),
    ):
        miniatures.write_pictures(top / name, n, size=size, colours=size)
    return top


def test_folders_are_compared_as_large_as_they_are(folders, tmp_path, capsys):
    options = {"a": str(folders / "a"), "b": str(folders / "b"), "features": "random"}
    evaluate.run(evaluate.Config(**options))
    told = capsys.readouterr().out
    look = metrics.random_conv(0)
    expected = metrics.frechet_distance(
        *(
            metrics.FeatureStats.of(look(np.asarray(tc.data.to_float(images.pixels))))
            for images in (
                tc.data.IMAGES["folder"](folders / name, split="all", size=None)
                for name in "ab"
            )
        )
    )
    assert "fd_random_pool_80_b" in told and f"{expected:.3f}" in told
    (tmp_path / "cache").mkdir()
    for cache in (None, str(tmp_path / "cache")):
        small = evaluate.Config(**options, memory_gib=0, cache_dir=cache)
        if cache is None:
            with pytest.raises(runs.Refused, match=r"^--a=.*memory_gib"):
                evaluate.run(small)
        else:
            evaluate.run(small)
            assert capsys.readouterr().out == told
            assert len(list((tmp_path / "cache").iterdir())) == 2


def test_folders_of_other_sizes_are_brought_to_one(folders, photos, capsys):
    options = {"a": str(folders / "a"), "b": str(folders / "small")}
    options["features"] = "random"
    with pytest.raises(runs.Refused, match=r"12x10 and .* 8x8: give a --size"):
        evaluate.run(evaluate.Config(**options))
    evaluate.run(evaluate.Config(**options, size=9))
    assert "fd_random_pool_80_small" in capsys.readouterr().out
    with pytest.raises(runs.Refused, match=r"^--b=.* pixels and .* give a size"):
        evaluate.run(evaluate.Config(**{**options, "b": str(photos)}))
    with pytest.raises(runs.Refused, match="--metrics=is: random gives no logits"):
        evaluate.run(evaluate.Config(**options, size=9, metrics=("is",)))
    with pytest.raises(SystemExit):
        flags.main(
            evaluate.Config, evaluate.run, ["evaluate", "--workdir=a", "--size=9"]
        )


def test_two_folders_are_compared(photos, tmp_path, capsys):
    options = {"a": str(photos), "features": "random", "size": 8, "n": 200}
    stats = str(tmp_path / "stats.npz")
    evaluate.run(evaluate.Config(**options, b=str(photos), save_stats=stats))
    with np.load(stats) as file:
        assert file["mu"].shape == (64,) and file["sigma"].shape == (64, 64)
    evaluate.run(evaluate.Config(**options, b=stats))
    assert capsys.readouterr().out.count("0.000") == 2


def test_two_folders_of_one_name_are_told_apart(folders, tmp_path, monkeypatch, capsys):
    other = tmp_path / "other" / "a"
    shutil.copytree(folders / "b", other)
    monkeypatch.chdir(other)
    options = {"features": "random", "a": str(folders / "a")}
    for b in (f"{other}/", "."):
        evaluate.run(evaluate.Config(**options, b=b))
        told = capsys.readouterr().out
        assert "fd_random_pool_80_other-a" in told and "| a " in told
    evaluate.run(evaluate.Config(**options, b=".."))  # images lie further down
    assert "fd_random_pool_80_other |" in capsys.readouterr().out
