"""The supervisor's side of sessions: each keeps a slot and a box for as long as it lives."""

import os
import socket
import time

from . import channel, report
from .runs import Run

_GRACE_SECONDS = 0.5
_ALL_DAY_MS = 86_400_000
_EXIT_CODES = range(-64, 256)
_CPU_MS = range(_ALL_DAY_MS)


class Session:
    """What `Run` is for a program, for as long as the conversation lasts."""

    def __init__(self, header, slot, transactional):
        self.id = header["open"]
        self.limits = header["limits"]
        self.slot = slot
        self.transactional = transactional
        self.box = None
        self.cell = None
        self.closing = False
        self.killed = False
        self.opening_since = time.monotonic()
        self.control, self.inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def message(self, header):
        # Without transactions one process runs all cells, and its processor time adds up.
        limits = self.limits if self.transactional else {**self.limits, "cpuMs": _ALL_DAY_MS}
        return {
            "run": self.id,
            "session": True,
            "transactional": self.transactional,
            "limits": limits,
            "seed": header.get("seed"),
        }

    def was_ended_from_outside(self, cell):
        """Somebody killed the box while nothing had stopped the cell: no doing of the program."""
        boxed = self.box is not None and self.box.pid is not None
        return boxed and not self.killed and cell.stopped is None and self.box.is_ending()

    def kill(self):
        self.killed = True
        if self.box is not None:
            self.box.kill()


class Cell(Run):
    """One cell in flight: stopped by the keeper if that still listens, else with its session."""

    def __init__(self, header, session, usual_time):
        super().__init__({**header, "run": header["cell"]}, session.slot, usual_time)
        self.session = session
        self._asked = False

    def begin(self, output):
        super().begin(output)
        self.owed_since = None  # a keeper that does not answer is ended with its session
        if self.session.transactional:
            self.deadline += _GRACE_SECONDS

    def park(self, now):
        """Never: its keeper counts the time of its own, and the freezer would not stop that."""
        return False

    def kill(self):
        if not self.session.transactional or self._asked:
            self.session.kill()
            return
        self._asked = True
        self.deadline = time.monotonic() + _GRACE_SECONDS
        try:
            channel.send(self.session.control, {"stop": True})
        except OSError:
            self.session.kill()

    def take(self, message):
        """Reads the keeper's answer, which a cell could have forged: wrong shapes end the session."""
        code, cpu = message["code"], message["cpuMs"]
        if code not in _EXIT_CODES or cpu not in _CPU_MS:
            raise ValueError("a keeper's answer of the wrong shape")
        if message.get("stopped") == "timeout":
            self.stopped = self.stopped or "timeout"
        ended = {"code": int(code), "cpuMs": int(cpu), "peakBytes": 0}
        return ended, report.checked(message.get("report"))


def empty_descriptors():
    return [os.open("/dev/null", os.O_RDWR) for _ in range(3)]
