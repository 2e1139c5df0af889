"""Programs in flight: how each is started, what is heard of it, and what the client is told."""

import heapq
import itertools
import os
import time

from . import channel, imports
from .box import Box
from .memory_files import opened
from .runs import Run
from .spares import Spares
from .usual_time import UsualTime

_REST_SECONDS = 0.02
_MUCH_AT_ONCE = 1 << 16


class Executions:
    def __init__(self, workshop, turns):
        self._workshop = workshop
        self._turns = turns
        self._spares = Spares(workshop)
        self._ordered = {}
        # A heap of when, a number that tells equals apart, and whom.
        self._left_alone = []
        self._numbers = itertools.count()
        self.usual_times = {workshop.world.light: UsualTime(), workshop.world.heavy: UsualTime()}
        self.runs = {}
        self._began_at_rest = True

    def start(self, header, body):
        """Raises OSError where there is no room for it."""
        light = imports.only_standard(body[: header["codeBytes"]])
        zygote = self._workshop.world.light if light else self._workshop.world.heavy
        self._began_at_rest = not self.runs
        spare = self._spares.take(zygote, header)
        if spare is None:
            run = self._with_new_fork(zygote, header, body)
        else:
            run = self._with_spare(zygote, spare, header, body)
        self.follow(run)
        self._spares.note(run.limits)
        self.make_ready()

    def make_ready(self):
        """Where there is little to do: what the next program would wait for.

        It costs more than it saves where programs come so fast that one always runs.
        """
        if len(self.runs) > 1 or (self.runs and not self._began_at_rest):
            return
        if not self.runs and self._workshop.boxes is not None:
            self._workshop.boxes.refill()
        self._spares.refill()

    def _with_new_fork(self, zygote, header, body):
        with self._workshop.bounded_slot(header["limits"]) as slot:
            descriptors = opened(header, body)
        run = Run(header, slot, self.usual_times[zygote])
        run.begin(descriptors.pop())
        message = {**_program(header), "run": run.id, "limits": run.limits, "seed": header.get("seed")}
        self._ordered[run.id] = run
        self._workshop.order_fork(zygote, message, run, descriptors)
        return run

    def _with_spare(self, zygote, spare, header, body):
        try:
            descriptors = opened(header, body)
        except OSError:
            self._spares.dismiss(spare)
            raise
        run = Run(header, spare.slot, self.usual_times[zygote])
        run.box = spare.box
        run.begin(descriptors.pop())
        self._ordered[spare.id] = run
        if spare.forked:
            run.has_begun()
        spare.start(_program(header), descriptors)
        return run

    def follow(self, run):
        """It has begun: its output is read, and its time is taken."""
        self.runs[run.id] = self._turns.timed[run.id] = run
        run.look_first(len(self._turns.timed), self._turns.are_crowded())
        self._leave_alone(run, run.lingers_at)

    def _leave_alone(self, run, until):
        """Its output waits in the pipe for a while: who prints line by line does not wake us for each."""
        heapq.heappush(self._left_alone, (until, next(self._numbers), run))

    def next_listening(self):
        return self._left_alone[0][0] if self._left_alone else float("inf")

    def listen_again(self, now):
        while self._left_alone and self._left_alone[0][0] <= now:
            *_, run = heapq.heappop(self._left_alone)
            if run.output is not None:
                self._workshop.watch(run.output, lambda run=run: self._relay(run))

    def _relay(self, run):
        taken = run.read()
        if taken is None or taken < _MUCH_AT_ONCE:
            self._workshop.unwatch(run.output)
        if taken is not None and taken < _MUCH_AT_ONCE:
            self._leave_alone(run, time.monotonic() + _REST_SECONDS)

    def hear(self, message, descriptors):
        """Of a fork, from its zygote."""
        order = message.get("forked", message.get("exited", message.get("failed")))
        run = self._ordered.get(order)
        if run is None:
            self._spares.hear(order, message)
            for descriptor in descriptors:  # of the first keeper of a session that has been closed
                os.close(descriptor)
        elif "forked" in message:
            self._learn_handle(run, descriptors)
        else:
            del self._ordered[order]
            if "exited" in message:
                self._finish(run, message)
            else:
                self._fail_start(run, message["why"])

    def _learn_handle(self, run, descriptors):
        run.has_begun()
        if descriptors and run.box is None:
            run.box = Box(descriptors[0])
            if run.stopped is not None:
                run.kill()

    def _finish(self, run, message):
        robbed = run.was_ended_from_outside(message)
        clean = self._left_nothing(run) and self._workshop.boxes.take_back(run.box)
        if not clean:
            run.kill()
        self.detach(run)
        if run.stopped is None:
            run.usual_time.note(message["cpuMs"] / 1000)
        if run.stopped == "cancelled":
            self._workshop.fail(run.id, "cancelled", "cancelled")
        elif message["setUp"] is not None:
            self._workshop.fail(run.id, "sandbox_error", message["setUp"])
        elif robbed:
            self._workshop.fail(run.id, "worker_lost", "the program or its box was ended from outside")
        else:
            self._workshop.answer(*run.answer(message, message["report"]))
        if clean:
            self._workshop.slots.give_back(run.slot)
        else:
            self._workshop.give_back(run)

    def _left_nothing(self, run):
        """Whether no process is alive in its box. Without processes of its own there never was another."""
        alone = not self._workshop.settings["processes"]
        ended = run.stopped is None and run.held_bytes is None  # it may have ended as it was frozen
        return self._workshop.boxes is not None and ended and (alone or run.slot.group.processes() == 0)

    def _fail_start(self, run, why):
        run.kill()
        self.detach(run)
        if run.stopped is None:
            self._workshop.fail(run.id, "not_started", why)
        else:
            kind = "cancelled" if run.stopped == "cancelled" else "worker_lost"
            self._workshop.fail(run.id, kind, why)
        self._workshop.give_back(run)

    def detach(self, run):
        """Takes the last of the output."""
        del self.runs[run.id]
        self._turns.timed.pop(run.id, None)
        if run.lingers:
            self._turns.take_out(run)
        self._workshop.unwatch(run.output)
        run.close_output()

    def close(self):
        for run in self.runs.values():
            run.kill()
        self._spares.close()


def _program(header):
    """What a child needs to know to run it."""
    return {
        "integerDigits": header.get("integerDigits"),
        "codeBytes": header["codeBytes"],
        "files": header.get("files", ()),
        "fetch": header.get("fetch", ()),
    }
