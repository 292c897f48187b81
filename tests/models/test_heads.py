from typing import Any

import numpy as np
import pytest

from fastmlp import losses, metrics
from fastmlp.layers import Input
from fastmlp.lowering import LossSpec, MetricSpec
from fastmlp.models._heads import Heads, check_names

MAIN, AUX = Input([10], name="main"), Input([1], name="aux")


def heads_of(
    loss: Any, outputs: Any = (MAIN, AUX), weights: Any = None, metrics: Any = None, weighted: Any = None
) -> Heads:
    return Heads(outputs, [tensor.name for tensor in outputs], loss, weights, metrics, weighted)


def kinds(heads: Heads) -> list[list[str]]:
    return [[metric.kind for metric in head.metrics] for head in heads.judged]


def test_losses_and_weights_for_all_in_order_and_by_name() -> None:
    for loss in ("mse", ["mse", "mse"], {"aux": "mse", "main": losses.MeanSquaredError()}):
        assert [head.loss.kind for head in heads_of(loss).trained if head.loss] == ["mse", "mse"]
    assert [head.weight for head in heads_of("mse", weights=[2, 3]).trained] == [2, 3]
    assert [head.weight for head in heads_of("mse", weights={"aux": 3}).trained] == [1, 3]
    assert heads_of(losses.serialize(losses.Huber(2.0))).trained[0].loss.scalars == (2.0,)  # type: ignore[union-attr]


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
    purpose = heads.purpose(64, training=True)
    assert (purpose.batch_size, purpose.training, purpose.targets) == (64, True, ((1,), (1,)))
    assert purpose.losses == (
        LossSpec("sparse_categorical_crossentropy", 0, 0, 0.9),
        LossSpec("huber", 1, 1, 0.1, (0.5,)),
    )
    assert purpose.metrics == (
        MetricSpec("sparse_categorical_accuracy", 0, 0, True),
        MetricSpec("mean_absolute_error", 1, 1, False),
    )
    only_aux = heads_of([None, "mse"]).purpose(1, training=False)
    assert (only_aux.targets, only_aux.losses) == (((1,),), (LossSpec("mse", 1, 0),))


def test_logs_are_means_under_their_names() -> None:
    heads = heads_of("mse", weights=[0.5, 2.0], metrics={"aux": ["mae"]})
    sums = np.array([[8.0, 4.0], [2.0, 4.0], [0.0, 0.0]])
    assert heads.logs(sums, "val_") == {"val_loss": 2.0, "val_main_loss": 2.0, "val_aux_loss": 0.5, "val_aux_mae": 0.0}
    assert heads.rows(sums) == 4
    images = heads_of("mse", [Input([3, 2], name="image")])
    assert images.logs(sums[:1]) == {"loss": 2.0}
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
        ({"loss": "mse", "outputs": [MAIN], "metrics": ["mae", "mae"]}, r"must have different names. Received: "),
    ],
)
def test_what_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        heads_of(**arguments)


def test_names_are_checked_before_the_outputs_are_known() -> None:
    check_names({"a": "mse", "b": None}, None, [["accuracy"], {"c": "mae"}], None)
    check_names(losses.serialize(losses.MeanSquaredError()), None, None, None)
    with pytest.raises(ValueError, match=r"Unknown loss: 'x'"):
        check_names(["mse", "x"], None, None, None)
    with pytest.raises(ValueError, match=r"Unknown metric: 'x'"):
        check_names("mse", None, None, {"a": ["x"]})
