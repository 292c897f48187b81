"""One training by scikit-learn's class and by fastmlp's, and how far apart the two come out."""

import contextlib
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from estimators.real_data import Task, task
from scipy import sparse
from sklearn import neural_network

import fastmlp

# Sums are taken in another order than NumPy's BLAS takes them: the last bits differ, and training makes differences
# grow. What isn't listed is exact.
NUMBERS = {
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
    "coefs_",
    "intercepts_",
}
NUMBERS |= {"predict", "predict_proba", "score", "printed"}
# Attributes that scikit-learn's don't have; None where nothing new is asked for.
NEW = {"validation_loss_curve_", "best_validation_loss_"}

CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "every other": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "csr": sparse.csr_array,
    "csc": sparse.csc_array,
    "csr matrix": sparse.csr_matrix,
    "coordinates": sparse.coo_array,
}


@dataclass(frozen=True)
class Case:
    """What to train on and how.

    `way`: "fit"; "warm", two fits with `warm_start`; "again", two without, the first without the
    last column; "partial", four calls of `partial_fit`; "pieces",
    twice over three thirds of the rows; "after", a fit and two calls of `partial_fit`; "before", two calls and a fit.
    `weigh`: None, "uniform" in [0, 2), "zeros" for about a third of the rows, or "counts" as int64.
    """

    data: str
    settings: dict[str, Any] = field(default_factory=dict)
    way: str = "fit"
    container: str = "rows"
    dtype: type = np.float64
    scaled: bool = True
    weigh: str | None = None
    noise: bool = False  # multiply each element of x by 1 or 1 + epsilon: what rounding alone can do


@dataclass
class Outcome:
    """What a user sees of one training."""

    values: dict[str, Any]
    warnings: list[tuple[str, str]]
    printed: str


def estimator(module: Any, case: Case) -> Any:
    """Return a new estimator of `module` (scikit-learn's or fastmlp) with the settings of `case`."""
    kind = "MLPClassifier" if task(case.data).classifies else "MLPRegressor"
    settings = {"hidden_layer_sizes": (8,), "max_iter": 6, "random_state": 3, **case.settings}
    return getattr(module, kind)(**settings)


def limit(case: Case, name: str) -> float:
    """Return the greatest distance of the quantity `name` that counts as the same number."""
    if name not in NUMBERS:
        return 0.0
    return (1e-8 if "loss" in name or name == "printed" else 1e-7) if case.dtype is np.float64 else 2e-3


def compare(case: Case) -> dict[str, float]:
    """Train both; return the distances of fastmlp's quantities from scikit-learn's."""
    return distances(outcome(fastmlp, case), outcome(neural_network, case))


def distances(ours: Outcome, theirs: Outcome) -> dict[str, float]:
    """Return the distance of each quantity, infinite where the two differ in kind."""
    found = {name: _distance(ours.values.get(name), value) for name, value in theirs.values.items()}
    if (
        "error" in found
    ):  # fastmlp stops at the first NaN, and so without what scikit-learn prints and warns of till the end
        return found
    unknown = {name for name, value in ours.values.items() if not (name in NEW and value is None)}
    found |= dict.fromkeys(unknown - theirs.values.keys(), np.inf)
    found["warnings"] = 0.0 if ours.warnings == theirs.warnings else np.inf
    found["printed"] = _distance_of_texts(ours.printed, theirs.printed)
    return found


def outcome(module: Any, case: Case) -> Outcome:
    """Train an estimator of `module` as `case` says."""
    est, data = estimator(module, case), task(case.data)
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            _train(est, case, data)
            values = {**_attributes(est), **_answers(est, case, data)}
        except Exception as error:
            values = {"error": f"{type(error).__name__}: {error}"}
    return Outcome(values, _messages(caught), printed.getvalue())


def _train(est: Any, case: Case, data: Task) -> None:
    x, y = _input(data.scaled if case.scaled else data.x, case), data.y
    weight = _weights(case, len(y))
    classes = {"classes": np.arange(y.shape[1]) if y.ndim == 2 else np.unique(y)} if data.classifies else {}
    match case.way:
        case "fit":
            est.fit(x, y, weight)
        case "warm":
            est.set_params(warm_start=True).fit(x, y, weight)
            est.set_params(max_iter=est.max_iter + 2).fit(x, y, weight)
        case "again":
            est.fit(_input(data.scaled[:, :-1], case), y, weight).fit(x, y, weight)
        case "partial":
            for _ in range(4):
                est.partial_fit(x, y, weight, **classes)
        case "pieces":
            rows = data.scaled if case.scaled else data.x
            for part in np.array_split(np.arange(len(y)), 3) * 2:
                est.partial_fit(_input(rows[part], case), y[part], None if weight is None else weight[part], **classes)
                classes = {}
        case "after":
            est.fit(x, y, weight).partial_fit(x, y, weight).partial_fit(x, y)
        case "before":
            est.partial_fit(x, y, weight, **classes).partial_fit(x, y, weight).fit(x, y, weight)
        case _:
            raise ValueError(case.way)


def _input(x: Any, case: Case) -> Any:
    if case.noise:
        x = x * (1 + np.finfo(case.dtype).eps * np.random.default_rng(2).integers(0, 2, x.shape))
    return CONTAINERS[case.container](x.astype(case.dtype))


def _weights(case: Case, rows: int) -> Any:
    rng = np.random.default_rng(1)
    match case.weigh:
        case None:
            return None
        case "uniform":
            return rng.uniform(0, 2, rows)
        case "zeros":
            return np.where(rng.random(rows) < 0.3, 0.0, rng.uniform(0, 2, rows))
        case "counts":
            return rng.integers(1, 4, rows)
        case _:
            raise ValueError(case.weigh)


def _attributes(est: Any) -> dict[str, Any]:
    names = [name for name in dir(est) if name.endswith("_") and not name.startswith("_") and hasattr(est, name)]
    return {name: getattr(est, name) for name in names}


def _answers(est: Any, case: Case, data: Task) -> dict[str, Any]:
    x = _input(data.scaled_new if case.scaled else data.x_new, case)
    answers = {
        "predict": est.predict(x),
        "score": est.score(_input(data.scaled if case.scaled else data.x, case), data.y),
    }
    if data.classifies:
        answers["predict_proba"] = est.predict_proba(x)
    return answers


def _messages(caught: list[warnings.WarningMessage]) -> list[tuple[str, str]]:
    # NumPy's warnings of overflow tell where scikit-learn calls NumPy; the engine's loops are quiet.
    return [(w.category.__name__, str(w.message)) for w in caught if not issubclass(w.category, RuntimeWarning)]


def _distance(ours: Any, theirs: Any) -> float:
    """Return max |ours - theirs| / max |theirs|, of a list the greatest relative difference; inf where kinds differ."""
    if _kind(ours) != _kind(theirs):
        return np.inf
    if isinstance(theirs, list) and theirs and isinstance(theirs[0], np.ndarray):
        return max(_distance(a, b) for a, b in zip(ours, theirs, strict=True))
    a, b = np.asarray(ours), np.asarray(theirs)
    if b.dtype.kind != "f":
        return 0.0 if np.array_equal(a, b) else np.inf
    usual = np.isfinite(b)
    if not np.array_equal(a[~usual], b[~usual], equal_nan=True) or not np.isfinite(a[usual]).all():
        return np.inf
    a, b = a[usual].astype(float), b[usual].astype(float)
    scale = np.abs(b) if isinstance(theirs, list) else np.abs(b).max(initial=0.0)
    return float((np.abs(a - b) / np.maximum(scale, np.finfo(float).tiny)).max(initial=0.0))


def _distance_of_texts(ours: str, theirs: str) -> float:
    """Return the greatest relative difference of decimals beyond the eighth place; inf where other things differ."""
    number = r"-?\d+\.\d+"
    if re.sub(number, "", ours) != re.sub(number, "", theirs):
        return np.inf
    a, b = (np.array(re.findall(number, text), float) for text in (ours, theirs))
    return float(np.max((np.abs(a - b) - 1.01e-8) / np.maximum(np.abs(b), 1e-8), initial=0.0))


def _kind(value: Any) -> Any:
    """Return what the value is, but for its numbers."""
    if isinstance(value, np.ndarray):
        return "array", value.dtype, value.shape
    if isinstance(value, list):
        return [_kind(item) for item in value]
    return np.floating if isinstance(value, np.floating) else type(value)
