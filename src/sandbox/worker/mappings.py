"""Joins the mappings of each library, so that a fork copies half as many (measured: 387 instead of 723).

A library is mapped in parts that differ in their rights only: headers, code and constants, then what was bound
at its loading and its data. With the same rights neighbours are one mapping. What was read-only becomes
executable or writable by that, which is nothing to a process that may map what it likes.
"""

import ctypes

_READ, _WRITE, _EXECUTE = 1, 2, 4


class _Part:
    def __init__(self, line):
        area, self.rights, offset, _, _, *path = line.split(None, 5)
        self.start, self.end = (int(number, 16) for number in area.split("-"))
        self.offset = int(offset, 16)
        self.path = path[0].rstrip() if path else ""

    def is_followed_by(self, other):
        return (
            self.path.startswith("/")
            and self.path == other.path
            and self.end == other.start
            and self.offset + self.end - self.start == other.offset
        )


def join():
    """Where a change is refused, all stays as it is."""
    libc = ctypes.CDLL(None)
    for part, rights in _changes(_parts()):
        libc.mprotect(ctypes.c_void_p(part.start), ctypes.c_size_t(part.end - part.start), rights)


def _parts():
    try:
        with open("/proc/self/maps") as lines:
            return [_Part(line) for line in lines]
    except OSError:
        return []


def _changes(parts):
    """A read-only part before a writable one takes its rights; one beside code takes those of the code."""
    for index, part in enumerate(parts):
        if part.rights != "r--p":
            continue
        before = parts[index - 1] if index and parts[index - 1].is_followed_by(part) else None
        after = parts[index + 1] if index + 1 < len(parts) and part.is_followed_by(parts[index + 1]) else None
        if after and after.rights == "rw-p":
            yield part, _READ | _WRITE
        elif (before and before.rights == "r-xp") or (after and after.rights == "r-xp"):
            yield part, _READ | _EXECUTE
