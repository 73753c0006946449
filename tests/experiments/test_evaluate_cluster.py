"""Images that several processes look at have the numbers of one process."""

import importlib.util
import pickle
import shutil
import weakref

import keras
import numpy as np
import pytest
from helpers import small_runs, tiny_datasets
from PIL import Image

from experiments import evaluate
from experiments.cli import errors, flags
from experiments.images import image_looks, image_places, shared_looks
from tf_collab.cpu import threads
from tf_collab.front import cluster

LOCAL = {"cluster": "local", "workers": 2, "threads": threads.available()}


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two folders of images, and a net that classifies them, as flags."""
    top = tmp_path_factory.mktemp("pair")
    for name, n in (("a", 80), ("b", 81)):
        tiny_datasets.write_pictures(top / name, n, size=(12, 10), colours=(12, 10))
    image = keras.Input([12, 10, 3])
    hidden = keras.layers.Dense(4, activation="tanh")(keras.layers.Flatten()(image))
    keras.utils.set_random_seed(0)
    net = keras.Model(image, keras.layers.Dense(3)(hidden))
    net.save(top / "net.keras")
    return {
        "a": str(top / "a"),
        "b": str(top / "b"),
        "features": str(top / "net.keras"),
        "metrics": ("fid", "is"),
        "splits": 3,
    }


def numbers(capsys, **given):
    evaluate.run(evaluate.Config(**given))
    head, _, row = capsys.readouterr().out.splitlines()
    return head, [cell.strip() for cell in row.strip("|").split("|")]


def test_two_processes_have_the_numbers_of_one(pair, capsys):
    pytest.importorskip("distributed", reason="`make test-cluster` has Dask")
    head, alone = numbers(capsys, **pair)
    mine, found = numbers(capsys, **pair, **LOCAL)
    assert mine == head and found[:3] == alone[:3]
    # Tests compile less than workers do, which moves the last bits of float32.
    expected = [float(cell) for cell in alone[3:]]
    assert [float(cell) for cell in found[3:]] == pytest.approx(expected, abs=2e-3)


@pytest.fixture
def backwards(monkeypatch):
    """Two blocks of a set, by a cluster that finishes the last one first."""
    sizes = []

    def results(work, parts, name, workers, leave):
        assert (name, workers) == ("local", 2)
        image_places._images.cache_clear()
        for part in reversed(parts):
            told = pickle.dumps(work(pickle.loads(pickle.dumps(part))))
            sizes.append(len(told))
            yield pickle.loads(told)

    monkeypatch.setattr(image_looks, "ROWS", 30)  # at a time: some have more
    monkeypatch.setattr(image_looks, "MOST", 2)
    monkeypatch.setattr(cluster, "results", results)
    return sizes


def test_sums_of_blocks_are_added_in_their_order(pair, capsys, backwards):
    few = {"n": 70}  # by chance, of which the second block has ten
    spread = numbers(capsys, **pair, **few, **LOCAL)
    assert len(backwards) == 4
    assert spread == numbers(capsys, **pair, **few)


@pytest.mark.filterwarnings("ignore:A Frechet distance of 80 samples")
def test_a_run_has_the_lines_of_one_process(whole_digits, tmp_path, backwards):
    given = {"metrics": ("fid", "is"), "features": "classifier"}
    for name, how in (("alone", {}), ("mine", LOCAL)):
        shutil.copytree(whole_digits, tmp_path / name)
        config = evaluate.Config(from_run=str(tmp_path / name), **given, **how)
        evaluate.run(config)
    mine, alone = (
        (tmp_path / name / "evaluation.jsonl").read_bytes()
        for name in ("mine", "alone")
    )
    assert mine == alone
    # 150 reals and five sets of 80 samples. A covariance came of each block.
    assert len(backwards) == 2 + 5 * 2
    assert max(backwards) < 128 * 128 * 8 * 1.1
    lines = small_runs.results(tmp_path / "mine", "evaluation.jsonl")
    assert {line["method"] for line in lines} == small_runs.METHODS


@pytest.mark.filterwarnings("ignore:A Frechet distance of 80 samples")
def test_a_killed_command_does_again_the_set_in_progress_alone(
    whole_digits, tmp_path, monkeypatch
):
    monkeypatch.setattr(image_looks, "ROWS", 30)
    monkeypatch.setattr(image_looks, "MOST", 2)
    asked = []

    def results(work, parts, *how):
        asked.append(len(parts))
        for number, part in enumerate(parts):
            if len(asked) == 1 and number == 5:  # of the second set of samples
                raise KeyboardInterrupt
            yield work(part)

    monkeypatch.setattr(cluster, "results", results)
    for name in ("mine", "alone"):
        shutil.copytree(whole_digits, tmp_path / name)
    mine = evaluate.Config(from_run=str(tmp_path / "mine"), **LOCAL)
    with pytest.raises(KeyboardInterrupt):
        evaluate.run(mine)
    begun = (tmp_path / "mine" / "evaluation.jsonl").read_bytes()
    assert begun.count(b"\n") == 1
    evaluate.run(mine)
    evaluate.run(mine)  # which has nothing left
    assert asked == [2 + 5 * 2, 2 + 4 * 2]
    evaluate.run(evaluate.Config(from_run=str(tmp_path / "alone")))
    whole, alone = (
        (tmp_path / name / "evaluation.jsonl").read_bytes()
        for name in ("mine", "alone")
    )
    assert whole == alone and whole.startswith(begun)


@pytest.mark.parametrize("x", [None, np.zeros([3, 2]), np.full([1, 2, 2, 1], "a")])
def test_samples_that_are_not_images_are_one_sentence(x, tmp_path):
    path = tmp_path / "points.npz"
    np.savez(path, **({} if x is None else {"x": x}), score=np.zeros(3))
    with pytest.raises(ValueError, match=path.name) as told:
        image_places.samples(path).images()
    assert len(str(told.value).splitlines()) == 1


def test_what_was_seen_of_a_set_is_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "results", lambda work, parts, *how: map(work, parts))
    pixels = np.random.default_rng(0).integers(0, 256, [3, 20, 8, 8, 3], np.uint8)
    sets = []
    for number, one in enumerate(pixels):
        np.savez(tmp_path / f"{number}.npz", x=one)
        place = image_places.samples(tmp_path / f"{number}.npz")
        sets.append(image_places.asked(place, one, 20))
    before = []
    with shared_looks.looks(evaluate.Config(**LOCAL), "random", sets) as look:
        for one in pixels:
            seen = look(one, n=20)
            assert not [cov for cov in before if cov() is not None]
            before.append(weakref.ref(seen.stats.cov))
            del seen
    with (
        shared_looks.looks(evaluate.Config(**LOCAL), "random", sets) as look,
        pytest.raises(errors.Refused, match="have changed since this command"),
    ):
        look(pixels[1], n=20)


def test_other_images_where_a_worker_looks_are_one_sentence(
    pair, tmp_path, monkeypatch, backwards
):
    b = tmp_path / "b"
    shutil.copytree(pair["b"], b)
    real = cluster.results

    def changed(work, parts, *how):
        pixels = np.asarray(Image.open(b / "000001.png")).copy()
        pixels[0, 0] ^= 1
        Image.fromarray(pixels).save(b / "000001.png")
        yield from real(work, parts, *how)

    monkeypatch.setattr(cluster, "results", changed)
    with pytest.raises(errors.Refused, match=r"a worker finds other images in --b="):
        evaluate.run(evaluate.Config(**{**pair, "b": str(b)}, **LOCAL))


@pytest.mark.usefixtures("backwards")
def test_another_net_where_a_worker_looks_is_one_sentence(pair, monkeypatch):
    digests = iter(["one"])
    monkeypatch.setattr(shared_looks.jobs, "digest", lambda p: next(digests, "other"))
    shared_looks._opened.cache_clear()
    with pytest.raises(
        errors.Refused, match=r"a worker finds another net in '.*keras'"
    ):
        evaluate.run(evaluate.Config(**pair, **LOCAL))


def test_what_needs_all_features_is_not_for_a_cluster(pair, capsys, monkeypatch):
    # Dask is looked for first, and not needed here.
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    given = [f"--{name}={pair[name]}" for name in ("a", "b", "features")]
    argv = ["evaluate", *given, "--cluster=local", "--metrics=fid,prdc,kid"]
    with pytest.raises(SystemExit) as ended:
        flags.main(evaluate.Config, evaluate.run, argv)
    told = capsys.readouterr().err
    assert ended.value.code == 2 and told.count("\n") == 1
    assert told.startswith("--metrics=kid,prdc needs the features of all images in one")
