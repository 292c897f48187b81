from typing import Any

import numpy as np
import pytest

from fastmlp import losses, metrics
from fastmlp.layers import Input
from fastmlp.lowering import LossSpec, MetricSpec
from fastmlp.models._objective.heads import Heads
from fastmlp.models._objective.objective import Objective
from fastmlp.models._steps.tally import Tally

MAIN, AUX = Input([10], name="main"), Input([1], name="aux")


def heads_of(
    loss: Any, outputs: Any = (MAIN, AUX), weights: Any = None, metrics: Any = None, weighted: Any = None
) -> Heads:
    targets = [tensor.sample_shape for tensor in outputs]
    return Objective(loss, weights, metrics, weighted).heads(outputs, [tensor.name for tensor in outputs], targets)


def kinds(heads: Heads) -> list[list[Any]]:
    return [[getattr(reported.metric, "engine_kind", None) for reported in head.metrics] for head in heads.judged]


def test_losses_and_weights_for_all_in_order_and_by_name() -> None:
    for loss in ("mse", ["mse", "mse"], {"aux": "mse", "main": losses.MeanSquaredError()}):
        assert [head.loss.engine_kind for head in heads_of(loss).trained if head.loss] == ["mse", "mse"]
    assert [head.weight for head in heads_of("mse", weights=[2, 3]).trained] == [2, 3]
    assert [head.weight for head in heads_of("mse", weights={"aux": 3}).trained] == [1, 3]
    assert heads_of(losses.serialize(losses.Huber(2.0))).trained[0].loss.engine_scalars == (2.0,)  # type: ignore[union-attr]


def test_metrics_for_all_in_order_and_by_name() -> None:
    accuracies = [["categorical_accuracy"], ["binary_accuracy"]]
    for given in ("accuracy", ["accuracy"], [["accuracy"], ["accuracy"]], {"main": "accuracy", "aux": ["accuracy"]}):
        assert kinds(heads_of(["categorical_crossentropy", "mse"], metrics=given)) == accuracies
    assert kinds(heads_of("mse", metrics={"aux": "mae"})) == [[], ["mean_absolute_error"]]
    assert kinds(heads_of("mse", metrics=[[], "mae"])) == [[], ["mean_absolute_error"]]
    sparse = heads_of("sparse_categorical_crossentropy", [MAIN], metrics=["acc"])
    assert kinds(sparse) == [["sparse_categorical_accuracy"]]


def test_names_of_one_and_of_several_outputs() -> None:
    assert heads_of("mse", [MAIN], metrics=["acc", metrics.MeanAbsoluteError("error")], weighted=["mse"]).names == [
        "loss",
        "acc",
        "error",
        "mse",
    ]
    assert heads_of("mse", metrics=["mae"]).names == ["loss", "main_loss", "aux_loss", "main_mae", "aux_mae"]
    assert heads_of([None, "mse"], metrics={"aux": ["mae"]}).names == ["loss", "aux_loss", "aux_mae"]


def test_what_the_engine_is_asked_for() -> None:
    heads = heads_of(
        {"main": "sparse_categorical_crossentropy", "aux": losses.Huber(0.5)},
        weights=[0.9, 0.1],
        metrics={"aux": ["mae"]},
        weighted={"main": ["accuracy"]},
    )
    terms = heads.terms(())
    assert (terms.targets, terms.values, terms.weights) == (((1,), (1,)), (), ())
    assert terms.losses == (
        LossSpec("sparse_categorical_crossentropy", 0, 0, 0.9),
        LossSpec("huber", 1, 1, 0.1, (0.5,)),
    )
    assert terms.metrics == (
        MetricSpec("sparse_categorical_accuracy", 0, 0, True),
        MetricSpec("mean_absolute_error", 1, 1, False),
    )
    only_aux = heads_of([None, "mse"]).terms(())
    assert (only_aux.targets, only_aux.losses) == (((1,),), (LossSpec("mse", 1, 0),))


def test_logs_are_means_under_their_names() -> None:
    heads = heads_of("mse", weights=[0.5, 2.0], metrics={"aux": ["mae"]})
    sums = np.array([[8.0, 4.0], [2.0, 4.0], [0.0, 0.0]])
    assert heads.rows(sums) == 4
    tally = Tally(heads)
    tally.sums(2, 3)[:] = sums
    tally.rows = 4
    assert tally.logs() == {"loss": 2.0, "main_loss": 2.0, "aux_loss": 0.5, "aux_mae": 0.0}
    with_penalties = tally.sums(2, 4)
    np.testing.assert_array_equal(with_penalties, [*sums, [0.0, 0.0]])
    with_penalties += [[8.0, 4.0], [2.0, 4.0], [2.0, 4.0], [12.0, 4.0]]
    tally.rows = 8
    assert tally.logs() == {"loss": 3.5, "main_loss": 2.0, "aux_loss": 0.5, "aux_mae": 0.5}
    images = heads_of("mse", [Input([3, 2], name="image")])
    assert images.rows(np.array([[1.0, 12.0]])) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": ["mse"]}, r"`loss` must have one entry an output, 2. Received: 1"),
        (
            {"loss": {"mian": "mse"}},
            r"by the outputs' names \['main', 'aux'\]. Received: \['mian'\]",
        ),
        ({"loss": "mse", "weights": ["mae", "mae"]}, r"`loss_weights` must be finite numbers. Received: 'mae'"),
        ({"loss": "mse", "weights": [1]}, r"`loss_weights` must have one entry an output, 2. Received: 1"),
        ({"loss": "mse", "metrics": [["mae"]]}, r"`metrics` must have one entry an output, 2. Received: 1"),
        ({"loss": "mse", "weighted": {"x": "mae"}}, r"`weighted_metrics` must be given by the outputs' names"),
        ({"loss": "mse", "metrics": ["sparse_categorical_accuracy"]}, r"must compare with one number a column"),
    ],
)
def test_what_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        heads_of(**arguments)


def test_names_are_checked_before_the_outputs_are_known() -> None:
    Objective({"a": "mse", "b": None}, None, [["accuracy"], {"c": "mae"}], None)
    Objective(losses.serialize(losses.MeanSquaredError()), None, None, None)
    with pytest.raises(ValueError, match=r"Unknown loss: 'x'"):
        Objective(["mse", "x"], None, None, None)
    with pytest.raises(ValueError, match=r"Unknown metric: 'x'"):
        Objective("mse", None, None, {"a": ["x"]})


def test_metrics_whose_names_are_taken_get_others() -> None:
    assert heads_of("mse", [MAIN], metrics=["mae", "mae"], weighted=["mae", "mse", "mae"]).names == [
        "loss",
        "mae",
        "mae_1",
        "weighted_mae",
        "mse",
        "weighted_mae_1",
    ]
    assert heads_of("mse", metrics=["mae"], weighted={"aux": "mae"}).names[3:] == [
        "main_mae",
        "aux_mae",
        "aux_weighted_mae",
    ]


@pytest.mark.parametrize(
    ("columns", "target", "loss", "metric"),
    [
        (1, (1,), "BinaryCrossentropy", "BinaryAccuracy"),
        (3, (3,), "CategoricalCrossentropy", "CategoricalAccuracy"),
        (3, (1,), "SparseCategoricalCrossentropy", "SparseCategoricalAccuracy"),
        (3, (), "SparseCategoricalCrossentropy", "SparseCategoricalAccuracy"),
    ],
)
def test_the_targets_say_what_accuracy_and_crossentropy_mean(
    columns: int, target: tuple[int, ...], loss: str, metric: str
) -> None:
    objective = Objective("crossentropy", None, ["accuracy"], None)
    head = objective.heads([Input([columns])], ["out"], [target]).judged[0]
    assert type(head.loss).__name__ == loss
    assert type(head.metrics[0].metric).__name__ == metric
