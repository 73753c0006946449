"""The flags of targets in the plane."""

import dataclasses
from typing import Annotated, ClassVar

from experiments.cli import rules

__all__ = ["PlanarData"]


@dataclasses.dataclass(frozen=True)
class PlanarData:
    """An experiment adds which of them there are, as its `dataset`."""

    TOPIC: ClassVar[str] = "Targets in the plane"

    ratio: Annotated[
        float, "share of the two large modes of Imbal-8Gaussians", rules.between(0, 1)
    ] = 0.9
    scale: Annotated[
        float | None,
        "scale of a target in the plane (none: that of the authors)",
        rules.between(1e-3, 1e4),
    ] = None

    def planar_problem(self, dataset: str) -> str | None:
        """What no target can be, in a sentence."""
        if dataset == "Imbal-8Gaussians" and not 0 < self.ratio < 1:
            return f"--ratio={self.ratio} leaves modes empty: give 0 < ratio < 1"
        if dataset == "25Gaussians" and (self.scale or 1) < 0.4:
            return f"--scale={self.scale} lets the modes overlap: give 0.4 or more"
        return None

    def planar_idle(self, dataset: str) -> dict[str, str]:
        """Flags of other targets, and why they have no effect."""
        if dataset == "Imbal-8Gaussians":
            return {}
        return {"ratio": f"--dataset={dataset}"}

    def target(self, dataset: str) -> dict[str, float]:
        """What the target's constructor is told."""
        told = {} if self.scale is None else {"scale": self.scale}
        if dataset == "Imbal-8Gaussians":
            told["ratio"] = self.ratio
        return told
