"""The gradients of losses written in ops, against central differences of their values in float64."""

from typing import Any

import numpy as np
import pytest
from losses.cases import CASES, COLUMNS, IDS, ROWS

from fastmlp import losses, ops
from fastmlp._engine import Data
from fastmlp.graph import Graph, Tensor
from fastmlp.lowering import LossSpec, Purpose, lower
from fastmlp.variables import Variable

STEP = 1e-6


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)
def test_gradients(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any) -> None:
    """Predictions are a matrix product with a kernel, which is one: its gradient tells that of the loss."""
    kernel = Variable((COLUMNS, COLUMNS), "float64", lambda shape, dtype: np.eye(COLUMNS))
    x = ops.placeholder((COLUMNS,), "float64", "x")
    prediction = ops.dense(x, kernel)
    target = Tensor((None, *np.shape(y_true)[1:]), "float64", "target", scalars=(0.0,))
    value = getattr(losses, name)(**settings).call(target, prediction)
    purpose = Purpose(ROWS, True, (np.shape(y_true)[1:],), (LossSpec("value", 1, None),))
    lowered = lower(Graph([x], [prediction, value]), purpose)
    gradients = {variable: Variable(variable.shape, "float64") for variable in lowered.variables}
    lowered.bind(gradients=list(gradients.values()))
    data = Data([y_pred], [np.asarray(y_true, np.float64).reshape(ROWS, -1)], [None])

    def loss() -> float:
        sums = np.zeros((lowered.plan.terms, 2))
        lowered.plan.gradient(data, None, 0, ROWS, sums)
        return float(sums[0, 0] / sums[0, 1])

    assert loss() == pytest.approx(getattr(losses, name)(**settings)(y_true, y_pred))
    analytic = gradients[kernel].numpy()
    numeric = np.empty(kernel.shape)
    for index in np.ndindex(kernel.shape):
        values = []
        for step in (STEP, -STEP):
            kernel.value[index] += step
            values.append(loss())
            kernel.value[index] -= step
        numeric[index] = (values[0] - values[1]) / (2 * STEP)
    np.testing.assert_allclose(analytic, numeric, rtol=1e-5, atol=1e-7)
