"""No damaged file ends in anything but a value or one line that names the file."""

import ast
import itertools
import pathlib

import pytest
from fuzzing import readers, turns
from fuzzing.reader import outcome

ROOT = pathlib.Path(__file__).parents[2]
INPUTS = 20  # of each reader; `make fuzz` tries more
# Calls that read a file, by their last name, or by both where that says little.
OPENS = {
    *("open", "read_bytes", "read_text", "fromfile", "load_checkpoint", "load_model"),
    *("load_weights", "ParseFromString", "ZipFile", "get_checkpoint_state"),
    *("np.load", "json.load", "h5py.File", "Image.open", "gzip.open", "os.open"),
    *("torch.load", "load_file", "files.record", "files.parsed", "archives.arrays"),
}
# What opens files that nobody hands over, or leaves reading to others.
OTHERS = {
    "tf_collab/atomic.py": "syncs a folder",
    "experiments/cli/own_code.py": "PyTorch's files, damaged by test_sample_torch.py",
    "experiments/cli/interrupts.py": "a pipe of its own",
    "experiments/rundir/locks.py": "holds, and reads nothing",
    "experiments/coulomb_gan/field_monitor.py": "a film's frames, which plots reads",
    "experiments/stages/records.py": "hashes what it need not understand",
    "experiments/cli/streams.py": "streams",
    "experiments/benchmarking/page.py": "files of the program itself",
    "experiments/benchmarking/peaks.py": "what the kernel says of this process",
    "experiments/benchmarking/subjects.py": "hashes what it need not understand",
    "tf_collab/backend.py": "Keras' own settings, which Keras reads too",
    "tf_collab/data/images/prepared.py": "what TFDS prepared, which TFDS reads",
    "tf_collab/data/images/trees.py": "asks whether a folder is a run",
    "tf_collab/folders.py": "holds folders",
    "tf_collab/front/jobs.py": "hashes what it need not understand",
    "tf_collab/plots/animating.py": "frames in memory",
}


@pytest.fixture(scope="module")
def all_valid():
    return [content for reader in readers.READERS for content in reader.valid()]


def titled(reader):
    return reader.name


@pytest.mark.parametrize("reader", readers.READERS, ids=titled)
def test_valid_files_are_accepted(reader, tmp_path):
    for content in reader.valid():
        assert outcome(reader, content, tmp_path) == "accepted"


@pytest.mark.parametrize("reader", readers.READERS, ids=titled)
def test_a_damaged_file_is_read_or_refused_in_one_line(reader, all_valid, tmp_path):
    files = turns.Files(reader.valid(), all_valid)
    for content in itertools.islice(turns.chunk(reader, 0, files), INPUTS):
        outcome(reader, content, tmp_path)


def called(node):
    """`open` of open(), `np.load` and `load` of np.load()."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield node.func.id
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        last = node.func.attr
        yield f"{getattr(node.func.value, 'id', '')}.{last}"
        if last != "open":
            yield last


def opening(path):
    tree = ast.parse(path.read_text("utf-8"))
    return any(name in OPENS for node in ast.walk(tree) for name in called(node))


def test_every_module_that_opens_files_is_in_the_table():
    found = {
        str(path.relative_to(ROOT))
        for part in ("tf_collab", "experiments")
        for path in (ROOT / part).rglob("*.py")
        if opening(path)
    }
    covered = {module for reader in readers.READERS for module in reader.modules}
    assert found - covered == OTHERS.keys()
