"""Programs that take long: a few run after the short ones, lightly and in turns; the others are frozen.

While there are short programs one of them runs for an eighth of the time, otherwise several. So a crowd of
endless programs neither holds the slots nor crowds the processors, and the memory that it has taken so far is
all that it takes. Frozen time is not run time. What is long is a matter of what is usual (`usual_time`).
"""

import os
import time

_TURN_SECONDS = 0.1
_CALM_SECONDS = 0.02
_BUSY_TURNS = 8  # one of these is for long programs
_MOST_PARKED = 128
_MOST_PARKED_BYTES = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 8 // (os.cpu_count() or 1)


class Turns:
    def __init__(self, places):
        self._most = places
        # Runs whose time goes on, by id: all that are not frozen.
        self.timed = {}
        self._calm_from = 0.0
        self._busy_since = 0.0
        self._turn_ends = {}  # of those that run
        self._parked = []

    def are_crowded(self):
        """Whether more programs take long than ever run at once."""
        return len(self._parked) + len(self._turn_ends) > self._most

    def note_short_programs(self, now):
        if self._is_calm(now):
            self._busy_since = now
        self._calm_from = now + _CALM_SECONDS

    def take_in(self, run, now):
        """False where there is no place for it yet: then it keeps its slot."""
        if self._most == 0:
            return False
        if len(self._turn_ends) < self._places(now):
            self._let_run(run, now)
        elif not self._park(run, now):
            return False
        return True

    def take_out(self, run):
        """The program has ended."""
        if run in self._parked:
            self._parked.remove(run)
        elif self._turn_ends.pop(run, None) is not None:
            self._let_more_run(time.monotonic())

    def pass_on(self, now):
        """Ends the turns that are over, where somebody waits for one or fewer may run."""
        for run, end in list(self._turn_ends.items()):
            surplus = len(self._turn_ends) > self._places(now)
            if end <= now and (surplus or self._parked) and self._park(run, now):
                del self._turn_ends[run]
        self._let_more_run(now)

    def next_end(self):
        """When there is something to pass on, not too soon."""
        if not self._parked and len(self._turn_ends) < 2:
            return float("inf")
        waited_for = [*self._turn_ends.values()]
        if self._parked:
            waited_for.append(self._calm_from)
        return max(min(waited_for), time.monotonic() + _TURN_SECONDS / 10)

    def _is_calm(self, now):
        return now >= self._calm_from

    def _places(self, now):
        if self._is_calm(now):
            return self._most
        busy_turns = int((now - self._busy_since) / _TURN_SECONDS)
        return 1 if busy_turns % _BUSY_TURNS == _BUSY_TURNS - 1 else 0

    def _let_run(self, run, now):
        run.go_on(now, lightly=self._is_calm(now))
        self.timed[run.id] = run
        self._turn_ends[run] = now + _TURN_SECONDS

    def _let_more_run(self, now):
        while self._parked and len(self._turn_ends) < self._places(now):
            run = min(self._parked, key=lambda parked: parked.turns)  # of equals who waits longest
            self._parked.remove(run)
            if run.held_bytes is not None:  # else it was stopped, and is on its way out
                self._let_run(run, now)

    def _park(self, run, now):
        held = sum(parked.held_bytes or 0 for parked in self._parked)
        room = len(self._parked) < _MOST_PARKED and held < _MOST_PARKED_BYTES
        if not (room and run.park(now)):
            return False
        self._parked.append(run)
        del self.timed[run.id]
        return True
