"""What a program commonly takes of the processor, learnt from those that came to an end by themselves."""

from collections import deque

_REMEMBERED = 31
_DEVIATIONS = 4
_LEAST_SHARE = 1.5
# Less for the median: whoever prints much or starts processes gets no more than others commonly take.
_LEAST_USUAL_SECONDS, _LEAST_SECONDS, MOST_SECONDS = 0.001, 0.004, 0.05


class UsualTime:
    """The median of the last ones and their median deviation from it, which some that take long do not change."""

    def __init__(self):
        self._last = deque([MOST_SECONDS] * _REMEMBERED, _REMEMBERED)
        self._usual = self._most = MOST_SECONDS

    def note(self, seconds):
        self._last.append(min(seconds, MOST_SECONDS))
        median = _median(self._last)
        deviation = _median(abs(had - median) for had in self._last)
        most = max(median + _DEVIATIONS * deviation, median * _LEAST_SHARE, _LEAST_SECONDS)
        self._usual, self._most = max(median, _LEAST_USUAL_SECONDS), min(most, MOST_SECONDS)

    def usual(self):
        """Seconds that about half of the programs exceed."""
        return self._usual

    def most(self):
        """Seconds that hardly any of them exceeds."""
        return self._most


def _median(values):
    return sorted(values)[_REMEMBERED // 2]
