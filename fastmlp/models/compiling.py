"""What `compile` sets, and what a model says of it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from fastmlp import optimizers
from fastmlp.graph import Graph, replay
from fastmlp.lowering import run
from fastmlp.metrics import Metric
from fastmlp.models import _arguments as arguments
from fastmlp.models._data import conversion
from fastmlp.models._data.feeds import BatchFeed
from fastmlp.models._data.samples import Samples
from fastmlp.models._data.sources import Source, is_source, refuse_targets
from fastmlp.models._data.weights import class_weights
from fastmlp.models._network import Network
from fastmlp.models._objective.heads import Heads, log_names
from fastmlp.models._objective.objective import Objective
from fastmlp.models._steps.passes import NO_HEADS, Pass, rows_pass
from fastmlp.models._undo import undone_on_error
from fastmlp.optimizers import Optimizer
from fastmlp.utils.batches import unpack_x_y_sample_weight

# Methods by which subclasses steer Keras' loop. The engine's goes through many batches at once and would not call them.
_STEERING = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics")


class Compiled(Network):
    """The part of a model that knows what it is to learn and how; Trainer inherits it.

    Attributes
    ----------
    optimizer : Optimizer or None
        Set by `compile`.
    loss : object
        As given to `compile`.
    run_eagerly : bool
        As given to `compile`.
    steps_per_execution : int
        As given to `compile`.
    compile_arguments : dict or None
        As given to `compile`, without the optimizer.
    """

    optimizer: Optimizer | None = None
    loss: Any = None
    run_eagerly: bool = False
    steps_per_execution: int = 1
    _objective: Objective | None = None
    compile_arguments: Mapping[str, Any] | None = None
    _named: tuple[object, list[str]] = (None, [])  # the outputs and their names

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how to train.

        Parameters
        ----------
        optimizer : str or Optimizer
            A name, "sgd", "adam" and so on, or an object of `fastmlp.optimizers`.
        loss : str, function, Loss, or list or dict of them
            What to minimise: a name, a function or an object of `fastmlp.losses`, or a function of targets and outputs
            written in `fastmlp.ops`; for several outputs a list in their order or a dict by their names, or one for
            all. "crossentropy" means the one that fits the targets.
        loss_weights : list or dict of float, optional
            Shares of the outputs' losses in the total; 1 by default.
        metrics : list of str, function or Metric, or list or dict of such lists
            What to report beside the loss. "accuracy" means the accuracy that fits the output and the targets. A
            function of targets and outputs may be written in `fastmlp.ops` or in NumPy.
        weighted_metrics : as `metrics`, optional
            Metrics in which rows count by their sample weight.
        run_eagerly : bool
            Whether the `call` of a subclass is traced for every batch, so that it can be watched in a debugger.
        steps_per_execution : int
            Batches between one call of the callbacks' batch hooks and the next.
        jit_compile, auto_scale_loss
            Taken for Keras' sake, without effect: models are always compiled, and float32 needs no scaling.

        Raises
        ------
        ValueError
            If a name is unknown: the message lists the known ones.
        NotImplementedError
            If a subclass has a `train_step` or another such method of Keras.
        """
        self._check_made()
        steering = [name for name in _STEERING if getattr(type(self), name, None) is not getattr(Compiled, name, None)]
        if steering:
            raise NotImplementedError(
                "A model is trained with the loss and the metrics of `compile` and what layers add with `add_loss`. "
                f"Received: {type(self).__name__} with {', '.join(steering)}, which would never be called"
            )
        optimizer = optimizers.get(optimizer)
        objective = Objective(loss, loss_weights, metrics, weighted_metrics)
        steps_per_execution = arguments.positive("steps_per_execution", steps_per_execution, 1)
        run_eagerly = arguments.flag("run_eagerly", run_eagerly or False)
        if self.built:
            objective.check(self.outputs, self.named_outputs())
        self.optimizer, self.loss, self._objective = optimizer, loss, objective
        self.run_eagerly, self.steps_per_execution = run_eagerly, steps_per_execution
        self.compile_arguments = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            "auto_scale_loss": auto_scale_loss,
        }

    @property
    def compiled(self) -> bool:
        """Whether `compile` has been called."""
        return self.optimizer is not None

    @property
    def metrics_names(self) -> list[str]:
        """The keys of the logs, in the order in which `evaluate` returns their values."""
        objective, _ = self._compiled()
        losses, metrics = log_names(objective.asks(self.named_outputs()))
        return [*losses, *(name for names in metrics for name in names)]

    @property
    def metrics(self) -> list[Metric]:
        """The metrics given to `compile` as objects or functions, whose state tells of the last pass."""
        if self._objective is None:
            return []
        asks = self._objective.asks(self.named_outputs())
        asked = [metric for ask in asks for metric in (*ask.metrics, *ask.weighted_metrics)]
        return [metric for metric in asked if isinstance(metric, Metric)]

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the metrics' present values by their names."""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            results |= result if isinstance(result, dict) else {metric.name: result}
        return results

    def reset_metrics(self) -> None:
        """Forget the rows that metrics have seen."""
        for metric in self.metrics:
            metric.reset_state()

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> float:
        """Return the loss of predictions: that which `compile` names, and what layers and variables add.

        Parameters
        ----------
        x : array-like, or list, tuple or dict of them
            The inputs, from which losses that layers add are computed; may be left out where there are none.
        y, y_pred : array-like, or list, tuple or dict of them
            Targets and predictions.
        sample_weight : array-like, optional
            Weights of the rows.
        training : bool
            Whether layers that differ in training do so in what they add.
        """
        objective, _ = self._compiled()
        graph, names = self._built_graph(), self.named_outputs()
        predictions = conversion.output_arrays(y_pred, self.outputs, names)
        targets = conversion.target_arrays(y, objective.asks(names), graph.dtype)
        heads = objective.heads(self.outputs, names, [array.shape[1:] for array in targets])
        samples = conversion.samples(predictions, targets, sample_weight, heads.judged, graph.dtype)
        weights = samples.weights or [None] * len(targets)
        total = 0.0
        for head, target, weight in zip(heads.judged, samples.targets, weights, strict=True):
            if head.loss is not None:
                total += head.weight * float(np.sum(head.loss(target, predictions[head.output], weight)))
        if x is None:
            return total + sum(float(loss) for loss in self.losses)
        added = replay(self.losses, {tensor: tensor for tensor in graph.inputs}, training)
        values = run(Graph(graph.inputs, added), conversion.input_arrays(x, self.inputs, self.input_names))
        return total + sum(float(value.mean()) for value in values)

    # What training, evaluation and prediction share

    def _compiled(self) -> tuple[Objective, Optimizer]:
        """Return what `compile` was given, or raise a RuntimeError."""
        if self._objective is None or self.optimizer is None:
            raise RuntimeError(f"Model '{self.name}' must be compiled first: call `compile`.")
        return self._objective, self.optimizer

    def named_outputs(self) -> list[str]:
        """Return the names by which targets, losses and metrics are given: the keys where outputs are a dict.

        They are found once for the same outputs.
        """
        if self._named[0] is not self.outputs:
            keys = self.output_structure if isinstance(self.output_structure, dict) else {}
            self._named = self.outputs, list(keys) if len(keys) == len(self.outputs) else self.output_names
        return self._named[1]

    def _prepared(self) -> AbstractContextManager[None]:
        """Return a context in which a model may be built; if something in it fails, the model is as it was."""
        return nullcontext() if self.built else undone_on_error(self)

    def _build_for(self, x: Any) -> None:
        """Build a model whose input shape is not known yet."""
        if not self.built:
            self.build_for(x)

    def _read(
        self,
        objective: Objective,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Mapping[int, float] | None = None,
    ) -> tuple[Heads, Samples]:
        """Check and convert what the user passed; return it and the heads that its targets go with."""
        inputs = conversion.input_arrays(x, self.inputs, self.input_names)
        dtype, names = self.inputs[0].dtype, self.named_outputs()
        targets = conversion.target_arrays(y, objective.asks(names), dtype)
        heads = objective.heads(self.outputs, names, [array.shape[1:] for array in targets])
        samples = conversion.samples(inputs, targets, sample_weight, heads.judged, dtype)
        if class_weight is not None:
            samples = samples.weighted(class_weights(class_weight, samples.targets, heads.judged, dtype))
        return heads, samples

    def _batches(
        self,
        objective: Objective,
        x: Any,
        y: Any,
        sample_weight: Any,
        shuffle: bool = False,
        steps: int | None = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> BatchFeed | None:
        """Return the batches of a generator or a dataset; None if `x` is neither."""
        if not is_source(x):
            return None
        refuse_targets(y, sample_weight)

        def read(batch: Any) -> tuple[Heads, Samples]:
            return self._read(objective, *unpack_x_y_sample_weight(batch), class_weight)

        return BatchFeed(Source(x, shuffle), read, steps)

    def _batches_pass(self, objective: Objective, feed: BatchFeed, steps: int | None) -> Pass:
        """Return a pass over batches; the first of them says what the targets look like."""
        heads, _ = feed.read(feed.peek())
        return Pass(feed, heads, feed.batches if steps is None else arguments.positive("steps", steps, 1))

    def _judging(
        self, objective: Objective, x: Any, y: Any, sample_weight: Any, batch_size: int | None, steps: int | None = None
    ) -> Pass:
        """Return a pass for evaluation; without a batch size all rows make one batch."""
        feed = self._batches(objective, x, y, sample_weight)
        self._build_for(x if feed is None else feed.peek_inputs())
        if feed is not None:
            judging = self._batches_pass(objective, feed, steps)
        else:
            heads, samples = self._read(objective, x, y, sample_weight)
            judging = rows_pass(heads, samples, batch_size or len(samples), steps)
        self._check_purpose(judging.heads, training=False)
        return judging

    def _predicting(self, x: Any, batch_size: int | None, steps: int | None = None) -> Pass:
        """Return a pass for prediction; without a batch size all rows make one batch."""

        def read(batch: Any) -> tuple[Heads, Samples]:
            inputs, *_ = unpack_x_y_sample_weight(batch)
            return NO_HEADS, Samples(conversion.input_arrays(inputs, self.inputs, self.input_names))

        if is_source(x):
            feed = BatchFeed(Source(x, shuffle=False), read)
            self._build_for(feed.peek_inputs())
            return Pass(feed, NO_HEADS, feed.batches if steps is None else arguments.positive("steps", steps, 1))
        self._build_for(x)
        heads, samples = read((x,))
        return rows_pass(heads, samples, batch_size or len(samples), steps)

    def _check_purpose(self, heads: Heads, *, training: bool) -> None:
        """Raise a ValueError if there is nothing to train with, or nothing to judge by."""
        if heads.trained or self.added_losses():
            return
        if training:
            raise ValueError("Training needs a loss: give one to `compile`. Received: loss=None")
        if not heads.judged:
            raise ValueError("There is nothing to judge by: give a loss or metrics to `compile`. Received: neither")

    def _give_slots(self, optimizer: Optimizer) -> None:
        """Let the optimizer make its slots, which belong to one model: the last thing that may fail before training."""
        if optimizer.built:
            optimizer.bindings(self._built_graph().variables)
        else:
            optimizer.build(self.variables)
