"""The supervisor's side of sessions: each keeps a slot and a box for as long as it lives."""

import os
import socket
import time

from . import channel
from .runs import Run

_GRACE_SECONDS = 0.5
_ALL_DAY_MS = 86_400_000


class Session:
    """What `Run` is for a program, for as long as the conversation lasts."""

    def __init__(self, header, slot, transactional):
        self.id = header["open"]
        self.limits = header["limits"]
        self.slot = slot
        self.transactional = transactional
        self.box = None
        self.cell = None
        self.opened = False
        self.control, self.inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def message(self, header):
        # Without transactions one process runs all cells, and its processor time adds up.
        limits = self.limits if self.transactional else {**self.limits, "cpuMs": _ALL_DAY_MS}
        return {
            "run": self.id,
            "session": True,
            "transactional": self.transactional,
            "user": self.slot.user,
            "scratch": self.slot.scratch,
            "limits": {**limits, "grouped": self.slot.group is not None},
            "seed": header.get("seed"),
        }

    def kill(self):
        self.box.kill()


class Cell(Run):
    """One cell in flight: stopped by the keeper if that still listens, else with its session."""

    def __init__(self, header, session):
        super().__init__({**header, "run": header["cell"]}, session.slot)
        self.session = session
        self._asked = False

    def begin(self, output):
        super().begin(output)
        if self.session.transactional:
            self.deadline += _GRACE_SECONDS

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
        code, cpu, report = message["code"], message["cpuMs"], message.get("report")
        if not (isinstance(code, int) and isinstance(cpu, int)):
            raise ValueError("a keeper's answer of the wrong shape")
        if message.get("stopped") == "timeout":
            self.stopped = self.stopped or "timeout"
        ended = {"code": code, "cpuMs": cpu, "peakBytes": 0}
        return ended, report if isinstance(report, dict) else {}


def empty_descriptors():
    return [os.open("/dev/null", os.O_RDWR) for _ in range(3)]
