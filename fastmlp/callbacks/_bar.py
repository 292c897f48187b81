"""A bar that grows in a terminal. Imports tqdm: import this where a bar is drawn."""

import shutil
import sys
from typing import IO, Any

from tqdm import tqdm


class Bar(tqdm):  # type: ignore[type-arg]  # generic in its stubs only
    """A bar on standard output, which it takes away whenever something else is printed there.

    Where the terminal is too narrow for all, the bar shrinks, then the time left goes, so that the description stays.

    Parameters
    ----------
    total : int or None
        What a full bar stands for; None: nobody knows, and there is no bar.
    width : int
        Characters of a full bar where there is room for them.
    """

    monitor_interval = 0  # no thread of tqdm's, which would stand in the way of fork

    def __init__(self, total: int | None, width: int) -> None:
        self._samples = total
        self._width = width
        self._drawn = False
        self._stdout = sys.stdout
        self._above = _Above(self._stdout, self)
        # tqdm draws nothing in a terminal of 0 x 0, which is what one that does not know its size says.
        super().__init__(total=total, leave=False, file=self._stdout, ncols=80, nrows=24)
        sys.stdout = self._above

    def close(self) -> None:
        """Take the bar away and leave standard output as it was."""
        if sys.stdout is self._above:
            sys.stdout = self._stdout
        super().close()

    def display(self, msg: str | None = None, pos: int | None = None) -> Any:  # a bool, None in its stubs
        """Draw the bar, or `msg` in its place; return whether there was room."""
        self._drawn = True
        return super().display(msg, pos)

    def make_way(self) -> None:
        """Take the bar away until it is drawn again."""
        if self._drawn:
            self._drawn = False
            self.clear()

    def __str__(self) -> str:
        columns = shutil.get_terminal_size().columns - 1  # 79 where the terminal does not know its size
        values = {**self.format_dict, "ncols": None, "bar_format": " - ETA: {remaining}"}
        if self._samples is None:
            return f"{self.n}{self.desc or ''}"[:columns]
        count, time_left, description = f"{self.n}/{self._samples}", self.format_meter(**values), self.desc or ""
        width = min(self._width, columns - len(f"{count} []{time_left}{description}"))
        if width > 0:
            grown = "=" * (width * int(self.n) // self._samples)
            count += f" [{grown:.<{width}}]"
        if len(f"{count}{time_left}{description}") > columns:
            time_left = ""
        return f"{count}{time_left}{description}"[:columns]  # a line that wraps could not be drawn again


class _Above:
    """Standard output while there is a bar: what is written goes where the bar was, the bar comes again below."""

    def __init__(self, stream: IO[str], bar: Bar) -> None:
        self._stream = stream
        self._bar = bar

    def write(self, text: str) -> int:
        """Write as the stream does."""
        self._bar.make_way()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
