"""What is measured of images: features of a net, and the distances they give."""

import functools
import pathlib
from collections.abc import Callable

import numpy as np

import tf_collab as tc
from experiments import classifier, runs
from tf_collab import metrics

__all__ = ["count", "extractor", "features", "measure", "named"]


EPOCHS = 5  # of the classifier
ROWS = 1000


def extractor(name: str, run, train, test) -> tuple[str, metrics.Classifier]:
    """The net that --features names, and what it is called in a metric's name.

    The classifier's seed is the same in every run: its features are a ruler.
    """
    if name == "classifier":
        folder = run.folder("classifier")
        labelled = (classifier.Labelled(s.pixels, s.labels) for s in (train, test))
        net, accuracy = classifier.classifier(folder, *labelled, epochs=EPOCHS)
        run.log(f"the classifier is right on {accuracy:.1%} of the test images")
        return name, net
    try:
        return named(name, train.pixels.shape[-1])
    except ValueError as error:
        raise runs.Refused(f"--features={name}: {error}") from None


def named(name: str, channels: int) -> tuple[str, metrics.Classifier]:
    """As `extractor`, of nets that need no training; ValueError if there is none."""
    if name == "random":
        return name, metrics.Classifier(metrics.random_conv(0, channels=channels), None)
    if name.endswith(".keras"):
        model = tc.models.load(name)
        if model.name != "inception_v3":  # which Keras knows: only its weights are read
            return pathlib.Path(name).stem, _of_model(model)
    return f"inception_{pathlib.Path(name).stem}", metrics.inception_v3(name)


def _of_model(model):
    """With logits where the last layer gives some."""
    try:
        return metrics.as_classifier(model)
    except ValueError:
        return metrics.Classifier(metrics.from_keras(model), None)


def features(net: metrics.Classifier, pixels: np.ndarray) -> np.ndarray:
    """Of images [n, h, w, c] uint8, a thousand in memory as floats."""
    parts = [
        net.features(np.asarray(tc.data.to_float(pixels[i : i + ROWS])))
        for i in range(0, len(pixels), ROWS)
    ]
    return np.concatenate(parts)


def measure(
    net_of: Callable[[], tuple[str, metrics.Classifier]], reference: np.ndarray
) -> Callable[[np.ndarray], dict[str, float | None]]:
    """Frechet distance to the reference [n, h, w, c] uint8, and the classifier score.

    `net_of` is asked at the first measure: it may have to train a net.
    """

    @functools.cache
    def prepared():
        name, net = net_of()
        return name, net, metrics.FeatureStats.of(features(net, reference))

    def of(x):
        name, net, real = prepared()
        found = net.features(x.clip(-1, 1))
        stats = metrics.FeatureStats.of(found)
        protocol = f"{name}{count(len(x))}"
        distance = metrics.frechet_distance(stats, real)
        scores = {f"fd_{protocol}_test": distance}
        if net.logits is not None:
            scores[f"cs_{protocol}"] = metrics.inception_score(net.logits(found))
        return scores

    return of


def count(n: int) -> str:
    """10k for 10 000, as metrics' names have it."""
    return f"{n // 1000}k" if n % 1000 == 0 else str(n)
