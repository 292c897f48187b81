"""Training with SciPy's L-BFGS-B on all rows at once."""

import math
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from fastmlp.estimators._activations import draws
from fastmlp.estimators._callbacks import Hooks
from fastmlp.estimators._evaluation import GivenRows, Validation, read_eval_set
from fastmlp.estimators._network import Network
from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._record import Record, begin_curves
from fastmlp.estimators._scikit_learn import check_optimize_result
from fastmlp.estimators._solvers import Solver
from fastmlp.models._data.samples import Samples
from fastmlp.variables import Variable

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

Array = NDArray[Any]
Function = Callable[[Array], tuple[float, Array]]


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

    Attributes
    ----------
    rows : int
        All of them.
    """

    def __init__(
        self, network: Network, samples: Samples, objective: Objective, alpha: float, threads: int | None = None
    ) -> None:
        self._network = network
        self._threads = threads
        self._scale = objective.scale
        self._data = samples.data()
        self.rows = len(samples)
        self._lowered = network.to_train(self.rows, objective, alpha, bool(samples.sparse))
        self._gradients = [Variable(v.shape, v.dtype, name=f"{v.name}_gradient") for v in self._lowered.variables]
        self._by_variable = {
            v: gradient.value for v, gradient in zip(self._lowered.variables, self._gradients, strict=True)
        }

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return loss and gradient at a vector of weights, see `Network.unpack`."""
        self._network.unpack(theta)
        self._lowered.bind(gradients=self._gradients)
        sums = np.zeros((self._lowered.plan.terms, 2))
        self._lowered.plan.gradient(self._data, None, 0, self.rows, sums, threads=self._threads)
        (loss, rows), *penalties = sums.tolist()
        total = self._scale * loss / rows + sum(penalty / rows for penalty, _ in penalties)
        return total, self._network.pack(self._by_variable)


class LBFGS(Solver):
    """SciPy's L-BFGS-B on the loss of all rows.

    As in scikit-learn, it has no curves and does not stop early; it has curves where somebody wants to know of its
    iterations.
    """

    _dtype: str  # of the weights as they were drawn

    def __init__(self, estimator: "BaseMLP", *, anew: bool) -> None:
        super().__init__(estimator, anew=anew)
        hidden = estimator._hidden_sizes()
        needs = "solver='lbfgs' needs a loss that is the same whenever it is computed; "
        if any(estimator._dropout(len(hidden))):
            raise ValueError(f"{needs}dropout makes it random. Received: dropout={estimator.dropout!r}")
        if draws(estimator.activation, hidden):
            raise ValueError(f"{needs}noise makes it random. Received: activation={estimator.activation!r}")

    def prepare(self) -> None:
        """Make the weights float64, as SciPy's vector of them is; scikit-learn's stay so, too.

        scikit-learn asks for the losses in the dtype that the weights have before, and cuts probabilities off there.
        """
        estimator = self._estimator
        self._dtype = np.result_type(np.float32, *estimator.coefs_, *estimator.intercepts_).name
        for arrays in (estimator.coefs_, estimator.intercepts_):
            arrays[:] = [array.astype(np.float64, copy=False) for array in arrays]

    def run(self, given: GivenRows, eval_set: Any, *, incremental: bool) -> None:
        """Minimize; `partial_fit` does no less than `fit`."""
        estimator, network, samples = self._estimator, self._estimator._network, given.samples
        weights = samples.weights[0] if samples.weights else None
        if weights is not None and weights.sum() == 0:
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        objective = estimator._objective(self._dtype)
        function = LossAndGradient(network, samples, objective, estimator.alpha, estimator.n_threads)
        as_given = (given.X, given.y, given.sample_weight)
        hooks = Hooks(estimator, *as_given, len(samples), 1, estimator.max_iter, incremental=incremental)
        with hooks.during_fit():
            if eval_set is None and not (estimator.restore_best or hooks.heard):
                self._minimize(function)
                return
            validation = None
            if eval_set is not None:
                rows, scores = read_eval_set(estimator, eval_set), estimator.scoring is not None
                validation = Validation(estimator, rows, objective, scores=scores)
            begin_curves(estimator, anew=self._anew)
            record = Record(estimator, validation, restores=estimator.restore_best)
            iterations = Iterations(estimator, function, record, hooks)
            with suppress(HaltError):
                self._minimize(iterations, iterations.end)
            record.restore_best()

    def _minimize(self, function: Function, callback: Callable[[Array], None] | None = None) -> None:
        estimator, network = self._estimator, self._estimator._network
        result = scipy.optimize.minimize(
            function,
            network.pack(),
            method="L-BFGS-B",
            jac=True,
            callback=callback,
            options={"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol},
        )
        estimator.n_iter_ = check_optimize_result("lbfgs", result, estimator.max_iter)
        estimator.loss_ = np.float64(result.fun)
        network.unpack(result.x)


class HaltError(Exception):
    """A callback has stopped training; SciPy only takes its own way to say so, StopIteration, since 1.11."""


class Iterations:
    """The loss and its gradient, as somebody wants it who is to be told of each iteration as of an epoch of one batch.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.
    function : LossAndGradient
        What is minimized.
    record : Record
        Gets the losses.
    hooks : Hooks
        Are told.
    """

    def __init__(self, estimator: "BaseMLP", function: LossAndGradient, record: Record, hooks: Hooks) -> None:
        self._estimator = estimator
        self._function = function
        self._record = record
        self._hooks = hooks
        self._loss = math.inf
        self._runs = False
        estimator.n_iter_ = 0

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return loss and gradient; the first ones that SciPy asks for begin an iteration."""
        if not self._runs:
            self._runs = True
            self._hooks.begin_epoch(self._estimator.n_iter_)
            if self._hooks.by_batch:
                self._hooks.begin_batch(0)
        self._loss, gradient = self._function(theta)
        return self._loss, gradient

    def end(self, theta: Array) -> None:
        """End an iteration with its weights, the last ones whose loss was asked for.

        Raises
        ------
        HaltError
            If a callback wants to stop.
        """
        estimator, hooks, loss = self._estimator, self._hooks, np.float64(self._loss)
        estimator._network.unpack(theta)
        self._runs = False
        number = estimator.n_iter_
        if hooks.watched:
            hooks.show(self._function.rows, loss)
        if hooks.by_batch:
            hooks.end_batch(0, loss)
        if self._record.validates:
            hooks.begin_validation()
        verdict = self._record.add(loss)
        self._record.note_best(verdict)
        if self._record.validates:
            hooks.end_validation(verdict.logs)
        if hooks.end_epoch(number, verdict.logs):
            raise HaltError
