"""Every sampler of finished runs' GANs, at equal cost.

    python -m experiments.benchmark --from_run=runs/mog2d/Imbal-8Gaussians-s0

draws from the checkpoint of each run at each budget of passes a sample, measures
quality and diversity, and writes benchmark.jsonl, table.md, figures and report.html. A
killed command goes on where it was; runs are only read.
"""

import dataclasses
import os
from typing import Annotated, ClassVar, Literal

from experiments import celeba, coulomb, mnist, mog2d
from experiments.cli import flags, rules, startup
from experiments.stages import cluster_flags
from tf_collab import tables

PLACE = rules.Path("runs/benchmark")
PROGRAMS = {part.Config.EXPERIMENT: part for part in (mog2d, mnist, celeba, coulomb)}


def _tens(n: int) -> str | None:
    return None if n % 10 == 0 else "must be a multiple of 10, which batches divide"


@dataclasses.dataclass(frozen=True)
class Config(cluster_flags.ClusterFlags):
    """Samplers of finished runs' GANs at equal cost."""

    TOPIC: ClassVar[str] = "Flags"

    from_run: Annotated[
        tuple[rules.Path, ...],
        "folders of finished runs on points or images, which are only read; those that "
        "differ in the seed alone are averaged",
        rules.a_folder,
    ]
    workdir: Annotated[
        rules.Path,
        "folder for what is made; a benchmark in it goes on",
        rules.new_folder,
    ] = PLACE
    budgets: Annotated[
        tuple[float, ...],
        "passes of a sample through a net for each sample kept; a pass back counts as "
        "two, burn-in and warm-up count",
        rules.at_least(1),
        rules.at_most(10**6),
    ] = (5, 20, 100, 500)
    method: Annotated[
        Literal["every"] | tuple[str, ...],
        "samplers to compare, beside plain samples and the baselines",
        rules.one_of(tables.SAMPLERS),
    ] = "every"
    baselines: Annotated[
        bool,
        "whether the best of N, chains begun anew for each sample and priors as short "
        "as walks leave them are compared too",
    ] = True
    seeds: Annotated[
        tuple[int, ...],
        "random seeds of the draws, each with lines of its own",
        rules.between(0, 10**6),
    ] = (0,)
    n: Annotated[
        int,
        "samples of each cell",
        rules.at_least(20),
        rules.at_most(10**6),
        _tens,
    ] = 2000
    ckpt_num: Annotated[
        int | None, "GAN step of each run (none: its newest)", rules.positive
    ] = None
    data_dir: Annotated[
        rules.Path | None, "where the images of the runs are (none: where they were)"
    ] = None

    @property
    def methods(self) -> tuple[str, ...]:
        """The samplers, in the order of tables; plain ones are in each benchmark."""
        asked = tables.METHODS if self.method == "every" else ("standard", *self.method)
        return tuple(name for name in tables.METHODS if name in asked)

    def problem(self) -> str | None:
        """What is given twice."""
        for name in ("from_run", "budgets", "seeds"):
            given = getattr(self, name)
            if len({*given}) < len(given) or not given:
                return f"--{name} names one thing twice, or nothing: give each once"
        return None

    def idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        return self.cluster_idle()


def run(config: Config) -> None:
    """Fills each cell that is empty, and shows what there is."""
    with startup.quiet():  # TensorFlow, only now that the flags are known good
        from experiments.benchmarking import book, filling
        from experiments.stages import cluster_work

    cluster_work.hold(config)
    more: dict[str, object] = {}
    if config.data_dir is not None:
        # Workers may have begun in another folder.
        whole = os.path.abspath if config.cluster else str
        more["data_dir"] = whole(config.data_dir)
    if config.ckpt_num is not None:
        more["ckpt_num"] = (config.ckpt_num,)
    with book.Book(config) as pages:
        filling.fill(config, pages, PROGRAMS, more)
        print(pages.finish())


if __name__ == "__main__":
    flags.main(Config, run)
