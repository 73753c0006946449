"""Tests for experiments.images.classifier."""

import json

import keras
import numpy as np
import pytest

from experiments.cli import errors
from experiments.images import classifier


def stripes(n, seed):
    """Four classes: where the bright rows are."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(4, size=n).astype(np.uint8)
    pixels = rng.integers(100, size=(n, 8, 8, 1))
    for label in range(4):
        pixels[labels == label, 2 * label : 2 * label + 2] += 100
    return classifier.Labelled(pixels.astype(np.uint8), labels)


TRAIN, TEST = stripes(600, 0), stripes(200, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "classifier"
    classifier.classifier(path, TRAIN, TEST, epochs=3)
    return path


@pytest.fixture
def untrainable(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("trained twice")

    monkeypatch.setattr(classifier, "train_classifier", refuse)


def test_it_learns(folder, untrainable):
    net, accuracy = classifier.classifier(folder, TRAIN, TEST, epochs=3)
    assert accuracy > 0.95
    images = TEST.pixels.astype(np.float32) / 127.5 - 1
    features = net.features(images)
    logits = net.logits(features)
    assert features.shape == (200, 128) and logits.shape == (200, 4)
    assert np.mean(logits.argmax(axis=1) == TEST.labels) == accuracy


def test_the_seed_decides_it_to_the_last_bit():
    few = [part[:300] for part in TRAIN]
    first, again = (
        classifier.train_classifier(*few, seed=3, epochs=1) for _ in range(2)
    )
    for a, b in zip(first.get_weights(), again.get_weights()):
        assert (a == b).all()
    start, other = (
        classifier.train_classifier(*few, seed=seed, epochs=0) for seed in (3, 4)
    )
    for a, b, c in zip(*(net.get_weights()[::2] for net in (first, start, other))):
        assert (a != b).any() and (b != c).any()


def test_each_epoch_has_an_order_of_its_own(monkeypatch):
    known = {pixels.tobytes(): i for i, pixels in enumerate(TRAIN.pixels)}
    assert len(known) == len(TRAIN.pixels)
    learned = []

    def learn(self, x, y):
        pixels = np.round((np.asarray(x) + 1) * 127.5).astype(np.uint8)
        batch = [known[one.tobytes()] for one in pixels]
        np.testing.assert_array_equal(y, TRAIN.labels[batch])
        learned.extend(batch)

    monkeypatch.setattr(keras.Model, "train_on_batch", learn)
    for seed in (0, 1):
        classifier.train_classifier(*TRAIN, seed=seed, epochs=3)
    # Of 600 an epoch has four batches of 128; what is left over is another rest.
    assert len(learned) == 6 * 512
    epochs = [learned[i * 512 : (i + 1) * 512] for i in range(6)]
    assert {len({*epoch}) for epoch in epochs} == {512}
    assert len({frozenset(epoch) for epoch in epochs}) == 6
    for epoch in epochs:
        assert epoch != sorted(epoch)


def test_fewer_images_than_a_batch_are_one_batch():
    model = classifier.train_classifier(*(part[:10] for part in TRAIN), epochs=1)
    assert model.optimizer.iterations == 1


def test_a_classifier_of_other_images_or_flags_is_refused(folder, untrainable):
    for given, message in [
        ({"seed": 1}, "another seed"),
        ({"epochs": 4}, "another epochs"),
        ({"train": TEST, "test": TRAIN}, "another train and test"),
    ]:
        wanted = {"train": TRAIN, "test": TEST, "epochs": 3, **given}
        with pytest.raises(errors.Refused, match=message):
            classifier.classifier(folder, **wanted)


def test_a_damaged_folder_is_refused_in_one_sentence(folder, tmp_path, untrainable):
    names = ("classifier.json", "classifier.keras")
    for damaged in names:
        for name in names:
            data = (folder / name).read_bytes()
            cut = len(data) // 2 if name == damaged else len(data)
            (tmp_path / name).write_bytes(data[:cut])
        with pytest.raises(errors.Refused, match="to train the classifier again"):
            classifier.classifier(tmp_path, TRAIN, TEST, epochs=3)


def test_a_net_without_its_record_was_cut_short_and_is_trained_again(folder, tmp_path):
    (tmp_path / "classifier.keras").write_bytes(b"older")
    _, accuracy = classifier.classifier(tmp_path, TRAIN, TEST, epochs=3)
    record = json.loads((folder / "classifier.json").read_text())
    assert json.loads((tmp_path / "classifier.json").read_text()) == record
    assert accuracy == record["accuracy"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in folder.iterdir()
    )


def test_bad_images_and_labels_are_refused():
    pixels, labels = TRAIN
    for given in ((pixels / 255, labels), (pixels[0], labels), (pixels[:0], labels)):
        with pytest.raises(ValueError, match="learns from images"):
            classifier.train_classifier(*given)
    for given in ((pixels, labels[:5]), (pixels, labels / 2)):
        with pytest.raises(ValueError, match="Labels must be"):
            classifier.train_classifier(*given)
