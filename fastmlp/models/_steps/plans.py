"""From a model that may be traced anew, epoch by epoch or batch by batch, to the plans of a pass."""

from fastmlp.graph import Tensor
from fastmlp.lowering import FORWARD_BATCH, Lowered, Purpose
from fastmlp.models import _arguments as arguments
from fastmlp.models._data.samples import Piece
from fastmlp.models._objective.heads import Terms
from fastmlp.models._objective.objective import Objective
from fastmlp.models._tracing import ValueNeededError
from fastmlp.models.compiling import Compiled

_ROUNDED_BATCH = 1024  # up to here a plan is made for the next power of two, beyond for the very batch size
_NO_TERMS = Terms((), (), (), (), ())


class Plans:
    """The plans of a pass over data.

    Parameters
    ----------
    model : Compiled
        Traced at the start of every epoch; for every batch where its code asks for values or `run_eagerly` says so.
    objective : Objective or None
        What is asked of the outputs; None: nothing but to predict.
    training : bool
        Whether it is to be trained.

    Attributes
    ----------
    by_batch : bool
        Whether each batch has a plan of its own.
    """

    def __init__(self, model: Compiled, objective: Objective | None, *, training: bool) -> None:
        self.by_batch = False
        self._model = model
        self._objective = objective
        self._training = training
        self._outputs: list[Tensor] = []

    def begin(self) -> None:
        """Trace the model for an epoch, or find that this must be done for every batch."""
        self.by_batch = self.by_batch or self._model.run_eagerly
        if not self.by_batch:
            try:
                self._model.retrace(self._training)
            except ValueNeededError:
                self.by_batch = True
        self._outputs = self._model.outputs

    def batches(self, hooked: bool, most: int) -> int:
        """Return how many batches may make a piece: one where each has a plan of its own, few between hooks."""
        return 1 if self.by_batch else min(self._model.steps_per_execution, most) if hooked else most

    def of(self, piece: Piece) -> tuple[Lowered, Terms]:
        """Return the plan for a piece and what its sums tell of."""
        model = self._model
        if self.by_batch:
            model.retrace(self._training, piece.inputs())
        elif self._outputs is not model.outputs:  # a callback has evaluated it, say
            self.begin()
        if self._objective is None:
            return model.lower(Purpose(FORWARD_BATCH, sparse=piece.samples.sparse)), _NO_TERMS
        samples = piece.samples
        shapes = [array.shape[1:] for array in samples.targets]
        heads = self._objective.heads(model.outputs, model.named_outputs(), shapes)
        terms, purpose = heads.asked(_capacity(piece.batch_size), self._training, samples, model.added_losses())
        return model.lower(purpose, terms.values), terms


def _capacity(rows: int) -> int:
    """Return the batch size to lower a plan for: few different small ones, so that plans are found again."""
    return rows if rows > _ROUNDED_BATCH else max(arguments.DEFAULT_BATCH, 1 << (rows - 1).bit_length())
