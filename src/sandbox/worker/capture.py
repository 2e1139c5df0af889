"""The first and last bytes of an output that may be endless, in bounded memory."""

from collections import deque


class Capture:
    def __init__(self, head_bytes, tail_bytes):
        self.total = 0
        self._head = bytearray()
        self._tail = deque()
        self._tail_size = 0
        self._head_bytes, self._tail_bytes = head_bytes, tail_bytes

    def add(self, chunk):
        self.total += len(chunk)
        room = self._head_bytes - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if chunk:
            self._tail.append(chunk)
            self._tail_size += len(chunk)
            while self._tail_size - len(self._tail[0]) >= self._tail_bytes:
                self._tail_size -= len(self._tail.popleft())

    def parts(self):
        """(head, tail): what was kept; between them `total` less both lengths was dropped."""
        return bytes(self._head), b"".join(self._tail)[-self._tail_bytes :]
