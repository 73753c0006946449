"""By what samples are judged: the data themselves, or features of images."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import classifying, labels
from tf_collab.front.rows import Rows
from tf_collab.metrics import Kernel

__all__ = ["Judge", "judge", "pixels"]

FLAT = 64  # numbers of a sample up to which the data themselves are judged
RANDOM = 3  # nets with random weights, where there is nothing better
EPOCHS = 3  # of the classifier
FAR = 10.0  # standard deviations of a feature, beyond which all is as far
ROWS = 20_000  # from which a classifier learns, and statistics are taken, at most


class Judge(NamedTuple):
    """A distance between sets of samples that no discriminator has a part in."""

    about: str  # a noun phrase, for the report
    weak: bool  # it tells textures apart, not what is in a picture
    features: Callable[[Any], np.ndarray]  # x [n, *data] -> [n, features]
    kernel: Kernel

    def distance(self, real: np.ndarray, fake: np.ndarray) -> float:
        """MMD**2 of features, unbiased at any count, 0 in the mean for equal laws."""
        return tc.metrics.mmd(real, fake, kernel=self.kernel)


def judge(
    train: Rows,
    *,
    features: Callable[[np.ndarray], np.ndarray] | None = None,
    seed: int = 0,
) -> Judge:
    """The judge that fits the data; `features` of images [n, h, w, c] in [-1, 1] or of
    rows, if given, take part in every distance.

    Up to 64 numbers a sample the data themselves are compared (MMD of Gaussian kernels,
    from one of the median distance to one of a 64th of it, each half as wide as the
    one before, so that it is seen whether modes are sharp). Of images the features of a
    classifier are, where there are labels to learn one from, else those of three random
    convolutional nets, which is a weak judge (KID, Binkowski et al., 2018, of features
    scaled to unit variance and cut at ten standard deviations).

    Of samples (x, label) the pair is judged: labels in one-hot join the features, two
    of them as far apart as two samples are (root mean square). So samples that do not
    look like their labels are farther than those that do, though the pictures may be
    the same. Of another structure the first leaf of floats is judged.
    """
    train = train.take(slice(ROWS))
    picture = pixels(train.x)
    image = picture.ndim == 4
    unit = image and picture.min() >= 0 and picture.max() <= 1
    if image and not (picture.min() >= -1.001 and picture.max() <= 1.001):
        raise ValueError(
            "images are compared as floats in [-1, 1] or [0, 1], and those of x_train "
            f"are from {picture.min():.3g} to {picture.max():.3g}: scale them to one "
            "of the two, and G's samples too where they are in neither"
        )

    def shown(x):
        x = pixels(x)
        # Refinement may leave the range of pictures; what is shown does not.
        return np.clip(2 * x - 1 if unit else x, -1, 1) if image else x

    if features is not None:
        about, weak, look = "the features given", False, features
    elif picture[0].size <= FLAT:
        about, weak, look = "the data themselves", False, _flat
    elif image and train.labels is not None:
        net = classifying.train_classifier(
            shown(train.x), train.labels, seed=seed, epochs=EPOCHS
        )
        about, weak = "features of a classifier that learned the labels", False
        look = tc.metrics.as_classifier(net).features
    elif image:
        nets = [
            tc.metrics.random_conv(seed + i, channels=picture.shape[-1])
            for i in range(RANDOM)
        ]
        about, weak = f"features of {RANDOM} random nets", True
        look = lambda x: np.concatenate([net(x) for net in nets], axis=1)
    else:
        about, weak, look = "the data themselves, many numbers a sample", True, _flat

    def looked_at(x):
        parts = [look(shown(rows)) for rows in _parts(x)]
        return np.concatenate(parts).astype(np.float64).reshape(_length(x), -1)

    known = looked_at(train.x)
    centre, scale = known.mean(axis=0), known.std(axis=0)
    scale = np.where(scale > 1e-6 * scale.max(), scale, scale.max() or 1.0)
    known_labels = labels.beside(train.x)
    if known_labels is not None:
        about += ", each with its label"

    points = picture[0].size <= FLAT and features is None

    def standard(x):
        found = (looked_at(x) - centre) / scale
        if not points:
            # Units of a classifier may be dead but for a few images, of which one can
            # be hundreds of deviations away: it alone would rule the distance.
            found = np.clip(found, -FAR, FAR)
        if known_labels is None:
            return found
        one_hot = tc.tensors.label(x).numpy()[:, None] == np.unique(known_labels)
        # Features have unit variance: their mean squared distance is 2 each.
        return np.concatenate([found, np.sqrt(found.shape[1]) * one_hot], axis=1)

    kernel: Kernel = tc.metrics.cubic_kernel
    if points:
        widest = tc.metrics.median_distance(((known - centre) / scale)[:1000])
        kernel = tc.metrics.multiscale_kernel(widest)
    return Judge(about, weak, standard, kernel)


def pixels(x):
    """The first leaf of floats, which is what a sample is; labels come beside it."""
    leaves = [np.asarray(leaf) for leaf in tf.nest.flatten(x)]
    floats = [leaf for leaf in leaves if leaf.dtype.kind == "f"]
    return (floats or leaves)[0].astype(np.float32, copy=False)


def _length(x):
    return len(tf.nest.flatten(x)[0])


def _parts(x):
    """Rows in slices, as nets of features take them."""
    for rows in tc.tensors.slices(_length(x), 500):
        yield tf.nest.map_structure(lambda leaf, rows=rows: leaf[rows], x)


def _flat(x):
    return x.reshape(len(x), -1)
