from collections.abc import Sequence
from typing import Any, Self

import numpy as np

ACTIVATIONS: tuple[str, ...]
BINARIES: tuple[str, ...]
REDUCTIONS: tuple[str, ...]
LOSSES: tuple[str, ...]
PER: tuple[str, ...]
METRICS: tuple[str, ...]
OPTIMIZERS: tuple[str, ...]
SLOTS: dict[str, int]
HYPERS: dict[str, int]
CONSTRAINTS: tuple[str, ...]
NORMS: tuple[str, ...]
PHASES: tuple[str, ...]
OPS: tuple[str, ...]
NOISES: tuple[str, ...]
STATISTICS: tuple[str, ...]
ENCODINGS: tuple[str, ...]
DETAILS: dict[str, tuple[str, ...]]
DTYPES: tuple[str, ...]

def isa_names() -> list[str]: ...
def isa_supported(name: str) -> bool: ...
def isa() -> str: ...
def select_isa(name: str | None = None) -> None: ...
def threads_available() -> int: ...
def get_num_threads() -> int: ...
def set_num_threads(threads: int) -> None: ...
def has_openmp() -> bool: ...
def compiler() -> str: ...
def peak(seconds: float, threads: int, dtype: str = "float32") -> float: ...
def kernels(isa: str, dtype: str) -> dict[str, int]: ...
def count_fork() -> None: ...
def leading_dimension(cols: int, dtype: str) -> int: ...
def empty_aligned(nbytes: int) -> np.ndarray[Any, np.dtype[np.uint8]]: ...
def permutation(n: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]: ...

class Arrays:
    rows: int
    widths: tuple[int, ...]
    def __new__(cls, arrays: Sequence[np.ndarray | None], writable: bool = False, same_rows: bool = True) -> Self: ...

class Sparse:
    rows: int
    width: int
    def __new__(cls, values: np.ndarray, columns: np.ndarray, starts: np.ndarray, width: int) -> Sparse: ...

class Data:
    rows: int
    def __new__(
        cls,
        inputs: Sequence[np.ndarray | Sparse],
        targets: Sequence[np.ndarray] = (),
        weights: Sequence[np.ndarray | None] = (),
    ) -> Self: ...

class Plan:
    terms: int
    def __new__(cls, dtype: str) -> Self: ...
    def input(self, rows: int, cols: int) -> int: ...
    def sparse_input(self, cols: int) -> int: ...
    def target(self, rows: int, cols: int) -> int: ...
    def parameter(self, rows: int, cols: int, trainable: bool) -> int: ...
    def op(
        self,
        kind: str,
        inputs: Sequence[int],
        parameters: Sequence[int | None] = (),
        detail: str = "",
        scalars: Sequence[float] = (),
        indices: np.ndarray | None = None,
    ) -> int: ...
    def target_value(self, target: int) -> int: ...
    def penalty(self, parameter: int, l1: float, l2: float) -> None: ...
    def spread_penalties(self, target: int) -> None: ...
    def constraint(self, parameter: int, kind: str, norm: str, scalars: Sequence[float] = ()) -> None: ...
    def output(self, value: int) -> int: ...
    def loss(
        self,
        kind: str,
        value: int,
        target: int,
        weight: float = 1.0,
        scalars: Sequence[float] = (),
        per: str = "row",
    ) -> int: ...
    def metric(
        self, kind: str, value: int, target: int, weighted: bool = False, scalars: Sequence[float] = ()
    ) -> int: ...
    def finish(self, batch_size: int) -> None: ...
    def bind(
        self,
        weights: Sequence[np.ndarray],
        gradients: Sequence[np.ndarray] | None = None,
        slots: Sequence[Sequence[np.ndarray]] = (),
        accumulators: Sequence[np.ndarray] | None = None,
        averages: Sequence[np.ndarray] | None = None,
        decays: Sequence[float] | None = None,
    ) -> None: ...
    def train(
        self,
        data: Data,
        order: np.ndarray | None,
        first: int,
        last: int,
        batch_size: int,
        sums: np.ndarray[Any, np.dtype[np.float64]],
        *,
        learning_rates: np.ndarray,
        step: int,
        seed: int,
        seconds: float = ...,
        outputs: Sequence[np.ndarray] = (),
        threads: int | None = None,
        **rule: Any,
    ) -> int: ...
    def step(self, learning_rate: float, *, step: int, phase: str = ..., **rule: Any) -> None: ...
    def evaluate(
        self,
        data: Data,
        first: int,
        last: int,
        batch_size: int,
        sums: np.ndarray[Any, np.dtype[np.float64]],
        seconds: float = ...,
        outputs: Sequence[np.ndarray] = (),
        threads: int | None = None,
    ) -> int: ...
    def gradient(
        self,
        data: Data,
        order: np.ndarray | None,
        first: int,
        last: int,
        sums: np.ndarray[Any, np.dtype[np.float64]],
        step: int = 0,
        seed: int = 0,
        outputs: Sequence[np.ndarray] = (),
        threads: int | None = None,
    ) -> None: ...
    def predict(
        self,
        data: Data,
        outputs: Sequence[np.ndarray],
        first: int,
        last: int,
        seconds: float = ...,
        step: int = 0,
        seed: int = 0,
        threads: int | None = None,
    ) -> int: ...

class Perceptron:
    epochs: int
    steps: int
    intercept: float
    scale: float
    square_norm: float
    loss: float
    objective: float
    is_finite: bool
    def __new__(
        cls,
        rows: np.ndarray | Sparse,
        weights: np.ndarray,
        shrunk: np.ndarray | None,
        positive: np.ndarray,
        held_out: np.ndarray,
        row_weights: np.ndarray,
        class_weights: tuple[float, float],
        *,
        rate: float,
        intercept_rate: float,
        alpha: float,
        l1_ratio: float,
        penalized: bool,
        normed: bool,
        seed: int | None,
        tolerance: float,
        patience: int,
        intercept: float,
        square_norm: float,
        absolute_norm: float,
    ) -> Self: ...
    def run(self, epochs: int) -> None: ...
    def epoch(self) -> None: ...
    def has_converged(self, cost: float) -> bool: ...
