"""The flags of work that any number of processes may do."""

import dataclasses
import importlib.util
from typing import Annotated, ClassVar

from experiments.cli import fields, flag_types, rules

__all__ = ["ClusterFlags"]

TLS = "tls://"


def _a_cluster(value: str) -> str | None:
    if value != "local" and not value.startswith(TLS):
        return (
            f"must be none, local, or the address of a scheduler as {TLS}HOST:PORT: "
            "Dask's connections carry code, so that others than encrypted ones are not "
            "taken"
        )
    if importlib.util.find_spec("distributed") is None:
        return (
            "needs Dask, which is not installed: pip install -r "
            "requirements-cluster.txt in a checkout"
        )
    return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterFlags(fields.Given):
    """Which processes do the work, and with how many threads."""

    TOPIC: ClassVar[str] = "Processes"

    cluster: Annotated[
        str | None,
        "who does the work: none (this process), local (processes of this machine) or "
        "a Dask scheduler, as tls://HOST:PORT, whose workers see the same folders",
        _a_cluster,
    ] = None
    workers: Annotated[
        int | None,
        "processes of --cluster=local (none: one for --threads cores)",
        rules.at_least(1),
    ] = None
    threads: Annotated[
        int | None,
        "threads of TensorFlow in each process, on which the last bits of results "
        "depend (none: one with a cluster, one a core without)",
        rules.at_least(1),
    ] = None

    def cluster_idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        if self.cluster == "local":
            return {}
        return {"workers": f"--cluster={flag_types.spell(self.cluster)}"}
