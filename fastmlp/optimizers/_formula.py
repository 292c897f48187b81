"""What the engine is told of an optimizer: its formula, and the arrays that belong to it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from fastmlp._registry import Configured
from fastmlp.optimizers._state import State
from fastmlp.variables import Variable

_KEPT = ("average", "gradient_accumulator", "gradient")  # of variables, whatever the formula


class Formula(Configured):
    """The part of an optimizer that the engine computes by; Optimizer, which see for the settings, inherits it."""

    name: str
    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    gradient_accumulation_steps: int | None
    state: State
    _spared: tuple[frozenset[Variable], str]  # variables that do not decay, and a pattern of such names

    @property
    def kind(self) -> str | None:
        """The engine's name of the formula, or None: then `update_step` is the formula."""
        return None

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula, without the learning rate."""
        return ()

    @property
    def slot_names(self) -> tuple[str, ...]:
        """Keras' names of the arrays that the formula needs beside the weights."""
        return ()

    @property
    def rule(self) -> dict[str, Any]:
        """How weights follow gradients, as keywords of the engine's `Plan.train` and `Plan.step`."""
        kind = self.kind
        return {
            "optimizer": kind or "sgd",
            "hyper": self.hyper if kind else (),
            "clip_value": self.clipvalue or 0.0,
            "clip_norm": self.clipnorm or 0.0,
            "global_clip_norm": self.global_clipnorm or 0.0,
            "accumulation": self.gradient_accumulation_steps or 1,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite": self.ema_overwrite_frequency or 0,
        }

    def bindings(self, variables: Sequence[Variable]) -> dict[str, Any]:
        """Return what `Lowered.bind` needs to train these variables; of one model, as `slots` says."""
        self.state.variables = self.state.variables or list(variables)
        norms = self.clipnorm or self.global_clipnorm
        in_memory = norms or self.gradient_accumulation_steps or self.kind in ("lamb", None)
        return {
            "slots": self.slots(variables),
            "gradients": self.gradients(variables) if in_memory else None,
            "accumulators": self._kept("gradient_accumulator", variables, self.gradient_accumulation_steps),
            "averages": self._kept("average", variables, self.use_ema),
            "decays": self.decays(variables),
        }

    def steps_in_engine(self, variables: Sequence[Variable]) -> bool:
        """Return whether the engine alone can step; if not, follow `Plan.gradient` with `take_step` for each batch."""
        return self.kind is not None and not any(map(constrained_by_hand, variables))

    def slots(self, variables: Sequence[Variable]) -> list[list[Variable]]:
        """Return the slots of some variables: the first slot of each, then the second slot of each, ...

        They are made when first asked for, and then belong to these variables.

        Raises
        ------
        ValueError
            If a variable is none of those: the counts and the slots tell of the steps of one model.
        """
        names = self.slot_names
        self.state.keep((*names, *_KEPT))
        return [self._own(self.state.slots(name, variables, self._first_value), variables) for name in names]

    def gradients(self, variables: Sequence[Variable]) -> list[Variable]:
        """Return where the gradients of some variables lie on their way to the step."""
        return self._own(self.state.slots("gradient", variables), variables)

    def averages(self, variables: Sequence[Variable]) -> list[Variable]:
        """Return the moving averages of some variables."""
        return self._own(self.state.slots("average", variables), variables)

    def decays(self, variables: Sequence[Variable]) -> list[float] | None:
        """Return the decay of each variable, or None where nothing decays."""
        if not self._decaying:
            return None
        return [self._decay_of(variable) * self._decays(variable) for variable in variables]

    def _kept(self, name: str, variables: Sequence[Variable], wanted: object) -> list[Variable] | None:
        return self._own(self.state.slots(name, variables), variables) if wanted else None

    def _own(self, slots: Mapping[Variable, Variable], variables: Iterable[Variable]) -> list[Variable]:
        for variable in variables:
            if variable not in slots:
                raise ValueError(
                    "A model needs an optimizer of its own. "
                    f"Received: '{self.name}', which has trained others, with '{variable.name}'"
                )
        return [slots[variable] for variable in variables]

    def _first_value(self, name: str, variable: Variable) -> ArrayLike:
        """Return where a slot begins."""
        return 0.0

    @property
    def _decaying(self) -> bool:
        return bool(self.weight_decay)

    def _decay_of(self, variable: Variable) -> float:
        return self.weight_decay or 0.0

    def _decays(self, variable: Variable) -> bool:
        spared, pattern = self._spared
        name = variable.name.rpartition("/")[2]
        return variable not in spared and not (pattern and re.search(pattern, name))

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Let some variables not decay.

        Parameters
        ----------
        var_list : sequence of Variable, optional
            Which ones.
        var_names : sequence of str, optional
            Patterns to look for in the names of variables, such as "bias".
        """
        self._spared = (frozenset(var_list or ()), "|".join(var_names or ()))


def constrained_by_hand(variable: Variable) -> bool:
    """Tell whether a variable has a constraint that the engine does not know."""
    return variable.constraint is not None and variable.limit is None and variable.trainable
