"""Network: a layer with inputs and outputs, the graph between them, traced where code is the user's, and its plans."""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from numpy.typing import NDArray

from fastmlp import ops, random
from fastmlp._structure import flatten, pack_like
from fastmlp.graph import Graph, Tensor, replay
from fastmlp.layers.layer import Layer, phase
from fastmlp.lowering import Lowered, Purpose, lower
from fastmlp.models._data.conversion import input_arrays, sample_shape
from fastmlp.models._inference import Inference
from fastmlp.models._topology import source_nodes
from fastmlp.models._tracing import (
    ValueNeededError,
    call_again,
    has_own_code,
    placeholders,
    sample_shapes,
    values_of,
    without_values,
)
from fastmlp.variables import Variable, allocate

Array = NDArray[Any]
PlanKey = tuple[Graph, Purpose, tuple[tuple[object, ...], ...]]

# Plans differ by batch size, losses and metrics; a model keeps the last few. Their memory grows with their batches, so
# beyond the last two, one to train with and one to judge with, these have no more than so many rows together.
_PLANS_KEPT = 16
_ROWS_KEPT = 4096


class Network(Layer):
    """The topology of a model: inputs, outputs and what leads from the ones to the others; Model inherits it.

    Parameters
    ----------
    **kwargs
        `name` and `trainable`, as for Layer.

    Attributes
    ----------
    inputs, outputs : list of Tensor
        Empty while the model is not built.
    input_structure, output_structure : Tensor or list, tuple or dict of Tensor
        The same as they were given; None while the model is not built.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plans: OrderedDict[PlanKey, Lowered] = OrderedDict()
        self._latest: tuple[PlanKey, Lowered] | None = None  # the last of them, which is mostly the next one wanted
        self._disconnect()

    def _disconnect(self) -> None:
        """Be a model without inputs and outputs."""
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.built = False
        self.input_structure: Any = None
        self.output_structure: Any = None
        self._graph: Graph | None = None
        self._own_code: bool | None = None
        self._penalties: dict[Variable, tuple[Any, Tensor]] = {}
        self._traces: dict[bool, tuple[Graph, Any]] = {}
        self._inference: Inference | None = None

    def _connect(self, inputs: Any, outputs: Any) -> None:
        """Be the model that leads from `inputs` to `outputs`."""
        sources, results = flatten(inputs), flatten(outputs)
        for tensor in sources:
            if not isinstance(tensor, Tensor) or tensor.op != "input" or tensor.node is None:
                raise ValueError(f"`inputs` must be tensors made by `Input`. Received: {tensor!r}")
        for tensor in results:
            if not isinstance(tensor, Tensor):
                raise ValueError(f"`outputs` must be tensors that layers returned. Received: {tensor!r}")
        if not sources or not results:
            raise ValueError(f"A model needs inputs and outputs. Received: inputs={inputs!r}, outputs={outputs!r}")
        if len(set(sources)) != len(sources):
            raise ValueError(f"Each tensor in `inputs` must be listed once. Received: {sources}")
        self._graph = Graph(sources, results)
        self._own_code = None
        self._inference = None
        self._traces = {}
        self.input_structure, self.output_structure = inputs, outputs
        self.inputs, self.outputs = sources, results
        self.dtype = self._graph.dtype
        self.built = True

    def _built_graph(self) -> Graph:
        if self._graph is None:
            raise ValueError(
                f"Model '{self.name}' is not built yet: its input shape is not known. "
                "Give `input_shape` to the first layer, call `build`, or train it on data."
            )
        return self._graph

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that make the outputs, numbered where one layer makes several.

        Those of a model with a `call` of its own are "output_1", "output_2", ...
        """
        if self._has_own_call():
            return [f"output_{i}" for i in range(1, len(self.outputs) + 1)]
        names: list[str] = []
        count: Counter[str] = Counter()
        for tensor in self.outputs:
            name = source_nodes([tensor])[0].layer.name
            names.append(f"{name}_{count[name]}" if count[name] else name)
            count[name] += 1
        return names

    # Calling

    def _has_own_call(self) -> bool:
        return type(self).call is not Network.call

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return what the model makes of other tensors than its own inputs; `training` as for `__call__`.

        Parameters
        ----------
        inputs : Tensor, or list, tuple or dict of them
            Of the shapes of the model's inputs, in their order; of a dict, by the keys of those that the model was made
            of, else by their names.
        training : bool, optional
            Whether layers that differ in training do as in training.
        """
        graph = self._built_graph()
        if isinstance(inputs, dict):
            by_key = isinstance(self.input_structure, dict)
            keys = list(self.input_structure) if by_key else [tensor.name for tensor in self.inputs]
            if set(inputs) != set(keys):
                raise ValueError(f"Model '{self.name}' expects inputs by the names {keys}. Received: {list(inputs)}")
            inputs = {key: inputs[key] for key in keys}
        given = flatten(inputs)
        if [tensor.shape for tensor in given] != [tensor.shape for tensor in graph.inputs]:
            raise ValueError(
                f"Model '{self.name}' expects inputs of shapes {[tensor.shape for tensor in graph.inputs]}. "
                f"Received shapes: {[tensor.shape for tensor in given]}"
            )
        if self._holds_own_code():
            outputs = call_again(graph.inputs, graph.outputs, given)
        else:
            outputs = replay(graph.outputs, dict(zip(graph.inputs, given, strict=True)), training)
        return pack_like(self.output_structure, outputs)

    # Tracing

    def build(self, input_shape: Any) -> None:
        """Make inputs, outputs and variables of a subclass; a no-op for a model that has them.

        Parameters
        ----------
        input_shape : tuple of int or None, or list or dict of such tuples
            (None, ...), the batch axis first.
        """
        if self._graph is None:
            self._trace_inputs(placeholders(_sample_shapes(input_shape), self.dtype))

    def build_for(self, x: Any) -> None:
        """Build the model for the data that it is first used with.

        Parameters
        ----------
        x : array, or list, tuple or dict of them
            Inputs.
        """
        if not self._has_own_call():
            self.build((None, *sample_shape(x)))
            return
        shapes = sample_shapes(x)
        if not self.built and type(self).build is not Network.build:
            self._build_or_not(_batch_shapes(shapes))
        inputs = placeholders(shapes, self.dtype)
        try:
            self._trace_inputs(inputs)
        except ValueNeededError:
            self._trace_inputs(inputs, input_arrays(x, flatten(inputs), [t.name for t in flatten(inputs)]))

    def _trace_inputs(self, inputs: Any, arrays: Sequence[Array] | None = None) -> None:
        """Connect the model to inputs by tracing `call`, on a batch if there is one."""
        self.built = True
        with self._tracing(flatten(inputs), arrays), phase(False):
            outputs = Layer.__call__(self, inputs)
        self._connect(inputs, outputs)

    def _tracing(self, inputs: Sequence[Tensor], arrays: Sequence[Array] | None) -> AbstractContextManager[None]:
        return without_values() if arrays is None else values_of(inputs, arrays)

    def _holds_own_code(self) -> bool:
        """Tell whether there is code of the user's to be traced; looked up once for the same inputs and outputs."""
        if self._own_code is None:
            self._own_code = has_own_code(self)
        return self._own_code

    def retrace(self, training: bool, arrays: Sequence[Array] | None = None) -> None:
        """Trace the code of layers and models that are not fastmlp's own again; a no-op where there is none.

        Parameters
        ----------
        training : bool
            What `call` is told.
        arrays : sequence of numpy.ndarray, optional
            The inputs of the present batch, from which tensors get their values.

        Raises
        ------
        ValueNeededError
            If the value of a tensor is asked for and there is no batch.
        """
        if not self._holds_own_code():
            return
        with self._tracing(self.inputs, arrays), phase(training):
            if self._has_own_call():
                outputs = Layer.__call__(self, self.input_structure)
            else:
                outputs = pack_like(self.output_structure, call_again(self.inputs, self.outputs, self.inputs))
        traced = Graph(self.inputs, flatten(outputs))
        if traced.losses:
            traced = Graph(self.inputs, (*traced.outputs, *traced.losses))
        if training not in self._traces or self._traces[training][0] != traced:
            self._traces[training] = traced, outputs
        outputs = self._traces[training][1]
        if outputs is not self.output_structure:
            self.output_structure, self.outputs = outputs, flatten(outputs)
            self._graph = Graph(self.inputs, self.outputs)

    # Losses that are added

    @property
    def losses(self) -> list[Tensor]:
        """What layers add to the loss, and the penalties of their variables: tensors; none before it is built."""
        if not self.built:
            return []
        return [
            *self.added_losses(),
            *(self._penalty(variable) for variable in self._regularized() if variable.penalty),
        ]

    def added_losses(self) -> tuple[Tensor, ...]:
        """Return what is added to the loss, besides the penalties that the engine knows."""
        custom = (self._penalty(variable) for variable in self._regularized() if not variable.penalty)
        return (*self._built_graph().losses, *custom)

    def _penalty(self, variable: Variable) -> Tensor:
        """Return what a variable's regularizer makes of it, the same tensor each time."""
        regularizer, penalty = self._penalties.get(variable, (None, None))
        if penalty is None or regularizer is not variable.regularizer:
            penalty = variable.regularizer(ops.parameter(variable))
            self._penalties[variable] = variable.regularizer, penalty
        return penalty

    def _regularized(self) -> list[Variable]:
        return [v for v in self._built_graph().variables if v.regularizer is not None and v.trainable]

    # From graph to plan

    def lower(self, purpose: Purpose, values: Sequence[Tensor] = ()) -> Lowered:
        """Return the model compiled for a purpose; what was compiled before is used again.

        Layers frozen or thawed since then are minded, and regularizers and constraints that variables got since then.

        Parameters
        ----------
        purpose : Purpose
            What for.
        values : sequence of Tensor
            Outputs of the graph behind the model's own: losses and metrics.
        """
        graph = self._built_graph()
        if values:
            graph = Graph(graph.inputs, (*graph.outputs, *values))
        key = (graph, purpose, tuple([variable.conditions for variable in graph.variables]))
        if self._latest is not None and self._latest[0] == key:
            return self._latest[1]
        lowered = self._plans.pop(key, None)
        if lowered is None:
            allocate(self.variables)
            lowered = lower(graph, purpose)
            self._forget_plans()
        self._plans[key] = lowered
        self._latest = key, lowered
        return lowered

    def _forget_plans(self) -> None:
        """Make room for a new plan: the ones that have not been used for longest go."""
        rows = 0
        for place, key in enumerate(reversed(list(self._plans)), start=1):
            rows += key[1].batch_size
            if place >= _PLANS_KEPT or (place > 1 and rows > _ROWS_KEPT):
                self._plans.pop(key, None)  # unless another thread was quicker

    def draw_dropout_seed(self) -> int:
        """Return the seed of the dropout of one training; without dropout nothing is drawn."""
        return random.draw_seed() if self._built_graph().draws else 0


def _sample_shapes(input_shape: Any) -> Any:
    """Return the shapes of samples of batches of some shapes."""
    if isinstance(input_shape, dict):
        return {key: _sample_shapes(each) for key, each in input_shape.items()}
    if not isinstance(input_shape, list | tuple) or not input_shape:
        raise ValueError(f"`input_shape` must be a tuple (None, ...). Received: input_shape={input_shape!r}")
    if isinstance(input_shape[0], list | tuple):
        return [_sample_shapes(each) for each in input_shape]
    return tuple(input_shape[1:])


def _batch_shapes(shapes: Any) -> Any:
    """Return the shapes of batches of samples of some shapes."""
    if isinstance(shapes, dict):
        return {key: (None, *shape) for key, shape in shapes.items()}
    return [(None, *shape) for shape in shapes] if isinstance(shapes, list) else (None, *shapes)
