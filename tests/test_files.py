"""Tests for tf_collab.files: what is wrong with a file is told with its name."""

import errno
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest
import tensorflow as tf

from tf_collab import errors, files

CONTENT = [
    ValueError("bad\nTraceback: more"),
    KeyError("mu"),
    TypeError("list"),
    IndexError("index 3"),
    AttributeError("None"),
    AssertionError(),
    RecursionError("maximum"),
    OverflowError("too large"),
    MemoryError(),
    EOFError(),
    NotImplementedError("that compression method is not supported"),
    struct.error("unpack"),
    zlib.error("Error -3"),
    zipfile.BadZipFile("File is not a zip file"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    OSError("Unable to open file (truncated file: eof = 96)"),
    OSError(errno.EINVAL, os.strerror(errno.EINVAL)),
    OSError(errno.EOVERFLOW, os.strerror(errno.EOVERFLOW)),
    OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)),
    tf.errors.DataLossError(None, None, "Checksum does not match"),
    StopIteration(),
    UserWarning("odd"),
]
PASSING = [
    KeyboardInterrupt(),
    SystemExit(2),
    errors.Misfit("'d' cannot take it"),
    files.Unsound("'other' is a folder"),
    FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)),
    PermissionError(errno.EACCES, os.strerror(errno.EACCES)),
    OSError(errno.EIO, os.strerror(errno.EIO)),
]


def named(error):
    return type(error).__name__


@pytest.mark.parametrize("error", CONTENT, ids=named)
def test_whatever_a_reader_raises_is_one_sentence_that_names_the_file(error):
    with pytest.raises(ValueError) as told, files.reading("a/b.npz", "map"):
        raise error
    sentence = str(told.value)
    assert sentence.startswith("'a/b.npz' is not a readable map: ")
    assert len(sentence.splitlines()) == 1 and not sentence.endswith((" ", "."))
    assert told.value.__cause__ is error


@pytest.mark.parametrize("error", PASSING, ids=named)
def test_what_is_not_the_contents_fault_passes_as_it_is(error):
    with pytest.raises(BaseException) as told, files.reading("b.npz"):
        raise error
    assert told.value is error


def test_a_value_passes_and_a_reader_inside_a_reader_is_told_once():
    with files.reading("outer"):
        kept = 3
    with (
        pytest.raises(
            files.Unsound, match=r"^'inner' is not a readable map: it has no"
        ),
        files.reading("outer"),
        files.reading(pathlib.Path("inner"), "map"),
    ):
        _ = {}["sigma"]
    assert kept == 3


def test_a_deep_file_is_told_as_such():
    with (
        pytest.raises(ValueError, match="'x' is not a readable file: it is nested too"),
        files.reading("x"),
    ):
        json.loads("[" * 100_000)


def test_a_file_and_a_link_to_one_are_regular(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    files.regular(tmp_path / "file")
    files.regular(str(tmp_path / "link"))


def test_what_is_no_file_is_told_without_opening_it(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "linked").symlink_to("pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        kinds = {
            "pipe": "named pipe",
            "linked": "named pipe",
            "socket": "socket",
            "/dev/zero": "device",
            ".": "folder",
        }
        for name, kind in kinds.items():
            with pytest.raises(ValueError) as told:
                files.regular(name)
            assert str(told.value) == f"{name!r} is a {kind}"


@pytest.mark.parametrize("path", ["a\0b", "a\ud800"], ids=["NUL", "surrogate"])
def test_what_is_no_path_is_told(path):
    with pytest.raises(ValueError) as told:
        files.regular(path)
    assert str(told.value).startswith(f"{path!r} is not a path: ")


def test_a_missing_file_is_the_systems_fault(tmp_path):
    with pytest.raises(FileNotFoundError) as told:
        files.regular(tmp_path / "gone")
    assert told.value.filename == os.fspath(tmp_path / "gone")


def test_it_starts_no_tensorflow():
    code = (
        "import sys, tf_collab; from tf_collab import files; files.regular\n"
        "sys.exit('tensorflow' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


RECORDS = {
    b'{"a": 1e999}': "1e999 is not a finite number",
    b'{"a": [NaN]}': "NaN is not a finite number",
    b'{"a": 1, "a": 1}': "it has 'a' twice",
    b'{"a": {"b": 1, "b": 1}}': "it has 'b' twice",
    b'{"a": 9223372036854775808}': "does not fit in 64 bits",
    rb'{"a": "\udc00"}': "surrogates not allowed",
    b"\xff": "codec can't decode",
    b"": "Expecting value",
    b"[1]": "it is not a JSON object",
    b'{"a":' * 10**5: "it is nested too deeply",
    b" " * (2**26 + 1): "it has more than 64 MiB",
}


def test_a_record_may_hold_a_path_of_any_bytes(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"a": os.fsdecode(b"r\xff")}))
    assert os.fsencode(files.record(path)["a"]) == b"r\xff"
    with pytest.raises(ValueError, match="surrogates not allowed"):
        files.parsed(path.read_bytes())


@pytest.mark.parametrize("content", RECORDS, ids=range(len(RECORDS)))
def test_a_record_that_means_nothing_or_two_things_is_told(content, tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(files.Unsound) as told:
        files.record(path, "list")
    assert str(told.value).startswith(f"{str(path)!r} is not a readable list: ")
    assert RECORDS[content] in str(told.value)


def test_a_record_is_read_as_it_is(tmp_path):
    whole = {"a": [1, -(2**63), 2**63 - 1, 1.5, None, True, "é\n"], "b": {"c": {}}}
    (tmp_path / "a.json").write_text(json.dumps(whole))
    assert files.record(tmp_path / "a.json") == whole
