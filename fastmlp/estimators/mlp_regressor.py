"""MLPRegressor."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from fastmlp.estimators._activations import Activation
from fastmlp.estimators._mlp import BaseMLP
from fastmlp.estimators._objectives import Objective, regression
from fastmlp.estimators._parameters import REGRESSOR, keep_parameters
from fastmlp.estimators._scikit_learn import fit_context
from fastmlp.models._data.arrays import as_rows
from fastmlp.models._data.samples import Samples

Array = NDArray[Any]


class MLPRegressor(RegressorMixin, BaseMLP):
    """Multilayer perceptron that learns numbers, drop-in for scikit-learn's of the same name.

    With the same `random_state` it gives the same numbers, but for the rounding of sums.

    Parameters
    ----------
    loss : {"squared_error", "poisson", "absolute_error", "huber", "quantile"}, str, Loss or callable
        Half the squared error, or half the Poisson deviance of targets of at least 0 behind an exponential output; the
        error; e²/2 up to an error of `delta`, from there on linear; quantile * e for predictions that are too low by e,
        (1 - quantile) * e for those too high; or any of `fastmlp.losses`: its name, an object, or a function of targets
        and outputs. A mean over the weights of the rows; but for "poisson" and some of fastmlp's, over the outputs.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter
        As for MLPClassifier, like all that follow.
    shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum
        Order of rows, draws, and how to go on.
    early_stopping, validation_fraction, n_iter_no_change
        When to stop; the score is R².
    beta_1, beta_2, epsilon, max_fun
        Constants of "adam", and the limit of "lbfgs".
    dropout, callbacks, scoring, restore_best, n_threads
        What scikit-learn doesn't have.
    out_activation : str, callable or None
        Of the output, as for `activation`; the loss is then of what it gives. By default none, or "exp" for "poisson".
    quantile : float
        Of the loss "quantile", in (0, 1).
    delta : float
        Of the loss "huber"; positive.

    Attributes
    ----------
    coefs_, intercepts_, loss_, loss_curve_, best_loss_, n_iter_, t_, n_layers_, n_outputs_
        As for MLPClassifier.
    validation_scores_, best_validation_score_
        R², or what `scoring` says, on the rows held out by `early_stopping` or on those of `eval_set`. None without
        `early_stopping` and `scoring`.
    validation_loss_curve_, best_validation_loss_
        Losses on `eval_set`, without penalty and dropout; else None.
    out_activation_ : str or callable
        `out_activation`, else "identity", or "exp" for the loss "poisson".
    n_features_in_, feature_names_in_
        Columns of X and, where it had some, their names.

    References
    ----------
    scikit-learn 1.9, `sklearn.neural_network.MLPRegressor`: parameters, semantics and messages.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = REGRESSOR

    loss: Any
    out_activation: Any
    quantile: float
    delta: float

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        callbacks: Any = None,
        scoring: Any = None,
        restore_best: bool = False,
        n_threads: int | None = None,
        out_activation: Any = None,
        quantile: float = 0.5,
        delta: float = 1.0,
    ) -> None:
        keep_parameters(self, locals())

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go once through some rows; the weights, the optimizer and the learning rate stay from call to call.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _read(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        return self._validated(X, y, reset=reset)

    def _known(self, labels: Array) -> Array:
        return labels

    def _targets(self, labels: Array) -> Array:
        if labels.dtype.kind not in "fiub":
            _compare(self.loss, labels)
        return as_rows(labels[:, np.newaxis] if labels.ndim == 1 else labels, "y", "float64")

    def _weighted_by_class(self, sample_weight: Array | None, labels: Array, dtype: Any) -> Array | None:
        return sample_weight

    def _outputs_of(self, targets: Array) -> int:
        return targets.shape[1]

    def _output_activation(self) -> Activation:
        if self.out_activation is not None:
            given: Activation = self.out_activation
            return given
        return "exp" if isinstance(self.loss, str) and self.loss == "poisson" else "identity"

    def _objective(self, dtype: str | None = None) -> Objective:
        return regression(
            self.loss, self.out_activation_, self.n_outputs_, quantile=float(self.quantile), delta=float(self.delta)
        )

    def _stratifies(self) -> bool:
        return False

    def _validation_score(self, held_out: Samples) -> float:
        """Return R², or NaN where outputs are not finite."""
        outputs = self._outputs(held_out.inputs[0], check_input=False)
        if not np.isfinite(outputs).all():
            return np.nan
        return r2_score(held_out.targets[0], outputs, sample_weight=held_out.weights[0] if held_out.weights else None)

    # Predictions

    def predict(self, X: Any) -> Array:
        """Return the outputs.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        numpy.ndarray, shape (n_samples,), or (n_samples, n_outputs) for several
        """
        check_is_fitted(self)
        outputs = self._outputs(X)
        return outputs.ravel() if outputs.shape[1] == 1 else outputs


def _compare(loss: Any, labels: Array) -> None:
    """Do to labels what scikit-learn's losses do, so that NumPy refuses strings and times in the same words."""
    prediction = np.float64(1)
    if isinstance(loss, str) and loss == "poisson":
        xlogy(labels, labels / prediction)
    else:
        np.subtract(labels, prediction)
