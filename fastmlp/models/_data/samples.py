"""Samples as the engine takes them: inputs, targets and weights of equal length, and parts of them to run through."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._engine import Data, Sparse

Array = NDArray[Any]
Shape = tuple[int, ...]


class Samples:
    """Arrays of equal length that the engine can read; inputs may also be SciPy's sparse rows.

    Parameters
    ----------
    inputs : list of numpy.ndarray or scipy.sparse.csr_array
        One for each input of the model, shape (samples, ...).
    targets : list of numpy.ndarray
        One for each head, shape (samples, ...).
    weights : list of numpy.ndarray or None
        One for each head, shape (samples,) or (samples, rows of a sample); empty if all weights are 1.

    Attributes
    ----------
    sparse : tuple of int
        The numbers of the inputs that are sparse matrices.
    """

    def __init__(self, inputs: list[Any], targets: Sequence[Array] = (), weights: Sequence[Array | None] = ()) -> None:
        self.inputs = inputs
        self.targets = targets
        self.weights = weights
        self.sparse = tuple([i for i, array in enumerate(inputs) if is_sparse(array)])
        self._data: dict[tuple[int, ...], Data] = {}

    def __len__(self) -> int:
        return int(self.inputs[0].shape[0])

    @property
    def weight_shapes(self) -> tuple[Shape | None, ...]:
        """The shape of one sample of each head's weights; None where all are 1."""
        return tuple([None if array is None else array.shape[1:] for array in self.weights])

    def arrays(self) -> list[Array]:
        """Return all arrays, without sparse matrices."""
        given = (*self.inputs, *self.targets, *self.weights)
        return [array for array in given if isinstance(array, np.ndarray)]

    def part(self, first: int, last: int) -> "Samples":
        """Return views of the samples `first` ... `last` - 1."""
        return self.rows(slice(first, last))

    def rows(self, places: slice | NDArray[np.int64]) -> "Samples":
        """Return some of the samples, sparse inputs as they are."""
        return Samples(
            [array[places] for array in self.inputs],
            [array[places] for array in self.targets],
            [None if array is None else array[places] for array in self.weights],
        )

    def weighted(self, of_rows: Array) -> "Samples":
        """Return the same samples with the weights of their only head multiplied by others, shape (samples,)."""
        own = self.weights[0] if self.weights else None
        return Samples(self.inputs, self.targets, [of_rows if own is None else own * of_rows])

    def data(self, weighing: tuple[int, ...] = ()) -> Data:
        """Return the arrays as the engine takes them; the weights of the heads `weighing` are targets besides."""
        data = self._data.get(weighing)
        if data is None:
            as_targets = [array for array in (self.weights[head] for head in weighing) if array is not None]
            weights = [*self.weights, *[None] * len(as_targets)] if self.weights else []
            inputs = [engine_rows(array) if is_sparse(array) else array for array in self.inputs]
            data = self._data[weighing] = Data(inputs, [*self.targets, *as_targets], weights)
        return data


class Piece(NamedTuple):
    """Batches of one run of a plan: rows order[first] ... order[last - 1] of some samples."""

    samples: Samples
    order: NDArray[np.int64] | None
    first: int
    last: int
    batch_size: int

    @property
    def rows(self) -> int:
        """Samples of the piece."""
        return self.last - self.first

    @property
    def steps(self) -> int:
        """Batches of the piece."""
        return -(-self.rows // self.batch_size)

    def first_batch(self) -> "Piece":
        """Return the first batch of the piece as a piece."""
        return self._replace(last=min(self.last, self.first + self.batch_size))

    def inputs(self) -> list[Array]:
        """Return copies or views of the inputs of these rows."""
        places = slice(self.first, self.last) if self.order is None else self.order[self.first : self.last]
        rows = (array[places] for array in self.samples.inputs)
        return [each.toarray() if is_sparse(each) else np.ascontiguousarray(each) for each in rows]


def engine_rows(matrix: Any) -> Sparse:
    """Return a CSR matrix as the engine takes it."""
    values, columns = (np.require(part, requirements=["C", "ALIGNED"]) for part in (matrix.data, matrix.indices))
    starts = matrix.indptr.astype(np.int64, copy=False)
    return Sparse(values, columns.astype(np.int32, copy=False), starts, matrix.shape[1])


def is_sparse(array: object) -> bool:
    """Tell whether something is a sparse matrix of SciPy's, without importing SciPy."""
    return hasattr(array, "toarray") and hasattr(array, "tocsr")
