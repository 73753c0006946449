"""The flags of experiments on images."""

import dataclasses
from typing import Annotated, Any, ClassVar, Literal

from experiments.cli import fields, rules
from experiments.stages import options, train_options
from tf_collab import tables

__all__ = ["ImageData", "ImageOptions", "ImageStore"]

UNLABELLED = ("celeba", "lsun", "folder")
NOWHERE = {"folder": "the images' folder", "emoji": "the folder of npm's packages"}


@dataclasses.dataclass(frozen=True)
class ImageStore(fields.Given):
    """Where images come from, and where they are kept."""

    TOPIC: ClassVar[str] = "Image files"

    PLACES: ClassVar[tuple[str, ...]] = ("data_dir",)

    data_dir: Annotated[
        rules.Path | None,
        "folder of the images (none: the places where they usually are)",
    ] = None
    download: Annotated[
        bool, "whether to download the images if they are not found"
    ] = False
    memory_gib: Annotated[
        float,
        "memory in GiB for decoded images; larger sets go to --cache_dir (mnist, "
        "fashion_mnist and cifar10 at their own size are always in memory)",
        rules.non_negative,
    ] = 4.0
    cache_dir: Annotated[
        rules.Path | None,
        "existing folder for decoded images that exceed --memory_gib",
        rules.a_folder,
    ] = None

    def store_problem(self) -> str | None:
        """What is wrong with where the images are, in a sentence."""
        if self.download:  # which makes it
            return None
        return self.misplaced("data_dir", rules.a_folder)


@dataclasses.dataclass(frozen=True)
class ImageData(ImageStore):
    """Which of them there are, and what looks at them."""

    TOPIC: ClassVar[str] = "Images"

    imbalance: Annotated[
        float | None,
        "share of classes 2, 3, 5, 6 and 8 that is kept (none: all)",
        rules.positive,
        rules.at_most(1),
    ] = None
    data_seed: Annotated[
        int | None,
        "random seed of which images are held out and which --imbalance leaves out "
        "(none: --seed)",
        rules.between(0, 10**6),
    ] = None
    features: Annotated[
        Literal["classifier", "random", "imagenet"] | rules.Path,
        "features of the metrics: classifier (trained here, on the labels), random "
        "(a fixed net of random convolutions), imagenet (Keras' Inception net, which "
        "it downloads), or the file of an Inception net or, as .keras, of any net of "
        "images from -1 to 1",
        rules.a_file,
    ] = "classifier"

    def images_problem(self, dataset: str) -> str | None:
        """What no images of this set can be, in a sentence."""
        if dataset in NOWHERE and self.data_dir is None:
            return f"--dataset={dataset} needs {NOWHERE[dataset]} as --data_dir"
        if dataset in UNLABELLED and self.imbalance is not None:
            return (
                f"--imbalance={self.imbalance} makes classes rare, and these images "
                f"have no classes: --dataset={dataset}"
            )
        if dataset in UNLABELLED and self.features == "classifier":
            return (
                f"--features=classifier needs labels, and {dataset} has none: give "
                "random, or the file of an Inception net"
            )
        return self.store_problem()

    @property
    def nets_of_features(self) -> tuple[str, ...]:
        """--features, where it names a file."""
        named = self.features in ("classifier", "random", "imagenet")
        return () if named else ("features",)

    @property
    def sizes(self) -> dict[str, Any]:
        """What the images' loader is told of their size and choice, if anything."""
        return {}


@dataclasses.dataclass(frozen=True)
class ImageOptions(ImageData, train_options.TrainOptions):
    """An experiment adds its nets."""

    TOPIC: ClassVar[str] = "Networks"

    DATA: ClassVar[tuple[str, ...]] = ("dataset", "imbalance", "data_seed")
    NETS: ClassVar[tuple[str, ...]] = ("gan", "width")
    MEASURES: ClassVar[tuple[str, ...]] = ("features",)
    JUDGES: ClassVar[tuple[str, ...]] = ("batch_statistics",)

    width: options.Width = 1.0
    batch_statistics: Annotated[
        bool,
        "whether D's batch-norm takes the statistics of each batch when D guides and "
        "scores, as in training: samples then depend on their batch",
    ] = False
    batch_size: int = 64
    calibrate_iters: int = 1000
    shape_iters: int = 1000
    lr_calibrate: float = 1e-5
    rollout_method: str | None = "momentum"
    drs_percentile: float | None = 80.0
    drs_per_batch: bool = False
    mh_thin: int = 5
    mh_pool: bool = True

    def problem(self) -> str | None:
        return self.images_problem(self.dataset) or super().problem()

    def idle(self) -> dict[str, str]:
        if tables.OBJECTIVES[self.gan].batch_norm_in_d:
            return super().idle()
        return super().idle() | {"batch_statistics": f"--gan={self.gan}"}
