"""What a program commonly takes of the processor, learnt from those that came to an end by themselves."""

_WEIGHT = 1 / 16
_SPREADS = 4
_LEAST_SECONDS, MOST_SECONDS = 0.004, 0.05


class UsualTime:
    """Mean and spread as TCP keeps them of its round trips (RFC 6298): each new value has a small weight."""

    def __init__(self):
        self._mean = self._spread = MOST_SECONDS / (1 + _SPREADS)

    def note(self, seconds):
        had = min(seconds, MOST_SECONDS)
        off = abs(had - self._mean)
        self._mean += _WEIGHT * (had - self._mean)
        self._spread += _WEIGHT * (off - self._spread)

    def usual(self):
        """Seconds that about half of the programs exceed."""
        return max(self._mean, _LEAST_SECONDS)

    def most(self):
        """Seconds that hardly any of them exceeds."""
        return min(max(self._mean + _SPREADS * self._spread, _LEAST_SECONDS), MOST_SECONDS)
