"""An estimator's network: drawn, made again where parameters or weights were set, and left out of pickles."""

import os
from collections.abc import Sequence
from itertools import pairwise
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from fastmlp._names import snake_case
from fastmlp.estimators._activations import Activation, factors, of_layers
from fastmlp.estimators._network import Network
from fastmlp.estimators._slots import Slots, attach, detached
from fastmlp.models import Sequential
from fastmlp.optimizers import Optimizer
from fastmlp.random import own_generator

Array = NDArray[Any]

# Held while any estimator renews its network or is pickled. One for all is enough for what is seldom and short, and it
# is no part of what is pickled; it can be taken twice, since activations are users' code.
_renewal = RLock()


def _renew_lock() -> None:
    """In a forked child: the lock may be held by a thread of the parent."""
    global _renewal
    _renewal = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _elements(given: Any) -> object:
    """Return a parameter that says something of each layer as a tuple, any other as it is."""
    return given if isinstance(given, str | float) or not hasattr(given, "__len__") else tuple(given)


class NetworkOwner(BaseEstimator):
    """An estimator whose network has the weights of `coefs_` and `intercepts_`, and an optimizer that remembers them.

    A network is in no pickle and no copy. Who needs one asks `_trained_network`.
    """

    activation: Any
    dropout: Any

    coefs_: list[Array]
    intercepts_: list[Array]
    n_layers_: int
    out_activation_: Activation
    _random_state: np.random.RandomState
    _best_coefs: list[Array]
    _best_intercepts: list[Array]
    _of_activations: Sequence[Array] = ()  # their weights, if they are layers that have some
    _best_of_activations: Sequence[Array] = ()
    _network: Network
    _optimizer: Optimizer
    _slots: Slots  # of an optimizer that awaits its network

    # Weights

    def _draw_network(self, sizes: Sequence[int], dtype: str) -> None:
        """Make a network whose kernels and biases are drawn, layer by layer, from X. Glorot's uniform distribution."""
        network = self._new_network(sizes, dtype)
        if network.others:  # which their own initializers draw
            with own_generator(int(self._random_state.randint(2**31))):
                network = self._new_network(sizes, dtype)
        self._network = network
        of_kernels = factors(self.activation, len(sizes) - 2)
        for factor, kernel, bias in zip(of_kernels, network.kernels, network.biases, strict=True):
            bound = np.sqrt(factor / sum(kernel.shape))
            for variable in (kernel, bias):
                variable.assign(self._random_state.uniform(-bound, bound, variable.shape))
        self._take_views(network)
        self.__dict__.pop("_slots", None)

    def _has_finite_weights(self) -> bool:
        return all(np.isfinite(weights).all() for weights in self._all_weights())

    def _all_weights(self) -> tuple[Array, ...]:
        return (*self.coefs_, *self.intercepts_, *self._of_activations)

    def _take_views(self, network: Network) -> None:
        best_are_last = self._best_are_last()
        self.coefs_, self.intercepts_, self._of_activations = network.coefs, network.intercepts, network.of_activations
        if best_are_last:
            self._let_best_be_last()

    def _keep_best(self) -> None:
        """Remember the weights as the best ones so far."""
        self._best_coefs = [coef.copy() for coef in self.coefs_]
        self._best_intercepts = [intercept.copy() for intercept in self.intercepts_]
        self._best_of_activations = [array.copy() for array in self._of_activations]

    def _restore_best(self) -> None:
        """Take the best weights back."""
        self._network.adopt(self._best_coefs, self._best_intercepts, self._best_of_activations)
        self._let_best_be_last()

    def _let_best_be_last(self) -> None:
        """Let the best weights be the last ones, whichever these will be, until others are remembered.

        As in scikit-learn, where a warm start that finds nothing better keeps its last weights.
        """
        self._best_coefs, self._best_intercepts = self.coefs_, self.intercepts_
        self._best_of_activations = self._of_activations

    def _best_are_last(self) -> bool:
        return "coefs_" in vars(self) and vars(self).get("_best_coefs") is self.coefs_

    def get_weights(self) -> list[Array]:
        """Return copies of the weights: W, b and what the activation has of the first layer, of the second, ..."""
        return [variable.numpy() for variable in self._trained_network().variables]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Take over what `get_weights` returned; either all of it or, after an error, nothing.

        Raises
        ------
        ValueError
            If there are others than those of these layers, by number or shapes.
        """
        self._as_model().set_weights(weights)

    def _as_model(self) -> Sequential:
        """Return a model of the same layers, with the same weights."""
        return self._trained_network().as_model(snake_case(type(self).__name__))

    # The network

    def _dropout(self, layers: int) -> list[float]:
        """Return the rate of each of so many hidden layers."""
        rates = [float(rate) for rate in of_layers("dropout", self.dropout, layers)]
        if not all(0 <= rate < 1 for rate in rates):
            raise ValueError(f"dropout must be in [0, 1). Received: {self.dropout!r}")
        return rates

    def _new_network(self, sizes: Sequence[int], dtype: str) -> Network:
        layers = len(sizes) - 2
        hidden = of_layers("activation", self.activation, layers)
        network = Network(sizes, hidden, self._dropout(layers), self.out_activation_, dtype)
        network.made_with = self._settings()
        return network

    def _trained_network(self) -> Network:
        """Return the network with the weights of `coefs_` and `intercepts_`, which somebody may have set.

        It has the activations and the dropout of now, as in scikit-learn: they may be others than in the last call.
        Threads that ask at once get the same one.
        """
        network = self._network_of_now()
        if network is not None:
            return network
        with _renewal:
            return self._network_of_now() or self._renew_network()

    def _network_of_now(self) -> Network | None:
        """Return the network that there is, if it needs no renewal."""
        network: Network | None = getattr(self, "_network", None)
        if (
            network is None
            or not self._made(network)
            or not network.holds(self.coefs_, self.intercepts_, self._of_activations)
        ):
            return None
        return network

    def _made(self, network: Network) -> bool:
        """Tell whether a network was made with the parameters of now."""
        return network.made_with == self._settings()

    def _settings(self) -> tuple[object, object]:
        """Return the parameters that a network is made with; of lists, which may be changed later, their elements."""
        return _elements(self.activation), _elements(self.dropout)

    def _renew_network(self) -> Network:
        """Make network and optimizer of weights, parameters and slots; the network is set last, for other threads."""
        network: Network | None = getattr(self, "_network", None)
        optimizer: Optimizer | None = getattr(self, "_optimizer", None)
        slots: Slots | None = getattr(self, "_slots", None)
        self._check_weights()
        sizes = [*(coef.shape[0] for coef in self.coefs_), self.coefs_[-1].shape[1]]
        dtype = "float32" if self.coefs_[0].dtype == np.float32 else "float64"
        if network is None or network.sizes != sizes or network.dtype != dtype or not self._made(network):
            if network is not None and optimizer is not None:
                optimizer, slots = detached(optimizer, network.variables)
            network = self._new_network(sizes, dtype)
        of_activations = self._of_activations
        if [array.shape for array in of_activations] != [variable.shape for variable in network.others]:
            of_activations = network.of_activations  # the first ones of activations that are new
        network.adopt(self.coefs_, self.intercepts_, of_activations)
        if optimizer is not None and slots is not None:
            if slots.fit(network.variables):
                self._optimizer = attach(optimizer, network.variables, slots)
            else:  # what the optimizer knew is of other shapes
                del self._optimizer
            self.__dict__.pop("_slots", None)
        self._take_views(network)
        self._network = network
        return network

    def _check_weights(self) -> None:
        """Raise if somebody has set weights that do not lead from one layer to the next."""
        kernels, biases = [np.shape(coef) for coef in self.coefs_], [np.shape(each) for each in self.intercepts_]
        if (
            {len(shape) for shape in kernels} != {2}
            or biases != [shape[1:] for shape in kernels]
            or any(below[1] != above[0] for below, above in pairwise(kernels))
        ):
            raise ValueError(
                "`coefs_` and `intercepts_` must have shapes (inputs, units) and (units,) for one layer after the "
                f"other. Received: coefs_ of shapes {kernels} and intercepts_ of shapes {biases}"
            )

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: arrays by name."""
        with _renewal:
            state = dict(super().__getstate__())
            network = state.pop("_network", None)
            if network is not None and "_optimizer" in state:
                state["_optimizer"], state["_slots"] = detached(state["_optimizer"], network.variables)
            return state
