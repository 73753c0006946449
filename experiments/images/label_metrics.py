"""What is measured of samples with labels: does each look like its own?"""

from collections.abc import Callable

import numpy as np

from experiments.images import classifier, image_looks, image_metrics
from tf_collab import metrics

__all__ = ["agreement", "of_classes"]

Net = tuple[str, metrics.Classifier]  # its name in a metric's name, and itself


def agreement(
    net: Net, features: np.ndarray, label: np.ndarray
) -> dict[str, float | None]:
    """The share of samples that the net classifies as their label; {} without logits.

    Features are [n, features] of the net, labels [n].
    """
    right = _right(net, features, label)
    if right is None:
        return {}
    called = image_metrics.called("labelled", *net, len(label), split="label")
    return {called: float(right.mean())}


def of_classes(
    net: Net, pixels: classifier.Pixels, labels: np.ndarray
) -> Callable[[np.ndarray, np.ndarray], dict[str, float | None]]:
    """(features, label) -> numbers of each class, against images of the same class.

    Those are the share that the net classifies as that class, and KID in one block, the
    distance that few samples do not bias; None where there are fewer than two.
    """
    features = image_looks.look(net[1], pixels, keep=True).features
    assert features is not None  # as `keep` asks
    real = {k: features[labels == k] for k in np.unique(labels)}

    def of(features: np.ndarray, label: np.ndarray) -> dict[str, float | None]:
        right, found = _right(net, features, label), dict[str, float | None]()
        for k, reals in real.items():
            own = label == k
            enough = len(reals) > 1 and own.sum() > 1
            if right is not None:
                found[f"class{k}_labelled"] = (
                    float(right[own].mean()) if enough else None
                )
            found[f"class{k}_distance"] = (
                metrics.mmd(reals, features[own], kernel=metrics.cubic_kernel)
                if enough
                else None
            )
        return found

    return of


def _right(net: Net, features: np.ndarray, label: np.ndarray) -> np.ndarray | None:
    model = net[1]
    return None if model.logits is None else model.logits(features).argmax(1) == label
