"""Forks that wait for their program: in its box, with all rights given up, so that it need not wait for them.

There is one of each zygote while little is to be done. It serves a program with the limits that it was made
with, those of the programs before; any other program gets a fork of its own.
"""

import os
import socket

from . import channel
from .sessions import empty_descriptors

_GIVEN_BEFORE = ("memoryMb", "cpuMs", "processes", "files", "fileMb")


class _Spare:
    """Has a slot and a box, as a run does."""

    def __init__(self, number, limits, slot):
        self.id = f"spare {number}"
        self.limits = limits
        self.slot = slot
        self.box = None
        self.forked = False
        self.control, self.inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def start(self, program, descriptors):
        """One that has ended meanwhile does not listen; its zygote says so."""
        try:
            channel.send(self.control, program, descriptors)
        except OSError:
            pass
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
            self.control.close()


class Spares:
    def __init__(self, workshop):
        self._workshop = workshop
        self._limits = self._limits_before = None
        self._ready = {}
        self._made = 0
        self._paused = False

    def take(self, zygote, header):
        """One for the program, or None."""
        plain = header.get("seed") is None and not header.get("fetch")
        spare = self._ready.get(zygote)
        fits = spare is not None and plain and spare.limits == _of(header["limits"])
        return self._ready.pop(zygote) if fits else None

    def note(self, limits):
        """Those of a program that was started."""
        self._limits_before, self._limits = self._limits, _of(limits)
        self._paused = False

    def refill(self):
        """Limits that were asked for twice in a row are taken to be those of the next program, too."""
        if self._workshop.boxes is None or self._limits is None or self._paused:
            return
        for zygote in (self._workshop.world.light, self._workshop.world.heavy):
            spare = self._ready.get(zygote)
            if spare is not None and spare.limits != self._limits == self._limits_before:
                self.dismiss(self._ready.pop(zygote))
            if zygote not in self._ready and self._workshop.has_box():
                self._order(zygote)

    def _order(self, zygote):
        try:
            with self._workshop.bounded_slot(self._limits) as slot:
                descriptors = empty_descriptors()
                self._made += 1
                spare = _Spare(self._made, self._limits, slot)
        except OSError:
            self._paused = True
            return
        message = {"run": spare.id, "spare": True, "limits": spare.limits, "seed": None}
        self._workshop.order_fork(zygote, message, spare, descriptors, [spare.inner.fileno()])
        spare.inner.close()
        self._ready[zygote] = spare

    def hear(self, order, message):
        for zygote, spare in list(self._ready.items()):
            if spare.id != order:
                continue
            if "forked" in message:
                spare.forked = True
            else:  # whatever ended it would end the next one, too
                self._paused = True
                self.dismiss(self._ready.pop(zygote))

    def dismiss(self, spare):
        """Ends one that nobody wants."""
        spare.control.close()
        spare.box.kill()
        self._workshop.give_back(spare)

    def close(self):
        for spare in self._ready.values():
            spare.box.kill()


def _of(limits):
    return {key: limits[key] for key in _GIVEN_BEFORE}
