"""Image metrics of a finished run, or of one folder of images against another.

python -m experiments.evaluate --from_run=runs/mnist/fashion_mnist-s0 --metrics=fid,kid
"""

import dataclasses
from typing import Annotated, ClassVar, Literal

from experiments import celeba, coulomb, mnist
from experiments.cli import flag_types, flags, rules, startup
from experiments.images import image_options
from experiments.stages import cluster_flags

Metric = Literal["fid", "is", "kid", "prdc"]

PROGRAMS = (mnist, celeba, coulomb)  # whose runs on images are evaluated


@dataclasses.dataclass(frozen=True)
class Config(image_options.ImageStore, cluster_flags.ClusterFlags):
    """FID, IS, KID, precision, recall, density and coverage of samples."""

    TOPIC: ClassVar[str] = "Samples and metrics"

    from_run: Annotated[
        rules.Path | None,
        "folder of a finished run, whose samples are scored; what is found is written "
        "there, as evaluation.jsonl",
        rules.a_folder,
    ] = None
    workdir: Annotated[
        rules.Path | None, "another name of --from_run", rules.a_folder
    ] = None
    a: Annotated[rules.Path | None, "folder of images to score", rules.a_folder] = None
    b: Annotated[
        rules.Path | None,
        "folder of images to compare with, or an .npz file with mu and sigma, which "
        "serves fid and is alone (none: the test split of the run)",
    ] = None
    metrics: Annotated[
        tuple[Metric, ...],
        "metrics; kid and prdc keep the features of all images in memory, and "
        "prdc takes the distances of all pairs: a hundred times the time for ten times "
        "the images",
    ] = ("fid",)
    splits: Annotated[
        int,
        "parts over which the inception score is averaged (published: 10)",
        rules.positive,
    ] = 1
    n: Annotated[
        int,
        "images of each of the two sets, at most",
        rules.at_least(2),
        rules.at_most(10**7),
    ] = 50_000
    features: Annotated[
        Literal["classifier", "random", "imagenet"] | rules.Path | None,
        "features: random, imagenet, or the file of an Inception net or of any .keras "
        "net of images from -1 to 1; in a run also classifier (none: those of the run)",
        rules.a_file,
    ] = None
    save_stats: Annotated[
        rules.Path | None,
        ".npz file for the statistics of the images that were compared with",
        rules.new_file,
    ] = None
    size: Annotated[
        int | None,
        "with --a: height and width in pixels to which images are resized (none: all "
        "have one size); with --from_run they are resized to those of the run",
        rules.positive,
    ] = None

    @property
    def run(self) -> rules.Path | None:
        """The folder of the run, under either name."""
        return self.from_run or self.workdir

    def problem(self) -> str | None:
        """What is wrong with flags that are fine one by one."""
        if self.from_run and self.workdir:
            return "--workdir is another name of --from_run: give one of them"
        if (self.run is None) == (self.a is None):
            return "--from_run or --a says what to score: give one of them"
        if self.a is not None and self.b is None:
            return "--a needs --b: what to compare its images with"
        if self.a is not None and self.features in (None, "classifier"):
            return "--a needs --features: random, imagenet, or an Inception net's file"
        if self.size is not None and self.a is None:
            return (
                f"--size={self.size} goes with --a: beside --from_run, images are "
                "brought to the size of the run's own"
            )
        if self.b is not None:
            place = rules.a_file if self.b.endswith(".npz") else rules.a_folder
            if wrong := place(self.b):
                return f"--b={self.b!r} {wrong}"
        if "is" in self.metrics and self.splits > self.n:
            return f"--splits={self.splits} is more than the --n={self.n} images"
        if self.cluster and (whole := {*self.metrics} - {"fid", "is"}):
            return (
                f"--metrics={flag_types.spell((*sorted(whole),))} needs the features "
                "of all images in one process, and a cluster adds up sums: leave "
                "--cluster out, or take fid and is"
            )
        if self.b and self.b.endswith(".npz") and {*self.metrics} - {"fid", "is"}:
            return f"--b={self.b} has no images, and only fid and is go without"
        return self.store_problem()

    def idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        found = {} if self.a is None else dict.fromkeys(("data_dir", "download"), "--a")
        if "is" not in self.metrics:
            found["splits"] = f"--metrics={flag_types.spell(self.metrics)}"
        return found | self.cluster_idle()


def run(config: Config) -> None:
    """Prints a table; a run's own numbers go to its evaluation.jsonl too."""
    with startup.quiet():  # TensorFlow, only now that the flags are known good
        from experiments.images import evaluation
    programs = {module.Config.EXPERIMENT: module.Config for module in PROGRAMS}
    evaluation.run(config, programs)


if __name__ == "__main__":
    flags.main(Config, run)
