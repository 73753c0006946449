"""Tests for tf_collab.archives: what would run code, read files or fill the memory."""

import io
import json
import marshal
import pathlib
import pickle
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import archives, metrics, models
from tf_collab.cpu import convolutions

SECRET = "the secret"


def net():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="dense")])


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path, **changes):
    """The net of `net` at `path`, with other members in its archive."""
    net().save(path)
    whole = members(path) | {key.replace("__", "."): v for key, v in changes.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            archive.writestr(name, content)
    return path


def config(tmp_path, *, more=(), **changes):
    """That of `net`, its dense layer changed."""
    net().save(tmp_path / "plain.keras")
    whole = json.loads(members(tmp_path / "plain.keras")["config.json"])
    layer = whole["config"]["layers"][1]
    layer["config"] |= dict(more)
    layer |= changes
    return json.dumps(whole)


def refused(path, sentence):
    with pytest.raises(ValueError, match=sentence) as told:
        models.load(path)
    assert repr(str(path)) in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def function(module, name):
    return {
        "module": module,
        "class_name": "function",
        "config": name,
        "registered_name": name,
    }


class Evil(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 2])])
    def __call__(self, x):
        tf.io.write_file(self.target, "ran")
        return x


def lambda_layer(tmp_path, target):
    def own(x, target):
        open(target, "w").close()
        return x

    code = marshal.dumps(own.__code__)
    value = [keras.src.utils.python_utils.codecs.encode(code, "base64").decode("ascii")]
    inner = {
        "class_name": "__lambda__",
        "config": {"code": value[0], "defaults": [str(target)], "closure": None},
    }
    return {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"function": inner},
    }


def saved_graph(tmp_path, target):
    module = Evil()
    module.target = str(target)
    tf.saved_model.save(module, str(tmp_path / "graph"))
    where = {"filepath": str(tmp_path / "graph"), "call_endpoint": "serving_default"}
    return {"module": "keras.layers", "class_name": "TFSMLayer", "config": where}


def own_module(tmp_path, target):
    (tmp_path / "evil_module.py").write_text(f"open({str(target)!r}, 'w').close()")
    return {"module": "evil_module", "class_name": "Dense", "registered_name": "Dense"}


def own_keras_module(tmp_path, target):
    """Keras imports whatever is named so."""
    (tmp_path / "keras_hub.py").write_text(f"open({str(target)!r}, 'w').close()")
    return {"module": "keras_hub", "class_name": "Dense", "registered_name": "Dense"}


def tool_of_keras(tmp_path, target):
    return {"more": {"activation": function("keras.utils", "set_random_seed")}}


def wrapped_torch(tmp_path, target):
    return {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}}


CODE = {
    lambda_layer: "it has a Lambda, which",
    saved_graph: "it has a TFSMLayer, which",
    own_module: "names evil_module.Dense, and",
    own_keras_module: "names keras_hub.Dense, and",
    tool_of_keras: "names keras.utils.set_random_seed, and",
    wrapped_torch: "it has a TorchModuleWrapper, which",
}


@pytest.mark.parametrize("attack", CODE, ids=lambda attack: attack.__name__)
def test_a_net_that_would_run_code_from_elsewhere_is_refused(
    attack, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    # Whatever somebody has allowed Keras elsewhere.
    monkeypatch.setattr(
        keras.src.saving.serialization_lib, "in_safe_mode", lambda: False
    )
    target = tmp_path / "target"
    changed = config(tmp_path, **attack(tmp_path, target))
    refused(rewritten(tmp_path / "g.keras", config__json=changed), CODE[attack])
    assert not target.exists()


def test_a_net_that_would_read_a_text_is_refused(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    layer = {
        "module": "keras.layers",
        "class_name": "StringLookup",
        "config": {"name": "x", "vocabulary": str(tmp_path / "secret")},
    }
    path = rewritten(tmp_path / "g.keras", config__json=config(tmp_path, **layer))
    refused(path, "its 'vocabulary' is in another file")


def test_a_member_that_is_no_part_of_a_net_is_refused(tmp_path):
    path = rewritten(tmp_path / "g.keras", **{"assets/../../evil": b"x"})
    refused(path, "which a net does not need")
    assert not list(tmp_path.parent.glob("evil"))


def external_link(group, name, secret):
    group[name] = h5py.ExternalLink(str(secret), "/dense/kernel")


def soft_link(group, name, secret):
    group[name] = h5py.SoftLink("/elsewhere")


def external_storage(group, name, secret):
    group.create_dataset(name, (2, 3), "f4", external=[(str(secret), 0, 24)])


def virtual(group, name, secret):
    layout = h5py.VirtualLayout((2, 3), "f4")
    layout[:] = h5py.VirtualSource(str(secret), "/dense/kernel", (2, 3))
    group.create_virtual_dataset(name, layout)


def huge(group, name, secret):
    group.create_dataset(
        name, (2**20, 2**20), "f4", chunks=(1024, 1024), compression="gzip"
    )


def endless(group, name, secret):
    group[name] = group.parent


ELSEWHERE = {
    external_link: "its '0' is a link to elsewhere",
    soft_link: "its '0' is a link to elsewhere",
    external_storage: "its '0' is in another file",
    virtual: "its '0' is in another file",
    huge: "it would take 4096.0 GiB",
    endless: "its group '/layers/dense/vars/0' occurs twice",
}


def secret_weights(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["dense/kernel"] = np.full([2, 3], 7, "f4")
    return tmp_path / "secret.h5"


@pytest.mark.parametrize("attack", ELSEWHERE, ids=lambda attack: attack.__name__)
def test_weights_that_lie_elsewhere_or_are_too_many_are_refused(attack, tmp_path):
    net().save(tmp_path / "plain.keras")
    content = io.BytesIO(members(tmp_path / "plain.keras")["model.weights.h5"])
    with h5py.File(content, "r+") as file:
        kernel = file["layers/dense/vars/0"]
        group, name = kernel.parent, kernel.name.split("/")[-1]
        del group[name]
        attack(group, name, secret_weights(tmp_path))
    changed = {"model__weights__h5": content.getvalue()}
    path = rewritten(tmp_path / "g.keras", **changed)
    refused(path, ELSEWHERE[attack])
    (tmp_path / "g.weights.h5").write_bytes(content.getvalue())
    for given in (path, tmp_path / "g.weights.h5"):
        with pytest.raises(ValueError, match=ELSEWHERE[attack]) as told:
            metrics.inception_v3(given)
        assert repr(str(given)) in str(told.value)


def test_attributes_longer_than_their_file_are_refused(tmp_path):
    path = tmp_path / "old.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["dense"]
    archives.check_weights(path)
    content = bytearray(path.read_bytes())
    # A text is its length, then the place of the heap that has it.
    place = content.index(b"GCOL").to_bytes(8, "little")
    at = content.index(len("dense").to_bytes(4, "little") + place)
    content[at : at + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"old\.h5' .* its attributes are damaged"):
        archives.check_weights(path)


def test_a_small_config_cannot_ask_for_many_weights(tmp_path):
    changed = config(tmp_path, more={"units": 10**9})
    refused(
        rewritten(tmp_path / "g.keras", config__json=changed), "would take 11.2 GiB"
    )


def test_a_member_that_unpacks_to_far_more_is_refused_before_it_is_read(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(archives, "ROOM", 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    path = tmp_path / "g.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 2**27)
    refused(path, "it would take 0.1 GiB of memory, and has 0.1 MiB")


def test_a_deep_config_is_told_as_such(tmp_path):
    path = rewritten(tmp_path / "g.keras", config__json="[" * 10**5 + "]" * 10**5)
    refused(path, "nested too deeply")


def test_arrays_that_unpack_to_far_more_are_refused_before_they_are_read(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(archives, "ROOM", 2**20)
    path = tmp_path / "a.npz"
    np.savez_compressed(path, mu=np.zeros(2**27, "u1"))
    monkeypatch.setattr(np, "load", None)
    with pytest.raises(ValueError, match=r"a\.npz' is not .* would take 0\.1 GiB"):
        archives.arrays(path)


def test_arrays_of_zeros_are_no_bomb(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", mu=np.zeros(10**6), n=3)
    found = archives.arrays(tmp_path / "a.npz")
    assert not found["mu"].any() and found["n"] == 3
    assert [*archives.arrays(tmp_path / "a.npz", ["n", "x"])] == ["n"]


class Pickled:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


def test_pickled_objects_are_not_made(tmp_path):
    target = tmp_path / "target"
    array = np.empty(1, object)
    array[0] = Pickled(target)
    np.savez(tmp_path / "a.npz", mu=array)
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("mu", pickle.dumps(Pickled(target)))
    for name in ("a.npz", "b.npz"):
        try:
            archives.arrays(tmp_path / name, ["mu"])
        except ValueError as told:
            assert name in str(told)
    assert not target.exists()


def test_a_net_of_layers_that_somebody_registered_is_loaded(tmp_path):
    net = keras.Sequential([keras.Input((4, 4, 3)), convolutions.Conv2D(2, 3)])
    net.save(tmp_path / "g.keras")
    x = np.ones([1, 4, 4, 3], "f4")
    np.testing.assert_array_equal(models.load(tmp_path / "g.keras")(x), net(x))
