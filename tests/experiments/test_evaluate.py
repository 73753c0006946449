"""Tests for experiments.evaluate on folders."""

import shutil

import numpy as np
import pytest
from helpers import tiny_datasets
from PIL import Image

import tf_collab as tc
from experiments import evaluate
from experiments.cli import errors, flags
from experiments.rundir.metric_names import words
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
        tiny_datasets.write_pictures(top / name, n, size=size, colours=size)
    return top


def table(out):
    """The numbers of a table of one row, as they are spelled, by metrics' words."""
    head, _, row = (
        [cell.strip() for cell in text.strip("|").split("|")]
        for text in out.splitlines()
    )
    return dict([*zip(head, row)][3:])


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
    assert words("fd_random_pool_80_b") in told and f"{expected:.3f}" in told
    (tmp_path / "cache").mkdir()
    for cache in (None, str(tmp_path / "cache")):
        small = evaluate.Config(**options, memory_gib=0, cache_dir=cache)
        if cache is None:
            with pytest.raises(errors.Refused, match=r"^--a=.*memory_gib"):
                evaluate.run(small)
        else:
            evaluate.run(small)
            assert capsys.readouterr().out == told
            assert len(list((tmp_path / "cache").iterdir())) == 2


def test_precision_is_of_the_samples_and_recall_of_the_reals(folders, tmp_path, capsys):
    few = tmp_path / "few"  # near eight of the others: all precise, and few recalled
    few.mkdir()
    rng = np.random.default_rng(0)
    for i in range(40):
        pixels = np.asarray(Image.open(folders / "b" / f"{i % 8 + 1:06d}.png"))
        near = np.clip(pixels + rng.integers(-3, 4, pixels.shape), 0, 255)
        Image.fromarray(near.astype(np.uint8)).save(few / f"{i}.png")
    options = {"features": "random", "metrics": ("prdc",)}
    evaluate.run(evaluate.Config(a=str(few), b=str(folders / "b"), **options))
    look = metrics.random_conv(0)
    fake, real = (
        look(np.asarray(tc.data.to_float(images.pixels)))
        for images in (
            tc.data.IMAGES["folder"](folder, split="all", size=None)
            for folder in (few, folders / "b")
        )
    )
    expected = metrics.precision_recall_density_coverage(real, fake)
    assert expected["precision"] == 1 > expected["recall"]
    found = {
        name.split(" ")[0]: cell
        for name, cell in table(capsys.readouterr().out).items()
    }
    for name, value in expected.items():
        assert found[name] == f"{value:.3f}"


def test_as_many_images_of_each_side_are_compared_as_told_and_by_chance(
    folders, capsys
):
    pair = {name: str(folders / name) for name in "ab"} | {"features": "random"}
    few = {"metrics": ("fid", "kid", "prdc"), "n": 70}
    evaluate.run(evaluate.Config(**pair, **few))
    out, err = capsys.readouterr()
    assert "is more than there are" not in err
    look = metrics.random_conv(0)
    fake, real = (
        look(np.asarray(tc.data.to_float(some.pixels)))
        for name in "ab"
        for some in tc.data.partition(
            tc.data.IMAGES["folder"](folders / name, split="all", size=None),
            (70,),
            seed=0,
        )
    )
    stats = map(metrics.FeatureStats.of, (fake, real))
    expected = {"fd": metrics.frechet_distance(*stats)}
    expected |= {"kid": metrics.kid(real, fake, size=70)}
    expected |= metrics.precision_recall_density_coverage(real, fake)
    assert table(out) == {
        words(f"{name}_random_pool_70_b"): f"{value:.3f}"
        for name, value in expected.items()
    }


def test_that_there_are_fewer_images_than_told_is_told_once(folders, capsys):
    pair = {name: str(folders / name) for name in "ab"} | {"features": "random"}
    for n, there in ((80, {}), (81, {"a": 80}), (90, {"a": 80, "b": 81}), (None, {})):
        given = {} if n is None else {"n": n}
        evaluate.run(evaluate.Config(**pair, **given))
        out, err = capsys.readouterr()
        assert [*table(out)] == [words("fd_random_pool_80_b")]
        told = [line for line in err.splitlines() if "--n" in line]
        names = {"a": pair["a"], "b": "--b"}
        assert sorted(told) == sorted(
            f"--n={n} is more than there are: {names[side]} has {count}"
            for side, count in there.items()
        )


def test_folders_of_other_sizes_are_brought_to_one(folders, photos, capsys):
    options = {"a": str(folders / "a"), "b": str(folders / "small")}
    options["features"] = "random"
    with pytest.raises(errors.Refused, match=r"12x10 and .* 8x8: give a --size"):
        evaluate.run(evaluate.Config(**options))
    evaluate.run(evaluate.Config(**options, size=9))
    assert words("fd_random_pool_80_small") in capsys.readouterr().out
    with pytest.raises(errors.Refused, match=r"^--b=.* pixels and .* give a size"):
        evaluate.run(evaluate.Config(**{**options, "b": str(photos)}))
    with pytest.raises(errors.Refused, match="--metrics=is: random gives no logits"):
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
        assert words("fd_random_pool_80_other-a") in told and "| a " in told
    evaluate.run(evaluate.Config(**options, b=".."))  # images lie further down
    assert f"{words('fd_random_pool_80_other')} |" in capsys.readouterr().out


def test_a_metric_that_cannot_be_had_is_told_and_the_others_are_given(
    folders, tmp_path, capsys
):
    tiny_datasets.write_pictures(tmp_path / "few", 4, size=(12, 10), colours=(12, 10))
    b, few = str(folders / "b"), str(tmp_path / "few")
    options = {"features": "random", "metrics": ("kid", "prdc")}
    for pair in ((few, b), (b, few)):
        evaluate.run(evaluate.Config(a=pair[0], b=pair[1], **options))
        out, err = capsys.readouterr()
        assert "KID (random pool features" in out
        assert "recall" not in out and "--metrics=prdc: k must be" in err
        both = {"a": pair[0], "b": pair[1], "features": "random"}
        with pytest.raises(errors.Refused, match=r"--metrics=prdc takes 6 .* has 4$"):
            evaluate.run(evaluate.Config(**both, metrics=("prdc",)))


WRONG = [
    (["--save_stats=gone/stats.npz"], ["--save_stats", "'gone'", "is there"]),
    (["--save_stats=."], ["--save_stats", "folder"]),
    (["--save_stats=file/stats.npz"], ["--save_stats", "'file'"]),
    (["--features=gone.pb"], ["--features", "No such file"]),
    (["--features=randon"], ["--features", "did you mean random?"]),
    (["--features=folder"], ["--features", "is a folder"]),
    (["--a=gone"], ["--a", "is there"]),
    (["--a=file"], ["--a", "folder"]),
    (["--b=gone"], ["--b", "is there"]),
    (["--b=gone.npz"], ["--b", "No such file"]),
    (["--cache_dir=gone"], ["--cache_dir", "is there"]),
    (["--metrics=is", "--splits=9", "--n=8"], ["--splits=9", "--n=8"]),
    (["--splits=2"], ["--splits=2 has no effect with --metrics=fid"]),
    (["--from_run=folder", "--workdir=folder"], ["another name of --from_run"]),
    (["--from_run=folder"], ["--from_run or --a", "give one of them"]),
    (["--data_dir=folder"], ["--data_dir=folder has no effect with --a"]),
]


@pytest.mark.parametrize("argv, words", WRONG, ids=lambda v: " ".join(v))
def test_what_flags_tell_is_refused_before_any_image_is_read(
    argv, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    given = ["--a=folder", "--b=folder", "--features=random", *argv]
    with pytest.raises(SystemExit) as ended:
        flags.main(
            evaluate.Config, lambda config: pytest.fail("it ran"), ["evaluate", *given]
        )
    told = capsys.readouterr().err
    assert ended.value.code == 2 and told.count("\n") == 1
    assert [word for word in words if word not in told] == []
    assert len(list(tmp_path.iterdir())) == 2
