"""What MLPClassifier and MLPRegressor share: parameters, the way from data to a fitted network, and back to outputs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from fastmlp.estimators import _lbfgs
from fastmlp.estimators._network import Network, readable
from fastmlp.estimators._objectives import Objective, objective_of
from fastmlp.estimators._parameters import CONSTRAINTS
from fastmlp.estimators._rates import POLICIES, RatePolicy
from fastmlp.estimators._scikit_learn import check_sample_weight, fit_context
from fastmlp.estimators._slots import attach, detached
from fastmlp.estimators._stochastic import Epochs
from fastmlp.models._samples import Samples
from fastmlp.optimizers import SGD, Adam, Optimizer

Array = NDArray[Any]

STOCHASTIC_SOLVERS = ("sgd", "adam")


class BaseMLP(BaseEstimator, ABC):
    """Parameters, fitting and outputs of both estimators; see there."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    hidden_layer_sizes: Any
    activation: Any
    solver: str
    alpha: float
    batch_size: Any
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool | int
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int

    coefs_: list[Array]
    intercepts_: list[Array]
    loss_curve_: list[float]
    validation_scores_: Any  # None, or a list of numbers
    best_validation_score_: Any  # a number or None
    best_loss_: Any
    _best_coefs: list[Array]
    _best_intercepts: list[Array]

    def _set_parameters(self, given: Mapping[str, Any]) -> None:
        """Keep the arguments of a constructor under their names, as they are: scikit-learn's clone wants that."""
        for name, value in given.items():
            if name != "self":
                setattr(self, name, value)

    # Fitting

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train with rows of X and their targets.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Inputs, of float32 or float64; others are converted to float64. CSR is trained with as it is.
        y : array-like, shape (n_samples,) or (n_samples, n_outputs)
            Targets: class labels, or numbers for the regressor.
        sample_weight : array-like, shape (n_samples,), optional
            Weights of the rows; 1 by default.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def _fit(self, X: Any, y: Any, sample_weight: Any, *, incremental: bool) -> Self:
        hidden = self._hidden_sizes()
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, targets = self._read(X, y, incremental, first)
        if sample_weight is not None:
            sample_weight = check_sample_weight(sample_weight, X)
        self.n_outputs_ = self._outputs_of(targets)
        self._random_state = check_random_state(self.random_state)
        if first:
            self._initialize([X.shape[1], *hidden, self.n_outputs_], X.dtype)
        samples = self._samples(X, targets, sample_weight)
        if self.solver == "lbfgs":
            _lbfgs.minimize(self, samples, self._objective())
        else:
            self._fit_by_epochs(samples, incremental=incremental)
        if not all(np.isfinite(weights).all() for weights in (*self.coefs_, *self.intercepts_)):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )
        return self

    def _samples(self, X: Any, targets: Array, sample_weight: Array | None) -> Samples:
        """Return validated data as the engine reads them."""
        rows = readable(X, self._trained_network().dtype)
        return Samples([rows], [targets], [] if sample_weight is None else [sample_weight])

    def _objective(self) -> Objective:
        return objective_of(self._loss(), self.out_activation_, self.n_outputs_, self._trained_network().dtype)

    def _hidden_sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if hasattr(given, "__iter__") else [given]
        if np.any(np.array(sizes) <= 0):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return sizes

    def _fit_by_epochs(self, samples: Samples, *, incremental: bool) -> None:
        if not incremental or not hasattr(self, "_optimizer"):
            self._optimizer = self._new_optimizer()
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        Epochs(self, samples, self._objective()).run(self._optimizer, self._rate_policy(), once=incremental)
        if self.early_stopping:
            self._network.adopt(self._best_coefs, self._best_intercepts)
            # as in scikit-learn, where a warm start that finds nothing better keeps its last weights
            self._best_coefs, self._best_intercepts = self.coefs_, self.intercepts_

    def _new_optimizer(self) -> Optimizer:
        """Return the optimizer that the parameters ask for."""
        rate = float(self.learning_rate_init)
        if self.solver == "sgd":
            return SGD(rate, momentum=self.momentum, nesterov=self.nesterovs_momentum)
        return Adam(rate, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)

    def _rate_policy(self) -> RatePolicy:
        policy = POLICIES[self.learning_rate if self.solver == "sgd" else "constant"]
        return policy(float(self.learning_rate_init), self.power_t)

    def _initialize(self, sizes: list[int], dtype: Any) -> None:
        """Draw new weights and forget what was learnt."""
        self.n_iter_ = 0
        self.t_ = 0
        self.n_layers_ = len(sizes)
        self.out_activation_ = self._output_activation()
        self._network = self._new_network(sizes, dtype.name)
        self._draw_weights()
        self.coefs_, self.intercepts_ = self._network.coefs, self._network.intercepts
        self._keep_best()
        if self.solver == "lbfgs":
            return
        self.loss_curve_ = []
        self._no_improvement_count = 0
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None

    def _draw_weights(self) -> None:
        """Draw kernels and biases, layer by layer, from X. Glorot's uniform distribution of its kind."""
        factor = 2.0 if self.activation == "logistic" else 6.0
        for kernel, bias in zip(self._network.kernels, self._network.biases, strict=True):
            bound = np.sqrt(factor / sum(kernel.shape))
            for variable in (kernel, bias):
                variable.assign(self._random_state.uniform(-bound, bound, variable.shape))

    def _loss_grad_lbfgs(
        self, packed_coef_inter: Array, X: Any, y: Array, sample_weight: Array | None, *work_arrays: object
    ) -> tuple[float, Array]:
        """Return loss and gradient at packed weights, with the arguments of scikit-learn's private method."""
        network = self._trained_network()
        target = y.argmax(axis=1)[:, np.newaxis] if self.out_activation_ == "softmax" else y
        samples = self._samples(X, target, sample_weight)
        return _lbfgs.LossAndGradient(network, samples, self._objective(), self.alpha)(packed_coef_inter)

    def _keep_best(self) -> None:
        """Remember the weights as the best ones so far."""
        self._best_coefs = [coef.copy() for coef in self.coefs_]
        self._best_intercepts = [intercept.copy() for intercept in self.intercepts_]

    # The network

    def _new_network(self, sizes: Sequence[int], dtype: str) -> Network:
        return Network(sizes, [self.activation] * (len(sizes) - 2), self.out_activation_, dtype)

    def _trained_network(self) -> Network:
        """Return the network with the weights of `coefs_` and `intercepts_`, which somebody may have set."""
        network: Network | None = getattr(self, "_network", None)
        if network is not None and network.holds(self.coefs_, self.intercepts_):
            return network
        sizes = [*(coef.shape[0] for coef in self.coefs_), self.coefs_[-1].shape[1]]
        if network is None or network.sizes != sizes:  # after unpickling, say
            network = self._network = self._new_network(sizes, self.coefs_[0].dtype.name)
        if hasattr(self, "_slots"):
            attach(self._optimizer, network.variables, self.__dict__.pop("_slots"))
        network.adopt(self.coefs_, self.intercepts_)
        self.coefs_, self.intercepts_ = network.coefs, network.intercepts
        return network

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: arrays by name; the network is made again when it is needed."""
        state = dict(super().__getstate__())
        network = state.pop("_network", None)
        if network is not None and "_optimizer" in state:
            state["_optimizer"], state["_slots"] = detached(state["_optimizer"], network.variables)
        return state

    def _outputs(self, X: Any, *, check_input: bool = True) -> Array:
        """Return the activated outputs, shape (n_samples, n_outputs)."""
        if check_input:
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return self._trained_network().predict(X)

    # What the estimators add

    @abstractmethod
    def _read(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        """Return validated rows, and targets as the engine takes them."""

    @abstractmethod
    def _outputs_of(self, targets: Array) -> int:
        """Return how many outputs it takes for targets."""

    @abstractmethod
    def _output_activation(self) -> str:
        """Return scikit-learn's name of the activation of the output."""

    @abstractmethod
    def _loss(self) -> str:
        """Return scikit-learn's name of the loss."""

    @abstractmethod
    def _stratifies(self) -> bool:
        """Tell whether rows held out keep the classes' shares."""

    @abstractmethod
    def _validation_score(self, held_out: Samples) -> float:
        """Return the score on rows held out."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
