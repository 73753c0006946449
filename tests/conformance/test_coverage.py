"""Nothing public is missing from the tables."""

import inspect
import typing

import pytest
from conformance import tables

from tf_collab import base, models, objectives, policies, sampling


def public(package, kind):
    """Names of the package's functions that return a `kind`."""
    members = {name: getattr(package, name) for name in package.__all__}
    return {
        name
        for name, member in members.items()
        if inspect.isfunction(member)
        and typing.get_type_hints(member).get("return") is kind
    }


def nets(ending):
    return {name for name in models.__all__ if name.endswith(ending)}


@pytest.mark.parametrize(
    "table, names",
    [
        (tables.POLICIES, set(policies.__all__)),
        (tables.OBJECTIVES, public(objectives, base.Objective)),
        (tables.PROPOSERS, public(sampling, base.Proposer)),
        (tables.ACCEPTORS, public(sampling, base.Acceptor)),
        (tables.GENERATORS, nets("Generator")),
        (tables.DISCRIMINATORS, nets("Discriminator")),
    ],
    ids=["policies", "objectives", "proposers", "acceptors", "G", "D"],
)
def test_every_public_factory_is_in_its_table(table, names):
    assert names  # else the search for names is broken
    assert {row.split(",")[0] for row in table} == names


def test_every_public_policy_and_objective_is_typed_as_one():
    assert public(policies, base.Policy) == set(policies.__all__)
    assert public(objectives, base.Objective) >= {"lsgan", "nsgan", "wgan_gp"}
