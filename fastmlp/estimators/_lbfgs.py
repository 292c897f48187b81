"""Training with SciPy's L-BFGS-B on all rows at once."""

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from fastmlp.estimators._callbacks import Hooks
from fastmlp.estimators._evaluation import GivenRows
from fastmlp.estimators._network import Network
from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._scikit_learn import check_optimize_result
from fastmlp.estimators._solvers import Solver
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


class LBFGS(Solver):
    """SciPy's L-BFGS-B on the loss of all rows."""

    def __init__(self, estimator: "BaseMLP") -> None:
        super().__init__(estimator)
        wishes = {
            "dropout": any(estimator._dropout(len(estimator._hidden_sizes()))),
            "callbacks": estimator.callbacks,
            "restore_best": estimator.restore_best,
            "scoring": estimator.scoring is not None,
        }
        asked = [name for name, wish in wishes.items() if wish]
        if asked:
            raise ValueError(f"solver='lbfgs' has no epochs and no batches. Received: {', '.join(asked)}")

    def prepare(self, *, anew: bool) -> None:
        """Make the weights float64, as SciPy's vector of them is; scikit-learn's stay so, too."""
        estimator = self._estimator
        estimator.coefs_ = [coef.astype(np.float64, copy=False) for coef in estimator.coefs_]
        estimator.intercepts_ = [intercept.astype(np.float64, copy=False) for intercept in estimator.intercepts_]

    def run(self, given: GivenRows, eval_set: Any, *, incremental: bool) -> None:
        """Minimize; `partial_fit` does no less than `fit`."""
        if eval_set is not None:
            raise ValueError("solver='lbfgs' has no epochs and no batches. Received: eval_set")
        estimator, network = self._estimator, self._estimator._network
        with Hooks(estimator, given.X, given.y, given.sample_weight, len(given.samples), 1, silent=incremental):
            result = scipy.optimize.minimize(
                LossAndGradient(network, given.samples, estimator._objective(), estimator.alpha, estimator.n_threads),
                network.pack(),
                method="L-BFGS-B",
                jac=True,
                options={"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol},
            )
            estimator.n_iter_ = check_optimize_result("lbfgs", result, estimator.max_iter)
            estimator.loss_ = np.float64(result.fun)
            network.unpack(result.x)
