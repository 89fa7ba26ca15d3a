"""An access line with delay, jitter, loss and reordering: the C program `line` in the middle."""

import dataclasses
import subprocess


@dataclasses.dataclass
class Faults:
    """Each way: milliseconds, per cent, kbit/s (0 = no limit)."""
    delay: float = 0
    jitter: float = 0
    loss: float = 0
    reorder: float = 0
    duplicate: float = 0
    corrupt: float = 0
    rate: float = 0


class Line:
    def __init__(self, universe, first, second, faults):
        self._process = universe.wan.popen(universe.tool('line'), first, second,
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.set(faults)

    def set(self, faults):
        pairs = dataclasses.asdict(faults).items()
        self._process.stdin.write(' '.join(f'{key} {value}' for key, value in pairs) + '\n')
        self._process.stdin.flush()
        if self._process.stdout.readline() != 'ok\n':
            raise RuntimeError('the line has gone')
