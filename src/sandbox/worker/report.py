"""What a child tells of itself: its exception, and the files that were asked for.

It is text in shared memory without a descriptor. A snippet could forge it and would gain nothing: whether
it ended well is the kernel's word, only the right shapes are taken, and what failed before the snippet
began is believed only of a child in which it never began.
"""

import json
import os
import struct

_SIZE = 65536
_SIZE_WITH_FILES = 32 << 20
_LENGTH = struct.Struct("I")
_EXCEPTION = ("type", "message", "text")


def size(with_files):
    """Bytes of the shared memory: of the length and, behind it, the text."""
    return _SIZE_WITH_FILES if with_files else _SIZE


class Report:
    """The child's side. `begin` makes the mark by which its zygote knows that the snippet began.

    Most have nothing to tell: `find_shared` gives the memory when it is needed.
    """

    def __init__(self, find_shared, begin):
        self._find_shared = find_shared
        self._found = None
        self.begin = begin

    @property
    def _shared(self):
        if self._found is None:
            self._found = self._find_shared()
        return self._found

    def forget(self):
        self._shared[: _LENGTH.size] = bytes(_LENGTH.size)

    def write(self, content):
        encoded = json.dumps(content).encode()
        if len(encoded) <= len(self._shared) - _LENGTH.size:
            self._shared[: _LENGTH.size + len(encoded)] = _LENGTH.pack(len(encoded)) + encoded

    def add(self, content):
        self.write({**self.told(), **content})

    def told(self):
        """What a snippet may tell, in its right shape; empty where it told nothing."""
        return checked(parsed(text_in(self._shared)))


def text_in(shared):
    """The text as its length tells it; empty where that cannot be."""
    (length,) = _LENGTH.unpack(shared[: _LENGTH.size])
    fits = length <= len(shared) - _LENGTH.size
    return bytes(shared[_LENGTH.size : _LENGTH.size + length]) if fits else b""


def read(descriptor):
    """The text of a report that is a file."""
    (length,) = _LENGTH.unpack(os.pread(descriptor, _LENGTH.size, 0))
    return os.pread(descriptor, min(length, _SIZE_WITH_FILES), _LENGTH.size)


def parsed(text):
    """The object that the text is, else None. Numbers are not read: nobody asks for them, and long ones take long."""
    try:
        content = json.loads(text, parse_int=_unread, parse_float=_unread) if text else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _unread(_digits):
    return None


def set_up_failure(content, code):
    """Why a snippet never began: what its fork told or, where that could not tell, how it ended.

    None where it was killed, which may be the doing of a limit.
    """
    if content is not None:
        return str(content.get("setUp"))
    return None if code < 0 else f"a fork ended with status {code} before its snippet began"


def checked(content):
    """The known parts of what somebody may have forged."""
    kept = {}
    if not isinstance(content, dict):
        return kept
    exception, files = content.get("exception"), content.get("files")
    if isinstance(exception, dict) and all(isinstance(exception.get(k), str) for k in _EXCEPTION):
        kept["exception"] = {k: exception[k] for k in _EXCEPTION}
    if isinstance(files, dict) and all(isinstance(text, str) for text in files.values()):
        kept["files"] = files
    return kept
