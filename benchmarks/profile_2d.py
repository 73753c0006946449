"""What a training step of the 2-D nets does with its time: operations by their kind.

    python benchmarks/profile_2d.py

TensorFlow's profiler tells when each operation began and ended on which thread. Time is
that of an operation without those inside of it, added up over threads.
"""

import collections
import pathlib
import tempfile
import time

import bench_2d as ours
import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

STEPS = 30


def own_times(folder):
    """Of each kind of operation its own milliseconds, and how many there were."""
    (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
    space = xplane_pb2.XSpace.FromString(path.read_bytes())
    took, count = collections.Counter(), collections.Counter()
    for plane in (plane for plane in space.planes if "CPU" in plane.name):
        for line in plane.lines:
            inside = []
            for event in sorted(
                line.events, key=lambda e: (e.offset_ps, -e.duration_ps)
            ):
                name = plane.event_metadata[event.metadata_id].name
                kind = name if "::" in name else name.split(":")[-1]
                while inside and inside[-1][0] <= event.offset_ps:
                    inside.pop()
                if inside:
                    took[inside[-1][1]] -= event.duration_ps * 1e-9
                took[kind] += event.duration_ps * 1e-9
                count[kind] += 1
                inside.append((event.offset_ps + event.duration_ps, kind))
    return took, count


def main():
    step, seed = ours.train(), ours.tc.seeds.as_seed(0)
    mark = {}

    def hook(done, scalars):
        """Profiles the steps between two hooks."""
        if done == 10 * STEPS:
            mark["cpu"], mark["wall"] = time.process_time(), time.perf_counter()
        if done == 11 * STEPS:
            wall, cpu = time.perf_counter() - mark["wall"], time.process_time()
            print(f"a step: {1e3 * wall / STEPS:.2f} ms by the clock, ", end="")
            print(f"{1e3 * (cpu - mark['cpu']) / STEPS:.2f} of processors")
            tf.profiler.experimental.start(folder)
        if done == 12 * STEPS:
            tf.profiler.experimental.stop()

    with tempfile.TemporaryDirectory() as folder:
        ours.tc.training.run(
            step, ours.batch_at, 12 * STEPS, seed=seed, every=STEPS, hooks=[hook]
        )
        took, count = own_times(folder)
    for kind, total in took.most_common(24):
        print(f"{total / STEPS:8.3f} ms {count[kind] / STEPS:7.1f} times  {kind[:60]}")


if __name__ == "__main__":
    main()
