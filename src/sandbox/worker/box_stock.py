"""The boxes of a worker: those that are ready, and those whose end is awaited.

A box in which nothing was ever written and nothing is alive is as good as new, and is used again. New ones
are ordered when half of the stock is gone, so that programs which run long do not make it grow and shrink,
or when no program runs.
"""

from . import channel
from .box import Box
from .worker_lost import WorkerLost


class BoxStock:
    def __init__(self, maker, most, give_back_slot):
        self._maker = maker
        self._most = most
        self._give_back_slot = give_back_slot
        self._ready = []
        self._dying = {}
        self._dead = set()
        self._ordered = 0
        self.refill()

    def __len__(self):
        return len(self._ready)

    def take(self):
        box = self._ready.pop()
        if self._present() <= self._most // 2:
            self.refill()
        return box

    def take_back(self, box):
        """False where it is none of ours, or has been used, has ended or is one too many."""
        fine = box is not None and box.pid not in self._dead and len(self._ready) < self._most
        if fine and box.is_untouched():
            self._ready.append(box)
            return True
        return False

    def await_end(self, box, slot):
        """The slot is free when nothing in the box is alive any more; the box must have been killed."""
        box.close()
        if box.pid in self._dead:  # its end was told before that of the program in it
            self._dead.discard(box.pid)
            self._give_back_slot(slot)
        else:
            self._dying[box.pid] = slot

    def hear(self):
        """Takes new boxes and learns which have ended."""
        for message, descriptors in channel.receive_all(self._maker):
            if message is None:
                raise WorkerLost("the box maker is gone")
            if "box" in message:
                self._ordered -= 1
                self._ready.append(Box(descriptors[0], message["box"], descriptors[1:]))
            else:
                self._bury(message["dead"])

    def _bury(self, pid):
        if pid in self._dying:
            self._give_back_slot(self._dying.pop(pid))
        elif any(box.pid == pid for box in self._ready):
            raise WorkerLost("a box that was ready ended by itself")
        else:
            self._dead.add(pid)

    def _present(self):
        return len(self._ready) + self._ordered

    def refill(self):
        """Orders what is lacking: when little is left, or when there is nothing else to do."""
        lacking = self._most - self._present()
        if lacking > 0:
            channel.send(self._maker, {"make": lacking})
            self._ordered += lacking
