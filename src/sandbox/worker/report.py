"""What a child tells of itself: its exception, and the files that were asked for.

It is text in shared memory without a descriptor. A snippet could forge it and would gain nothing: whether
it ended well is the kernel's word, only the right shapes are taken, and what failed before the snippet
began is believed only of a child in which it never began.
"""

import json
import mmap
import struct

_SIZE = 65536
_SIZE_WITH_FILES = 32 << 20
_HEADER = struct.Struct("I")
_EXCEPTION = ("type", "message", "text")


class Report:
    """Made before the fork; both sides have it."""

    def __init__(self, with_files=False):
        self.with_files = with_files
        self._shared = mmap.mmap(-1, _SIZE_WITH_FILES if with_files else _SIZE)
        self._begun = mmap.mmap(-1, mmap.PAGESIZE)

    def begin(self):
        """In the child before the snippet's first line, out of whose reach it puts the mark."""
        self._begun[0] = 1
        self._begun.close()

    def forget(self):
        self._shared[: _HEADER.size] = bytes(_HEADER.size)

    def write(self, content):
        encoded = json.dumps(content).encode()
        if len(encoded) <= len(self._shared) - _HEADER.size:
            self._shared[: _HEADER.size + len(encoded)] = _HEADER.pack(len(encoded)) + encoded

    def add(self, content):
        self.write({**self.told(), **content})

    def told(self):
        """What a snippet may tell, in its right shape; empty where it told nothing."""
        return checked(self._content(), len(self._shared))

    def has_begun(self):
        return bool(self._begun[0])

    def set_up_failure(self):
        """Why the snippet never began, or None."""
        content = None if self.has_begun() else self._content()
        return str(content.get("setUp")) if isinstance(content, dict) else None

    def close(self):
        self._shared.close()
        self._begun.close()

    def _content(self):
        (length,) = _HEADER.unpack(self._shared[: _HEADER.size])
        if not 0 < length <= len(self._shared) - _HEADER.size:
            return None
        try:
            return json.loads(self._shared[_HEADER.size : _HEADER.size + length])
        except (ValueError, RecursionError):
            return None


def checked(content, most=_SIZE):
    """The known parts of what somebody may have forged; nothing of it where it is too large to pass on."""
    kept = {}
    if not isinstance(content, dict):
        return kept
    exception, files = content.get("exception"), content.get("files")
    if isinstance(exception, dict) and all(isinstance(exception.get(k), str) for k in _EXCEPTION):
        kept["exception"] = {k: exception[k] for k in _EXCEPTION}
    if isinstance(files, dict) and all(isinstance(text, str) for text in files.values()):
        kept["files"] = files
    return kept if len(json.dumps(kept)) <= most else {}
