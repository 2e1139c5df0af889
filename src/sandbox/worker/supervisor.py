"""The loop of a worker: requests in, boxes and forks out, output and deadlines, answers back.

It is a process that no snippet can signal, trace or share memory with. Whatever of ours dies takes
the whole worker with it; the client starts another one.
"""

import os
import sys
import time
from collections import deque

from . import frames, orders
from .conversations import Conversations
from .executions import Executions
from .turns import Turns
from .worker_lost import WorkerLost
from .workshop import Workshop

_REQUESTS, _ANSWERS = 0, 1
_CHUNK = 1 << 18
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 20


class Supervisor:
    def __init__(self, settings):
        self._workshop = Workshop(settings, _ANSWERS)
        self._turns = Turns(settings["lingering"])
        self._executions = Executions(self._workshop, self._turns)
        self._conversations = Conversations(self._workshop, self._executions)
        self._reader = frames.Reader()
        self._waiting = deque()
        self._boxless_since = None
        self._next_look = 0.0
        self._asked_for_sign = False
        self._unready = {"light", "heavy"} | ({"maker"} if self._workshop.world.maker else set())

    def loop(self):
        workshop = self._workshop
        world = workshop.world
        os.set_blocking(_REQUESTS, False)
        workshop.watch(_REQUESTS, self._take_requests)
        workshop.watch(world.light, lambda: self._hear(world.light, "light"))
        workshop.watch(world.heavy, lambda: self._hear(world.heavy, "heavy"))
        if workshop.boxes is not None:
            workshop.watch(world.maker, self._hear_maker)
        while True:
            for key, _ in workshop.selector.select(self._until_deadline()):
                if key.fd in workshop.selector.get_map():
                    key.data()
            if self._asked_for_sign:
                self._give_sign()
            self._enforce_deadlines()
            self._start_waiting()
            if not self._unready:
                self._executions.make_ready()

    def _take_requests(self):
        chunk = os.read(_REQUESTS, _CHUNK)
        if not chunk:
            raise SystemExit(0)
        for header, body in self._reader.feed(chunk):
            self._handle(header, body)

    def _handle(self, header, body):
        if "run" in header or "open" in header:
            self._waiting.append((header, body))
        elif "cancel" in header:
            self._cancel(header["cancel"])
        elif "ping" in header:
            self._asked_for_sign = True
        else:
            self._conversations.handle(header, body)

    def _cancel(self, run_id):
        for waiting in list(self._waiting):
            if waiting[0].get("run") == run_id:
                self._waiting.remove(waiting)
                self._workshop.fail(run_id, "cancelled", "cancelled")
        if run_id in self._executions.runs:
            self._executions.runs[run_id].stop("cancelled")

    def _start_waiting(self):
        while self._waiting and self._workshop.has_box() and not self._unready:
            header, body = self._waiting.popleft()
            try:
                if "open" in header:
                    self._conversations.open(header)
                else:
                    self._executions.start(header, body)
            except OSError as problem:  # no room for another group or descriptor
                self._workshop.fail(header.get("run", header.get("open")), "not_started", f"{problem}")
        starved = bool(self._waiting) and not self._unready
        self._boxless_since = (self._boxless_since or time.monotonic()) if starved else None

    def _give_sign(self):
        """Unless a process of ours is stopped: it says nothing, and nothing else says so."""
        self._asked_for_sign = False
        waits = [run.owed_since for run in self._executions.runs.values()]
        waits += [self._boxless_since, *self._conversations.openings()]
        longest = min((since for since in waits if since is not None), default=float("inf"))
        if time.monotonic() - longest > _PATIENCE_SECONDS:
            raise WorkerLost("a process inside does not answer")
        self._workshop.answer({"pong": True})

    def _hear(self, connection, name):
        for message, descriptors in orders.told(connection):
            if message is None:
                raise WorkerLost(f"the {name} zygote is gone")
            if "ready" in message:
                self._become_ready(name)
            elif self._conversations.concerns(message):
                self._conversations.hear_zygote(message, descriptors)
            else:
                self._executions.hear(message, descriptors)

    def _hear_maker(self):
        self._workshop.boxes.hear()
        if self._workshop.boxes:
            self._become_ready("maker")

    def _become_ready(self, name):
        if name in self._unready:
            self._unready.discard(name)
            if not self._unready:
                told = {"ready": os.getpid(), "groups": self._workshop.slots.groups}
                self._workshop.answer({**told, "processes": self._workshop.settings["processes"]})

    def _until_deadline(self):
        moments = (min(run.deadline, run.lingers_at) for run in self._turns.timed.values())
        nearest = min(min(moments, default=float("inf")), self._turns.next_end(), self._executions.next_listening())
        if nearest == float("inf"):
            return None
        left = max(0.0, nearest - time.monotonic())
        return left if self._workshop.slots.namespaced else min(left, _LOOK_SECONDS)

    def _enforce_deadlines(self):
        now = time.monotonic()
        self._executions.listen_again(now)
        for run in list(self._turns.timed.values()):
            if run.deadline <= now:
                run.stop("timeout")
            elif run.lingers_at <= now and not run.is_short(now, self._turns.are_crowded()):
                self._take_turn(run, now)
            if not run.lingers:
                self._turns.note_short_programs(now)
        self._turns.pass_on(now)
        if not self._workshop.slots.namespaced and now >= self._next_look:
            self._look_into_folders()
            self._next_look = time.monotonic() + _LOOK_SECONDS

    def _take_turn(self, run, now):
        if not self._turns.take_in(run, now):
            run.wait_for_place(now)
            return
        run.linger()
        self._workshop.answer({"lingers": run.id})

    def _look_into_folders(self):
        """A box's own file system has an end; a folder is looked after."""
        settings = self._workshop.settings
        most = settings["scratchMb"] << 20, settings["scratchFiles"]
        for run in list(self._executions.runs.values()):
            if run.stopped is None and run.slot.overfull(*most):
                run.stop("output_limit")

    def close(self):
        self._executions.close()
        self._workshop.close()


def serve(settings):
    supervisor = Supervisor(settings)
    try:
        supervisor.loop()
    except (WorkerLost, OSError) as loss:
        print(f"sandbox worker: {loss}", file=sys.stderr, flush=True)
        raise SystemExit(71) from None
    finally:
        supervisor.close()
