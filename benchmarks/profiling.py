"""What computing does with its time: operations by their kind, from a profile.

TensorFlow's profiler tells when each operation began and ended on which thread. Time is
that of an operation without those inside of it, added up over threads.
"""

import collections
import contextlib
import pathlib
import tempfile

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

ROWS = 24  # kinds of operations that are shown


@contextlib.contextmanager
def profiled(times: int):
    """Prints, of what is computed inside, the milliseconds of one of so many times."""
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        yield
        tf.profiler.experimental.stop()
        took, count = _own_times(folder)
    for kind, total in took.most_common(ROWS):
        print(f"{total / times:8.3f} ms {count[kind] / times:7.1f} times  {kind[:60]}")


def _own_times(folder):
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
