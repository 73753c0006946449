"""Proposers and acceptors, how to join them, and how to draw from a sampler.

Examples here use the `gan` of the example of `GAN`, and `real`, held-out x with scores.
"""

from tf_collab.sampling.adjusted import mala
from tf_collab.sampling.adjusting import AdjustedState
from tf_collab.sampling.annealing import smc
from tf_collab.sampling.composition import Method, always, compose, suite
from tf_collab.sampling.drawing import TooFewKept, begin, draw, draws
from tf_collab.sampling.exploration import ex2
from tf_collab.sampling.flow import DIVERGENCES, dgflow
from tf_collab.sampling.hamiltonian import hmc
from tf_collab.sampling.langevin import ddls
from tf_collab.sampling.metropolis import MetropolisState, mhgan
from tf_collab.sampling.optimal import OptimalState, obrs
from tf_collab.sampling.plain import direct
from tf_collab.sampling.rates import rate_advice, suggest_rate
from tf_collab.sampling.refinement import RefineState, refine, trajectory
from tf_collab.sampling.rejection import RejectionState, drs
from tf_collab.sampling.resampling import ResamplingState, isir, sir
from tf_collab.sampling.samples import Samples
from tf_collab.sampling.selecting import select
from tf_collab.sampling.suggestion import Row, sweep, table
from tf_collab.sampling.transport import PROJECTIONS, SPACES, TransportState, dot

__all__ = [
    "DIVERGENCES",
    "PROJECTIONS",
    "SPACES",
    "AdjustedState",
    "Method",
    "MetropolisState",
    "OptimalState",
    "RefineState",
    "RejectionState",
    "ResamplingState",
    "Row",
    "Samples",
    "TooFewKept",
    "TransportState",
    "always",
    "begin",
    "compose",
    "ddls",
    "dgflow",
    "direct",
    "dot",
    "draw",
    "draws",
    "drs",
    "ex2",
    "hmc",
    "isir",
    "mala",
    "mhgan",
    "obrs",
    "rate_advice",
    "refine",
    "select",
    "sir",
    "smc",
    "suggest_rate",
    "suite",
    "sweep",
    "table",
    "trajectory",
]
