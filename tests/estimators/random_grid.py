"""Compare with scikit-learn on settings drawn at random: python tests/estimators/random_grid.py [cases] [seed].

Prints how many cases are equal and the largest distances. Training can make any rounding grow: of a case that isn't
equal it is told how far scikit-learn comes out from itself when the last bits of x change.
"""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from estimators.real_data import CLASSIFICATION, COUNTS, REGRESSION
from estimators.sameness import CONTAINERS, NUMBERS, Case, compare, distances, limit, outcome
from sklearn import neural_network


def draw(rng: np.random.Generator) -> Case:
    """Return a case."""
    data = str(rng.choice(CLASSIFICATION + REGRESSION + COUNTS))
    solver = str(rng.choice(["adam", "sgd", "lbfgs"], p=[0.4, 0.4, 0.2]))
    settings: dict[str, Any] = {
        "solver": solver,
        "activation": str(rng.choice(["relu", "tanh", "logistic", "identity"])),
        "hidden_layer_sizes": tuple(rng.integers(1, 40, rng.integers(0, 4)).tolist()),
        "alpha": float(rng.choice([0, 1e-4, 10 ** rng.uniform(-6, 1)])),
        "learning_rate_init": float(10 ** rng.uniform(-4, -1.5)),
        "max_iter": int(rng.integers(1, 11)),
        "random_state": int(rng.integers(2**32)),
        "tol": float(10 ** rng.uniform(-5, 0)),
        "n_iter_no_change": [np.inf, *range(1, 10)][rng.integers(10)],
        "verbose": bool(rng.random() < 0.3),
    }
    ways = ["fit", "warm", "again", "partial", "pieces", "after", "before"]
    way = str(rng.choice(ways[:3] if solver == "lbfgs" else ways))
    if solver != "lbfgs":
        settings["batch_size"] = ["auto", 1, 999, *(int(size) for size in rng.integers(2, 64, 4))][rng.integers(7)]
        settings["shuffle"] = bool(rng.random() < 0.7)
        settings["early_stopping"] = way in ways[:3] and bool(rng.random() < 0.5)
        settings["validation_fraction"] = float(rng.uniform(0.1, 0.4))
    if solver == "sgd":
        settings["learning_rate"] = str(rng.choice(["constant", "invscaling", "adaptive"]))
        settings["power_t"] = float(rng.uniform(0, 1))
        settings["momentum"] = float(rng.choice([0, 0.9, rng.uniform(0, 1)]))
        settings["nesterovs_momentum"] = bool(rng.random() < 0.6)
    if solver == "adam":
        settings |= {
            "beta_1": float(rng.choice([0.9, rng.uniform(0, 0.99)])),
            "epsilon": float(10 ** rng.uniform(-9, -2)),
        }
    if data in COUNTS and rng.random() < 0.5:
        settings["loss"] = "poisson"
    return Case(
        data,
        settings,
        way=way,
        container=str(rng.choice(["rows", *CONTAINERS])),
        dtype=[np.float64, np.float32][int(rng.random() < 0.15)],
        scaled=bool(rng.random() < 0.9),
        weigh=[None, "uniform", "zeros", "counts"][rng.choice(4, p=[0.55, 0.15, 0.15, 0.15])],
    )


def main() -> None:
    """Compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="?", type=int, default=500)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    arguments = parser.parse_args()
    equal, within, failed = Counter[str](), 0, 0
    largest: dict[tuple[str, str], float] = {}
    for number in range(arguments.cases):
        case = draw(np.random.default_rng((arguments.seed, number)))
        kind = np.dtype(case.dtype).name
        found = compare(case)
        over = {name: distance for name, distance in found.items() if distance > limit(case, name)}
        if not over:
            equal[kind] += 1
            for name in NUMBERS & found.keys():
                largest[kind, name] = max(largest.get((kind, name), 0.0), found[name])
            continue
        itself = distances(outcome(neural_network, replace(case, noise=True)), outcome(neural_network, case))
        if all(distance <= 100 * itself.get(name, 0.0) for name, distance in over.items()):
            within += 1
            print(f"{number}: rounding alone does as much: ", end="")
        else:
            failed += 1
            print(f"{number}: NOT EQUAL: ", end="")
        print(
            ", ".join(f"{name} {distance:.1e} (itself {itself.get(name, 0.0):.1e})" for name, distance in over.items()),
            case,
        )
    print(f"equal {equal.total()} / {arguments.cases} ({dict(equal)}), by rounding {within}, not equal {failed}")
    for (kind, name), distance in sorted(largest.items()):
        print(f"{kind} {name:24} {distance:.1e}")


if __name__ == "__main__":
    main()
