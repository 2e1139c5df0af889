"""What goes back to the client, who may be busy for minutes: it waits here, never the loop."""

import os
import selectors
from collections import deque

from . import frames


class Answers:
    def __init__(self, descriptor, selector):
        self._descriptor = descriptor
        self._selector = selector
        self._waiting = deque()
        os.set_blocking(descriptor, False)

    def send(self, header, body=b""):
        self._waiting.append(memoryview(frames.encode(header, body)))
        if len(self._waiting) == 1:
            self._write()

    def _write(self):
        while self._waiting:
            try:
                written = os.write(self._descriptor, self._waiting[0])
            except BlockingIOError:
                break
            if written == len(self._waiting[0]):
                self._waiting.popleft()
            else:
                self._waiting[0] = self._waiting[0][written:]
        self._watch(bool(self._waiting))

    def _watch(self, wanted):
        if wanted == (self._descriptor in self._selector.get_map()):
            return
        if wanted:
            self._selector.register(self._descriptor, selectors.EVENT_WRITE, self._write)
        else:
            self._selector.unregister(self._descriptor)
