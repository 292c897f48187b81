"""The C kernels as Python calls: prototypes and enums are read from `src_c/fm.h`, addresses come from the engine."""

import copy
import ctypes
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fastmlp import _engine

HEADER = re.sub(r"/\*.*?\*/", "", (Path(__file__).parents[2] / "src_c" / "fm.h").read_text(), flags=re.DOTALL)

ISAS = [isa for isa in _engine.isa_names() if _engine.isa_supported(isa)]
FUSED = [isa for isa in ISAS if isa != "baseline"]  # these must agree in every bit
VECTOR_BYTES = {"baseline": 16, "neon": 16, "avx2": 32, "avx512": 64}
DTYPES = ("float32", "float64")
SIZES = (1, 2, 7, 15, 16, 17, 33, 100, 301)  # of rows to reduce or of columns: around every vector length
GUARD = 64  # elements before and behind a Padded matrix
TYPES = {"size_t": ctypes.c_size_t, "int": ctypes.c_int, "double": ctypes.c_double, "uint64_t": ctypes.c_uint64}


def enum(name: str) -> dict[str, int]:
    """Return the members of an enum of fm.h: {"relu": 1, ...} for "fm_activation"."""
    body = re.search(r"typedef enum \{([^}]*)\} " + name + ";", HEADER)
    assert body is not None
    members: dict[str, int] = {}
    value = 0
    for member in filter(None, (m.strip() for m in body[1].split(","))):
        key, _, explicit = (part.strip() for part in member.partition("="))
        value = members[explicit] if explicit in members else int(explicit) if explicit else value
        members[key] = value
        value += 1
    return {
        key.removeprefix("FM_").lower(): value
        for key, value in members.items()
        if not key.endswith("_COUNT") and not key.startswith("FM_FIRST_")
    }


def prototypes() -> Iterator[tuple[str, Any]]:
    struct = re.search(r"typedef struct fm_kernels \{(.*?)\} fm_kernels;", HEADER, flags=re.DOTALL)
    assert struct is not None
    for result, name, arguments in re.findall(r"(\w+) \(\*(\w+)\)\(([^)]*)\);", struct[1]):
        types = [ctypes.c_void_p if "*" in a else TYPES[a.split()[0]] for a in arguments.split(",")]
        yield name, ctypes.CFUNCTYPE(TYPES.get(result), *types)


PROTOTYPES = dict(prototypes())


def aligned(count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    itemsize = np.dtype(dtype).itemsize
    raw = np.empty(count * itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + count * itemsize].view(dtype)


class Padded:
    """A matrix of `cols` columns in rows of `ld` elements, between guards, `offset` elements off a 64-byte boundary.

    All that is not the matrix, but for the padding of weights and gradients, holds a number that would spoil any result
    that used it.
    """

    def __init__(
        self,
        value: npt.ArrayLike,
        dtype: npt.DTypeLike,
        ld: int | None = None,
        *,
        offset: int = 0,
        padding: float = 1e30,
    ) -> None:
        value = np.atleast_2d(value)
        self.rows, self.cols = value.shape
        self.ld = (self.cols + 15) // 16 * 16 if ld is None else ld
        self.first = GUARD + offset
        self.memory = aligned(self.rows * self.ld + 2 * GUARD + offset, dtype)
        self.memory[:] = 1e30
        self.storage[:] = padding
        self.value[:] = value

    @property
    def storage(self) -> npt.NDArray[Any]:
        return self.memory[self.first : self.first + self.rows * self.ld].reshape(self.rows, self.ld)

    @property
    def value(self) -> npt.NDArray[Any]:
        return self.storage[:, : self.cols]

    def copy(self) -> "Padded":
        other = copy.copy(self)
        other.memory = aligned(self.memory.size, self.memory.dtype)
        other.memory[:] = self.memory
        return other

    def changed_outside(self, before: "Padded", rows: slice, cols: slice) -> bool:
        """Return whether anything but [rows, cols] differs from `before`, guards and padding included."""
        rest = before.copy()
        rest.storage[rows, cols] = self.storage[rows, cols]
        return rest.memory.tobytes() != self.memory.tobytes()


class Step(ctypes.Structure):
    """fm_step, made of names: Step("adam", (0.01, 0.9, 0.999, 1e-7), clip=1.0)."""

    _fields_ = (
        ("optimizer", ctypes.c_int),
        ("h", ctypes.c_double * 8),
        *((name, ctypes.c_double) for name in ("l1", "l2", "clip", "decay")),
    )

    def __init__(self, optimizer: str, h: tuple[float, ...], **terms: float) -> None:
        super().__init__(enum("fm_optimizer")[optimizer], (ctypes.c_double * 8)(*h), **terms)


class Csr(ctypes.Structure):
    """fm_array, of the rows of a CSR matrix."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("stride", ctypes.c_size_t),
        ("dtype", ctypes.c_int),
        ("columns", ctypes.c_void_p),
        ("starts", ctypes.c_void_p),
    )

    def __init__(self, values: npt.NDArray[Any], columns: npt.NDArray[Any], starts: npt.NDArray[Any]) -> None:
        arrays = values, columns.astype(np.int32), starts.astype(np.int64)
        super().__init__(arrays[0].ctypes.data, 0, 0, arrays[1].ctypes.data, arrays[2].ctypes.data)
        self.arrays = arrays  # kept alive


MAX_SLOTS = 4

Argument = Padded | list[Padded] | Step | Csr | npt.NDArray[Any] | tuple[float, ...] | float | None


def pointer(argument: Argument) -> Any:
    match argument:
        case Padded():
            return argument.storage.ctypes.data
        case np.ndarray():
            return argument.ctypes.data
        case list():
            return ctypes.cast((ctypes.c_void_p * MAX_SLOTS)(*map(pointer, argument)), ctypes.c_void_p)
        case Step() | Csr():
            return ctypes.addressof(argument)
        case tuple():
            return ctypes.cast((ctypes.c_double * len(argument))(*argument), ctypes.c_void_p)
    return argument


def fresh(argument: Argument) -> Any:
    return [a.copy() for a in argument] if isinstance(argument, list) else argument.copy()  # type: ignore[union-attr]


def visible(argument: Any) -> bytes:
    if isinstance(argument, list):
        return b"".join(map(visible, argument))
    return (argument.value if isinstance(argument, Padded) else argument).tobytes()


def run(name: str, dtype: str, *arguments: Argument, outputs: tuple[int, ...] = (0,)) -> dict[str, list[Any]]:
    """Run a kernel on every ISA of this machine, each time on copies of the arguments that are `outputs`.

    Returns these copies for each ISA, after a check that the ISAs with fused multiply-add agree in every bit.
    """
    results: dict[str, list[Any]] = {}
    for isa in ISAS:
        call = list(arguments)
        for i in outputs:
            call[i] = fresh(arguments[i])
        # One object twice among the arguments is an operation in place.
        call = [
            next((call[o] for o in outputs if arguments[o] is a and isinstance(a, Padded)), a)
            if i not in outputs
            else a
            for i, a in enumerate(call)
        ]
        PROTOTYPES[name](_engine.kernels(isa, dtype)[name])(*map(pointer, call))
        results[isa] = [call[i] for i in outputs]
    for i in range(len(outputs)):
        assert len({visible(results[isa][i]) for isa in FUSED}) <= 1, f"{FUSED} differ in argument {outputs[i]}"
    return results
