"""Training with SciPy's L-BFGS-B on all rows at once."""

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from fastmlp.estimators._network import Network
from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._scikit_learn import check_optimize_result
from fastmlp.models._samples import Samples
from fastmlp.variables import Variable

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

Array = NDArray[Any]


class LossAndGradient:
    """The loss of all rows and its gradient as functions of one vector of weights.

    Parameters
    ----------
    network : Network
        Takes over the weights of each call.
    samples : Samples
        All rows, with one target and maybe weights.
    objective : Objective
        What is minimized.
    alpha : float
        The L2 penalty.
    threads : int, optional
        The most threads.
    """

    def __init__(
        self, network: Network, samples: Samples, objective: Objective, alpha: float, threads: int | None = None
    ) -> None:
        self._network = network
        self._threads = threads
        self._scale = objective.scale
        self._data = samples.data()
        self._rows = len(samples)
        self._lowered = network.to_train(self._rows, objective, alpha, bool(samples.sparse))
        self._gradients = [Variable(v.shape, v.dtype, name=f"{v.name}_gradient") for v in self._lowered.variables]
        self._by_variable = {
            v: gradient.value for v, gradient in zip(self._lowered.variables, self._gradients, strict=True)
        }

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return loss and gradient at a vector of weights, see `Network.unpack`."""
        self._network.unpack(theta)
        self._lowered.bind(gradients=self._gradients)
        sums = np.zeros((self._lowered.plan.terms, 2))
        self._lowered.plan.gradient(self._data, None, 0, self._rows, sums, threads=self._threads)
        (loss, rows), *penalties = sums.tolist()
        total = self._scale * loss / rows + sum(penalty / rows for penalty, _ in penalties)
        return total, self._network.pack(self._by_variable)


def minimize(estimator: "BaseMLP", samples: Samples, objective: Objective) -> None:
    """Fit an estimator, as scikit-learn does with `solver="lbfgs"`."""
    network = estimator._network
    result = scipy.optimize.minimize(
        LossAndGradient(network, samples, objective, estimator.alpha, estimator.n_threads),
        network.pack(),
        method="L-BFGS-B",
        jac=True,
        options={"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol},
    )
    estimator.n_iter_ = check_optimize_result("lbfgs", result, estimator.max_iter)
    estimator.loss_ = np.float64(result.fun)
    network.unpack(result.x)
