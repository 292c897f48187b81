"""TensorBoard's event files, made with the tensorboard package, which is imported where a file is opened.

None of what is used here imports TensorFlow, also where that is installed.
"""

import os
import struct
import time
import zlib
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BUCKETS = 30  # of a histogram
_numbers = count()


def check_installed() -> None:
    """Raise an ImportError if there is no tensorboard."""
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        raise ImportError(
            "The callback TensorBoard needs the package tensorboard: pip install 'fastmlp[tensorboard]'"
        ) from None


class EventFile:
    """A new event file in a folder, of the kind that TensorFlow 2 writes: every value is a tensor with a plugin.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        from tensorboard.compat.proto.event_pb2 import SourceMetadata
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        ending = f"{int(time.time()):010d}.{os.uname().nodename}.{os.getpid()}.{next(_numbers)}.v2"
        self._records = RecordWriter((folder / f"events.out.tfevents.{ending}").open("xb"))
        self._write(file_version="brain.Event:2", source_metadata=SourceMetadata(writer="fastmlp.callbacks"))
        self.flush()

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Add a point of a curve."""
        from tensorboard.plugins.scalar.metadata import create_summary_metadata

        self._add(tag, np.float32(value), create_summary_metadata(None, None), step)

    def histogram(self, tag: str, values: NDArray[Any], step: int) -> None:
        """Add the histogram of an array; what is not finite is left out."""
        from tensorboard.plugins.histogram.metadata import create_summary_metadata

        self._add(tag, _histogram(values[np.isfinite(values)]), create_summary_metadata(None, None), step)

    def image(self, tag: str, pixels: NDArray[Any], step: int) -> None:
        """Add a grey image, shape (rows, columns); black is 0, white is 1, and so is what is beyond."""
        from tensorboard.plugins.image.metadata import create_summary_metadata

        rows, columns = pixels.shape
        content = [str(columns).encode(), str(rows).encode(), _png(pixels)]
        self._add(tag, np.array(content, object), create_summary_metadata(None, None), step)

    def keras_model(self, tag: str, config: str) -> None:
        """Add the config of a model, as JSON, for TensorBoard's drawing of its layers."""
        from tensorboard.compat.proto.summary_pb2 import SummaryMetadata

        metadata = SummaryMetadata()
        metadata.plugin_data.plugin_name = "graph_keras_model"
        metadata.plugin_data.content = b"1"  # version of the format
        self._add(tag, np.array(config.encode(), object), metadata, 0)

    def flush(self) -> None:
        """Let others see what was added."""
        self._records.flush()

    def close(self) -> None:
        """Close the file."""
        self._records.close()

    def _add(self, tag: str, value: Any, metadata: Any, step: int) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.util.tensor_util import make_tensor_proto

        summary = Summary()
        summary.value.add(tag=tag, metadata=metadata, tensor=make_tensor_proto(value))
        self._write(step=step, summary=summary)

    def _write(self, **fields: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._records.write(Event(wall_time=time.time(), **fields).SerializeToString())


def _histogram(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return for each bucket where it begins and ends and how many values it has; of equal values, all in the last."""
    least, greatest = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    counts = np.zeros(_BUCKETS)
    edges = np.linspace(least, greatest, _BUCKETS + 1)
    if least < greatest:
        counts, _ = np.histogram(values, edges)
    else:
        counts[-1] = values.size
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def _png(pixels: NDArray[Any]) -> bytes:
    """Return an image, shape (rows, columns), as a PNG file with 8 bits a pixel.

    Reference: Portable Network Graphics (PNG) Specification, W3C, sections 5 and 11.
    """
    rows, columns = pixels.shape
    grey = np.clip(np.nan_to_num(pixels) * 255.5, 0, 255).astype(np.uint8)
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), grey], axis=1)  # each behind the number of its filter, none

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines.tobytes())), chunk(b"IEND", b"")]
    )
