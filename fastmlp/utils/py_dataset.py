"""Datasets that a class makes batch by batch."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future


class PyDataset:
    """Base class of datasets whose batches are computed one at a time.

    A subclass has `__getitem__(index)`, which returns batch number `index` as (inputs,), (inputs, targets) or
    (inputs, targets, sample_weights), and `__len__`, the number of batches.

    Parameters
    ----------
    workers : int
        How many batches are made at the same time, ahead of the training; 1 makes each when it is due.
    use_multiprocessing : bool
        Whether the workers are processes, to which the dataset must be picklable, instead of threads.
    max_queue_size : int
        How many batches at most are waiting for the training.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Return a batch."""
        raise NotImplementedError(f"{type(self).__name__} must have a method `__getitem__(index)`.")

    @property
    def num_batches(self) -> int | None:
        """The number of batches; None if there is no end to them."""
        return len(self) if hasattr(self, "__len__") else None

    def on_epoch_begin(self) -> None:
        """Be told that an epoch begins."""

    def on_epoch_end(self) -> None:
        """Be told that an epoch has ended."""


def batches(dataset: PyDataset, indices: Iterable[int]) -> Iterator[Any]:
    """Return the batches of a dataset in the order of `indices`, made ahead by its workers if it asks for that."""
    workers = getattr(dataset, "workers", 1)
    if workers <= 1 and not (workers == 1 and getattr(dataset, "use_multiprocessing", False)):
        for index in indices:
            yield dataset[index]
        return
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor  # only here: not everybody has workers

    executor: Executor
    if dataset.use_multiprocessing:
        executor = ProcessPoolExecutor(workers, initializer=_keep, initargs=(dataset,))
        make: Any = _kept_batch
    else:
        executor, make = ThreadPoolExecutor(workers, thread_name_prefix="PyDataset"), dataset.__getitem__
    waiting: deque[Future[Any]] = deque()
    try:
        for index in indices:
            waiting.append(executor.submit(make, index))
            if len(waiting) >= max(dataset.max_queue_size, 1):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


_dataset: PyDataset | None = None  # of a worker process


def _keep(dataset: PyDataset) -> None:
    global _dataset
    _dataset = dataset


def _kept_batch(index: int) -> Any:
    assert _dataset is not None
    return _dataset[index]
