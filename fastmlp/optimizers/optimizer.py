"""The base class of optimizers, and how they are found by name."""

import copy
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._lookup import lookup
from fastmlp._names import snake_case, unique_name
from fastmlp._registry import (
    Registry,
    constructor_arguments,
    deserialize_keras_object,
    fitting,
    serialize_keras_object,
)
from fastmlp.optimizers import _settings as checked
from fastmlp.optimizers._formula import Formula, constrained_by_hand
from fastmlp.optimizers._numbers import Count, Rate
from fastmlp.optimizers._rates import LearningRate, rates_of
from fastmlp.optimizers._state import State
from fastmlp.optimizers.schedules.learning_rate_schedule import LearningRateSchedule
from fastmlp.variables import Variable


class Optimizer(Formula):
    """A learning rate, the count of batches seen, and what is to be remembered of each weight.

    An optimizer of one's own overrides `update_step`, and `build` if it remembers anything:

        class Plain(Optimizer):
            def update_step(self, gradient, variable, learning_rate):
                variable.assign(variable.numpy() - learning_rate * gradient)

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function that returns the rate of step 0, 1, 2, ...
    weight_decay : float, optional
        What each step takes off the weights besides, as a share of them and of the learning rate.
    clipnorm : float, optional
        The largest norm of the gradient of one variable; longer ones are scaled down. At most one kind of clipping.
    clipvalue : float, optional
        The largest absolute value of an element of a gradient.
    global_clipnorm : float, optional
        The largest norm of all gradients together.
    use_ema : bool
        Whether to keep moving averages of the weights, which replace the weights when `fit` ends.
    ema_momentum : float
        How much of the average each step keeps.
    ema_overwrite_frequency : int, optional
        Steps after each of which the weights are replaced by their averages.
    loss_scale_factor : float, optional
        By which gradients given to `apply` are divided. The engine's own need no scaling.
    gradient_accumulation_steps : int, optional
        Batches whose mean gradient makes a step, at least 2.
    name : str, optional
        Name of the optimizer; by default that of the class, numbered.
    lr : float or callable, optional
        The old name of `learning_rate`.
    """

    decay = 0.0  # of the learning rate, in optimizers of Keras 2

    def __init__(
        self,
        learning_rate: LearningRate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = name or unique_name(snake_case(type(self).__name__))
        self.learning_rate = kwargs.pop("lr", learning_rate)
        if kwargs:
            raise TypeError(
                f"{type(self).__name__} expects keywords among {_keywords(type(self))}. Received: {sorted(kwargs)}"
            )
        self.weight_decay = checked.optional("weight_decay", weight_decay)
        self.clipnorm = checked.optional("clipnorm", clipnorm)
        self.clipvalue = checked.optional("clipvalue", clipvalue)
        self.global_clipnorm = checked.optional("global_clipnorm", global_clipnorm)
        checked.at_most_one(clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self.use_ema = bool(use_ema)
        self.ema_momentum = checked.share("ema_momentum", ema_momentum)
        self.ema_overwrite_frequency = checked.count("ema_overwrite_frequency", ema_overwrite_frequency, 1)
        self.loss_scale_factor = checked.optional("loss_scale_factor", loss_scale_factor)
        self.gradient_accumulation_steps = checked.count("gradient_accumulation_steps", gradient_accumulation_steps, 2)
        self.batches = 0
        self.built = False
        self.state = State()
        self._spared: tuple[frozenset[Variable], str] = (frozenset(), "")

    def __copy__(self) -> Self:
        """Return one that may be asked for slots without this one having them from then on."""
        other = object.__new__(type(self))
        vars(other).update(vars(self) | {"state": copy.copy(self.state)})
        return other

    # ---- numbers ----

    @property
    def learning_rate(self) -> Rate:
        """The rate of the next step; assign a number or a schedule at any time, also from a callback."""
        return Rate(rates_of(self._rate, self.batches, 1)[0], self)

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        if callable(value):
            self._rate: LearningRate = value
            return
        if not (isinstance(value, Real) and 0 <= value < math.inf):
            raise ValueError(f"`learning_rate` must be a number of at least 0 or a schedule. Received: {value!r}")
        self._rate = float(value)

    @property
    def lr(self) -> Rate:
        """The old name of `learning_rate`."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: LearningRate) -> None:
        self.learning_rate = value

    @property
    def scheduled(self) -> bool:
        """Whether the learning rate is a function of the step."""
        return callable(self._rate)

    @property
    def iterations(self) -> Count:
        """Steps done so far: where a step has several batches, fewer than `batches`."""
        return Count(self.batches // (self.gradient_accumulation_steps or 1), self)

    @iterations.setter
    def iterations(self, value: int) -> None:
        self.batches = int(value) * (self.gradient_accumulation_steps or 1)

    def learning_rates(self, steps: int) -> NDArray[np.float64]:
        """Return the rates for the next `steps` batches, shape (steps,)."""
        rates = rates_of(self._rate, self.batches, steps)
        return rates / (1 + self.decay * np.arange(self.batches, self.batches + steps)) if self.decay else rates

    # ---- steps from Python ----

    def build(self, variables: Sequence[Variable]) -> None:
        """Prepare for training these variables; called once, before the first step."""
        self.bindings(variables)
        self.built = True

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Count:
        """Do one step: as `apply`, with pairs of gradients and variables. Returns the count of batches."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return Count(self.batches, self)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Do one step along given gradients.

        Parameters
        ----------
        grads : sequence of array-like
            One for each variable, of its shape; those of None are left out, with a warning.
        trainable_variables : sequence of Variable, optional
            By default those that `build` was given.

        Raises
        ------
        ValueError
            If numbers or shapes differ, or all gradients are None.
        """
        if trainable_variables is None:
            trainable_variables = self.state.variables
        if len(grads) != len(trainable_variables):
            raise ValueError(
                f"One gradient for each of {len(trainable_variables)} variables is needed. Received: {len(grads)}"
            )
        self._prepare(trainable_variables)
        given = {v: gradient for v, gradient in zip(trainable_variables, grads, strict=True) if gradient is not None}
        if not given:
            raise ValueError("At least one variable must have a gradient. Received: None for each")
        if len(given) < len(grads):
            missing = [variable.name for variable in trainable_variables if variable not in given]
            warnings.warn(f"Gradients do not exist for variables {missing}.", stacklevel=2)
        for slot, gradient in zip(self.gradients(list(given)), given.values(), strict=True):
            slot.assign(np.asarray(gradient) / (self.loss_scale_factor or 1.0))
        self.take_step(list(given))

    def take_step(self, variables: Sequence[Variable]) -> None:
        """Do one step along the gradients that lie in `gradients(variables)`."""
        if not variables:
            return
        self._prepare(variables)
        lowered = self.state.lowered(variables)
        lowered.bind(**{**self.bindings(variables), "gradients": self.gradients(variables)})
        rate = float(self.learning_rates(1)[0])
        if self.kind is not None:
            lowered.plan.step(rate, step=self.batches, **self.rule)
        else:
            lowered.plan.step(rate, step=self.batches, phase="before", **self.rule)
            if (self.batches + 1) % (self.gradient_accumulation_steps or 1) == 0:
                for gradient, variable in zip(self.gradients(variables), variables, strict=True):
                    self.update_step(gradient.value, variable, rate)
            lowered.plan.step(rate, step=self.batches, phase="after", **self.rule)
        for variable in filter(constrained_by_hand, variables):
            variable.assign(variable.constraint(variable.numpy()))
        self.batches += 1

    def _prepare(self, variables: Sequence[Variable]) -> None:
        if not self.built:
            self.build(variables)

    def update_step(self, gradient: NDArray[Any], variable: Variable, learning_rate: float) -> None:
        """Change a variable by its gradient; clipping, decay and all else of a step is done elsewhere."""
        raise NotImplementedError(f"Optimizer {type(self).__name__} must have an `update_step`.")

    def _get_variable_index(self, variable: Variable) -> int:
        """Return the place of a variable among those that `build` was given: a name that optimizers for Keras use."""
        return next(i for i, each in enumerate(self.state.variables) if each is variable)

    def assign(self, variable: Variable, value: ArrayLike) -> None:
        """Overwrite a variable."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: ArrayLike) -> None:
        """Add to a variable."""
        variable.assign(variable.value + np.asarray(value))

    def assign_sub(self, variable: Variable, value: ArrayLike) -> None:
        """Subtract from a variable."""
        variable.assign(variable.value - np.asarray(value))

    def add_variable(
        self, shape: Sequence[int], initializer: Any = "zeros", dtype: str | None = None, name: str | None = None
    ) -> Variable:
        """Return a new variable that is saved with the optimizer, for a `build` of one's own."""
        return self.state.add(shape, initializer, dtype, f"{self.name}/{name or 'variable'}")

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """Return a new variable of the shape of another one, as `add_variable` does."""
        name = f"{reference_variable.name.replace('/', '_')}_{name or 'variable'}"
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, name)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Replace variables by their moving averages, if there are any."""
        if self.use_ema:
            for variable, average in zip(var_list, self.averages(var_list), strict=True):
                variable.assign(average.value)

    def scale_loss(self, loss: Any) -> Any:
        """Return a loss, scaled as gradients given to `apply` must be."""
        return loss * self.loss_scale_factor if self.loss_scale_factor else loss

    # ---- what is saved ----

    @property
    def slot_blocks(self) -> tuple[tuple[str, ...], ...]:
        """The slots in Keras' order: all slots of a block for one variable after the other, then the next block."""
        return (self.slot_names,)

    def entries(self, variables: Sequence[Variable]) -> Iterator[tuple[str, Variable, Variable]]:
        """Iterate over all that is remembered of some variables, as Keras 3 orders it: name, variable, slot."""
        slots = dict(zip(self.slot_names, self.slots(variables), strict=True))
        kept = (("average", self.use_ema), ("gradient_accumulator", self.gradient_accumulation_steps))
        blocks: list[tuple[str, ...]] = []
        for name, wanted in kept:
            found = self._kept(name, variables, wanted)
            if found is not None:
                blocks.append((name,))
                slots[name] = found
        for block in (*blocks, *self.slot_blocks):
            for i, variable in enumerate(variables):
                for name in block:
                    yield name, variable, slots[name][i]

    @property
    def variables(self) -> list[Any]:
        """The counts of batches, the learning rate unless it is a schedule, and all that is remembered of weights."""
        numbers = [Count(self.batches, self), *([] if self.scheduled else [self.learning_rate])]
        built = [variable for variable in self.state.variables if variable.trainable]
        return [*numbers, *(slot for _, _, slot in self.entries(built)), *self.state.added]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        rate: Any = self._rate
        if isinstance(rate, LearningRateSchedule):
            rate = serialize_keras_object(rate)
        common = constructor_arguments(Optimizer)
        own = [name for name in constructor_arguments(*type(self).__mro__[:-1]) if name not in common]
        settings = {name: getattr(self, name) for name in (*common, *own) if hasattr(self, name)}
        return {"name": self.name, **settings, "learning_rate": rate}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Make an optimizer from what `get_config` returned."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(config["learning_rate"], custom_objects)
        if config.get("decay"):
            from fastmlp.optimizers import legacy

            cls = getattr(legacy, cls.__name__, cls)
        return cls(**fitting(cls, config))


def _keywords(cls: type) -> list[str]:
    return [*constructor_arguments(*cls.__mro__[:-1]), "lr"]


registry: Registry[Optimizer] = Registry("optimizer")


def get(identifier: object) -> Optimizer:
    """Return an optimizer.

    Parameters
    ----------
    identifier : str, class, dict or Optimizer
        A name ("sgd", "Adam"), a class, or what `serialize` returned.

    Raises
    ------
    ValueError
        If it is none of these; an unknown name is answered with the known ones.
    """
    known = isinstance(identifier, str) and identifier.lower() in registry
    return lookup(registry, Optimizer, str(identifier).lower() if known else identifier)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return the class name and the config of an optimizer."""
    return registry.serialize(optimizer)


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """Make an optimizer from what `serialize` returned."""
    return registry.deserialize(config, custom_objects)
