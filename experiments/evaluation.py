"""Scoring images that are already there."""

import json
import pathlib

import tf_collab as tc
from experiments import (
    celeba,
    coulomb,
    evaluate,
    fields,
    image_metrics,
    imaging,
    mnist,
    report,
    runs,
    summary,
    tables,
)
from tf_collab import metrics

__all__ = ["run"]

EXPERIMENTS = {
    "mnist": mnist.Config,
    "celeba": celeba.Config,
    "coulomb": coulomb.Config,
}


def run(config: evaluate.Config) -> None:
    """Prints a table; a run's own numbers go to its evaluation.jsonl too."""
    lines = _of_folder(config) if config.workdir is None else _of_run(config)
    gan_steps = sorted({line["gan_step"] for line in lines})
    methods = list(dict.fromkeys(line["method"] for line in lines))
    print(report.table(lines, gan_steps, methods))


def _of_run(config):
    trained = _trained(config)
    with runs.Run(
        config.workdir, trained, experiment=trained.EXPERIMENT, resume=True
    ) as run:
        train, test = (imaging.load(trained, split) for split in ("train", "test"))
        chosen = config.features or trained.features
        name, net = image_metrics.extractor(chosen, run, train, test)
        test = imaging.thinned(trained, test)
        judge = _Judge(config, name, net, test.pixels, "test")
        table = tables.Table(run.workdir / "evaluation.jsonl")
        lines = run.results.lines()
        drawn = summary.samples(run, lines)
        for line in report.last_steps(lines):
            if line["method"] in drawn:
                kept = ("dataset", "seed", "gan_step", "d_step", "method")
                found = judge(drawn[line["method"]]["x"])
                scored = {field: line[field] for field in kept} | found
                table.append(scored, key=tuple(scored))
        return table.lines()


def _of_folder(config):
    images = _folder(config, "a")
    try:
        name, net = image_metrics.named(config.features, images.shape[-1])
    except ValueError as error:
        raise runs.Refused(f"--features={config.features}: {error}") from None
    judge = _Judge(config, name, net, None, pathlib.Path(config.b).stem)
    key = {"seed": 0, "gan_step": 0, "d_step": 0, "method": pathlib.Path(config.a).name}
    return [key | judge(images)]


class _Judge:
    """Measures images [n, h, w, c] uint8 against one reference."""

    def __init__(self, config, name, net, pixels, split):
        self._config, self._net, self._split = config, net, split
        self._name = name
        self._features = None
        try:
            if config.b and config.b.endswith(".npz"):
                self._stats = metrics.load_stats(config.b)
            else:
                pixels = pixels if config.b is None else _folder(config, "b")
                self._features = image_metrics.features(net, pixels[: config.n])
                self._stats = metrics.FeatureStats.of(self._features)
        except (ValueError, OSError) as error:
            raise runs.Refused(f"--b={config.b}: {error}") from None
        if config.save_stats:
            metrics.save_stats(config.save_stats, self._stats)

    def __call__(self, pixels):
        found = image_metrics.features(self._net, pixels[: self._config.n])
        protocol = f"{self._name}{image_metrics.count(len(found))}"
        against = f"{protocol}_{self._split}"
        # Only Inception's are FID and IS.
        fid, score = ("fid", "is") if "inception" in self._name else ("fd", "cs")
        values = {}
        try:
            for metric in self._config.metrics:
                if metric == "fid":
                    stats = metrics.FeatureStats.of(found)
                    distance = metrics.frechet_distance(stats, self._stats)
                    values[f"{fid}_{against}"] = distance
                if metric == "is":
                    if self._net.logits is None:
                        raise ValueError(f"{self._name} gives no logits for is")
                    logits = self._net.logits(found)
                    values[f"{score}_{protocol}"] = metrics.inception_score(logits)
                if metric == "kid":
                    size = min(1000, len(found), len(self._features))
                    values[f"kid_{against}"] = metrics.kid(
                        self._features, found, size=size
                    )
                if metric == "prdc":
                    four = metrics.precision_recall_density_coverage(
                        self._features, found
                    )
                    values |= {f"{k}_{against}": value for k, value in four.items()}
        except ValueError as error:
            raise runs.Refused(f"--metrics={metric}: {error}") from None
        return values


def _trained(config):
    """The flags with which a run was begun."""
    path = pathlib.Path(config.workdir, "config.json")
    try:
        record = json.loads(path.read_bytes())
        kind = EXPERIMENTS[record["experiment"]]
        known = {field.name for field in fields.read(kind)}
        flags = {name: v for name, v in record["flags"].items() if name in known}
        if flags["dataset"] not in tc.data.IMAGES:
            raise KeyError(flags["dataset"])
    except (OSError, ValueError, KeyError, TypeError):
        raise runs.Refused(
            f"--workdir={config.workdir!r} holds no run on images: give that of "
            + " or ".join(EXPERIMENTS)
        ) from None
    flags = {n: tuple(v) if isinstance(v, list) else v for n, v in flags.items()}
    if config.data_dir is not None:
        flags["data_dir"] = config.data_dir
    return kind(**flags)


def _folder(config, flag):
    try:
        folder = getattr(config, flag)
        return tc.data.IMAGES["folder"](folder, split="all", size=config.size).pixels
    except (ValueError, OSError) as error:
        raise runs.Refused(f"--{flag}={folder}: {error}") from None
