"""What is measured of images: features of a net, and the distances they give."""

import functools
import pathlib
from collections.abc import Callable
from typing import Any

import keras

import tf_collab as tc
from experiments.cli import errors
from experiments.images import classifier, image_looks
from experiments.rundir import run_folder
from tf_collab import metrics

__all__ = ["called", "check_labels", "extractor", "measure", "named"]

EPOCHS = 5  # of the classifier


def check_labels(name: str, dataset: str, train: tc.data.Images) -> None:
    """Refuses a classifier where there is nothing to classify."""
    if name == "classifier" and train.labels is None:
        raise errors.Refused(
            f"--features=classifier needs labels, and {dataset} has none: give random, "
            "or the file of an Inception net"
        )


def extractor(
    name: str, run: run_folder.Run, train: tc.data.Images, test: tc.data.Images
) -> tuple[str, metrics.Classifier]:
    """The net that --features names, and what it is called in a metric's name.

    The classifier's seed is the same in every run: its features are a ruler.
    """
    if name == "classifier":
        folder = run.folder("classifier")
        net, accuracy = classifier.classifier(
            folder, _labelled(train), _labelled(test), epochs=EPOCHS
        )
        run.log(f"the classifier is right on {accuracy:.1%} of the test images")
        return name, net
    with errors.blaming(f"--features={name}"):
        return named(name, train.pixels.shape[-1])


def _labelled(images: tc.data.Images) -> classifier.Labelled:
    assert images.labels is not None  # as `check_labels` has seen
    return classifier.Labelled(images.pixels, images.labels)


def named(name: str, channels: int) -> tuple[str, metrics.Classifier]:
    """As `extractor`, of nets that need no training; ValueError if there is none."""
    if name == "random":
        net = metrics.random_conv(0, channels=channels)
        return name, metrics.Classifier(net, None, "pool")
    if name.endswith(".keras"):
        model = tc.models.load(name)
        if model.name != "inception_v3":  # which Keras knows: only its weights are read
            return pathlib.Path(name).stem, _of_model(model)
    return f"inception_{pathlib.Path(name).stem}", metrics.inception_v3(name)


def _of_model(model: keras.Model) -> metrics.Classifier:
    """With logits where the last layer gives some."""
    try:
        return metrics.as_classifier(model)
    except ValueError:
        return metrics.Classifier(metrics.from_keras(model), None, "output")


def measure(
    net_of: Callable[[], tuple[str, metrics.Classifier]],
    reference: classifier.Pixels,
    labelled: Callable[[tuple[str, metrics.Classifier]], Callable] | None = None,
) -> Callable[[Any], dict[str, float | None]]:
    """Frechet distance to the reference [n, h, w, c] uint8, and the classifier score.

    `net_of` is asked at the first measure: it may have to train a net. Of samples (x,
    label) `labelled` gives a function from features and labels to further numbers.
    """

    @functools.cache
    def prepared() -> tuple[str, metrics.Classifier, metrics.FeatureStats]:
        name, net = net_of()
        return name, net, image_looks.look(net, reference).stats

    @functools.cache
    def further() -> Callable:
        assert labelled is not None  # or there were no labels
        return labelled(prepared()[:2])

    def of(x: Any) -> dict[str, float | None]:
        name, net, real = prepared()
        x, label = x if isinstance(x, tuple) else (x, None)
        splits = None if net.logits is None else 1
        seen = image_looks.look(net, x, splits=splits, keep=label is not None)
        distance = metrics.frechet_distance(seen.stats, real)
        scores: dict[str, float | None] = {}
        scores[called("fid", name, net, len(x))] = distance
        if seen.score is not None:
            scores[called("is", name, net, len(x))] = seen.score
        if label is not None:
            scores |= further()(seen.features, label)
        return scores

    return of


def called(
    metric: str,
    name: str,
    net: metrics.Classifier,
    n: int,
    *,
    split: str = "test",
    splits: int = 1,
) -> str:
    """A number's name: METRIC_NET_LAYER_COUNT_SPLIT, of n images against a split.

    A score, against none, ends in the number of parts that it is a mean over. Only an
    Inception net's are fid and is; another's are a Frechet distance and a classifier
    score: fd_classifier_penultimate_10k_test, cs_classifier_logits_10k_1split.
    """
    layer, last = net.layer, split
    if metric == "labelled":
        layer = "logits"
    if metric == "is":
        layer, last = "logits", f"{splits}split" + "s" * (splits > 1)
    if not name.startswith("inception_"):
        metric = {"fid": "fd", "is": "cs"}.get(metric, metric)
    count = f"{n // 1000}k" if n % 1000 == 0 else str(n)
    return f"{metric}_{name}_{layer}_{count}_{last}"
