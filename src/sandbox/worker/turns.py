"""Programs that take long: a few run beside the short ones, lightly and in turns; the others are frozen.

So a crowd of endless programs neither holds the slots nor crowds the processors, and the memory that it
has taken so far is all that it takes. Frozen time is not run time.
"""

import time
from collections import deque

_TURN_SECONDS = 0.1
_MOST_PARKED = 128
_MOST_PARKED_BYTES = 1 << 30


class Turns:
    def __init__(self, places):
        self._places = places
        self._turn_ends = {}  # of those that run
        self._parked = deque()

    def take_in(self, run, now):
        """False where there is no place for it yet: then it keeps its slot."""
        if self._places == 0:
            return False
        if len(self._turn_ends) < self._places:
            self._let_run(run, now)
        elif not self._park(run, now):
            return False
        return True

    def take_out(self, run):
        """The program has ended."""
        if run in self._parked:
            self._parked.remove(run)
        elif self._turn_ends.pop(run, None) is not None:
            self._let_next_run()

    def pass_on(self, now):
        """Ends the turns that are over, where somebody waits for one."""
        for run, end in list(self._turn_ends.items()):
            if not self._parked:
                return
            if end <= now and self._park(run, now):
                del self._turn_ends[run]
                self._let_next_run()

    def next_end(self):
        ends = self._turn_ends.values() if self._parked else ()
        return max(min(ends, default=float("inf")), time.monotonic() + _TURN_SECONDS / 10)

    def _let_run(self, run, now):
        run.go_on(now)
        self._turn_ends[run] = now + _TURN_SECONDS

    def _let_next_run(self):
        while self._parked:
            run = self._parked.popleft()
            if run.held_bytes is not None:  # else it was stopped, and is on its way out
                self._let_run(run, time.monotonic())
                return

    def _park(self, run, now):
        held = sum(parked.held_bytes or 0 for parked in self._parked)
        room = len(self._parked) < _MOST_PARKED and held < _MOST_PARKED_BYTES
        if not (room and run.park(now)):
            return False
        self._parked.append(run)
        return True
