"""The loop of a worker: requests in, boxes and forks out, output and deadlines, answers back.

It is a process that no snippet can signal, trace or share memory with. Whatever of ours dies takes
the whole worker with it; the client starts another one.
"""

import os
import selectors
import sys
import time
from collections import deque
from contextlib import contextmanager

from . import channel, frames, imports
from .answers import Answers
from .box import Box
from .box_stock import BoxStock
from .conversations import Conversations
from .memory_files import opened, read_report
from .runs import Run
from .slots import Slots
from .turns import Turns
from .worker_lost import WorkerLost
from .world import World

_REQUESTS, _ANSWERS = 0, 1
_CHUNK = 1 << 18
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 20


class Supervisor:
    def __init__(self, settings):
        self.slots = Slots(settings["tier"])
        processes = settings["tier"] == "unsafe" or (
            self.slots.namespaced and self.slots.groups is not None
        )
        self.settings = {**settings, "processes": processes}
        self.world = World(self.settings)
        self.selector = selectors.DefaultSelector()
        self._answers = Answers(_ANSWERS, self.selector)
        self._reader = frames.Reader()
        self.runs = {}
        self._waiting = deque()
        self._boxless_since = None
        self.boxes = self._stock_of_boxes()
        self._next_look = 0.0
        self._asked_for_sign = False
        self._turns = Turns(settings["lingering"])
        self.conversations = Conversations(self)
        self._unready = {"light", "heavy"} | ({"maker"} if self.world.maker else set())

    def _stock_of_boxes(self):
        """None in tiers without boxes."""
        maker, most = self.world.maker, self.settings["spareBoxes"]
        return BoxStock(maker, most, self.slots.give_back) if maker else None

    def loop(self):
        os.set_blocking(_REQUESTS, False)
        self.watch(_REQUESTS, self._take_requests)
        self.watch(self.world.light, lambda: self._hear(self.world.light, "light"))
        self.watch(self.world.heavy, lambda: self._hear(self.world.heavy, "heavy"))
        if self.boxes is not None:
            self.watch(self.world.maker, self._hear_maker)
        while True:
            for key, _ in self.selector.select(self._until_deadline()):
                if key.fd in self.selector.get_map():
                    key.data()
            if self._asked_for_sign:
                self._give_sign()
            self._enforce_deadlines()
            self._start_waiting()
            if not self.runs and self.boxes is not None:
                self.boxes.refill()

    def watch(self, descriptor, action):
        self.selector.register(descriptor, selectors.EVENT_READ, action)

    def answer(self, header, body=b""):
        self._answers.send(header, body)

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
            self.conversations.handle(header, body)

    def _cancel(self, run_id):
        for waiting in list(self._waiting):
            if waiting[0].get("run") == run_id:
                self._waiting.remove(waiting)
                self.fail(run_id, "cancelled", "cancelled")
        if run_id in self.runs:
            self.runs[run_id].stop("cancelled")

    def _start_waiting(self):
        while self._waiting and (self.boxes is None or self.boxes) and not self._unready:
            header, body = self._waiting.popleft()
            try:
                if "open" in header:
                    self.conversations.open(header)
                else:
                    self._start(header, body)
            except OSError as problem:  # no room for another group or descriptor
                self.fail(header.get("run", header.get("open")), "not_started", f"{problem}")
        starved = bool(self._waiting) and not self._unready
        self._boxless_since = (self._boxless_since or time.monotonic()) if starved else None

    def _give_sign(self):
        """Unless a process of ours is stopped: it says nothing, and nothing else says so."""
        self._asked_for_sign = False
        waits = [run.owed_since for run in self.runs.values()]
        waits += [self._boxless_since, *self.conversations.openings()]
        longest = min((since for since in waits if since is not None), default=float("inf"))
        if time.monotonic() - longest > _PATIENCE_SECONDS:
            raise WorkerLost("a process inside does not answer")
        self.answer({"pong": True})

    def _start(self, header, body):
        with self.bounded_slot(header["limits"]) as slot:
            descriptors = opened(header, body)
        run = Run(header, slot)
        run.begin(descriptors.pop())
        if self.boxes is not None:
            run.box = self.boxes.take()
        message = {
            "run": run.id,
            "user": run.slot.user,
            "scratch": run.slot.scratch,
            "limits": {**run.limits, "grouped": run.slot.group is not None},
            "seed": header.get("seed"),
            "integerDigits": header.get("integerDigits"),
            "codeBytes": header["codeBytes"],
            "files": header.get("files", ()),
            "fetch": header.get("fetch", ()),
        }
        light = imports.only_standard(body[: header["codeBytes"]])
        self.runs[run.id] = run
        self.order_fork(self.world.light if light else self.world.heavy, message, run, descriptors)
        self.watch(run.output, lambda: self.relay(run))

    @contextmanager
    def bounded_slot(self, limits, together=True):
        """A slot with its limits set, which is given back if what needs it fails."""
        slot = self.slots.take()
        try:
            slot.bound(limits, together)
            yield slot
        except OSError:
            self.slots.give_back(slot)
            raise

    def order_fork(self, zygote, message, run, descriptors, further=()):
        """Sends the order with its descriptors, in the order in which the zygote takes them apart."""
        box = [run.box.descriptor()] if run.box else []
        try:
            channel.send(zygote, message, descriptors + box + run.slot.descriptors() + list(further))
        except OSError as problem:
            raise WorkerLost(f"a zygote takes no orders: {problem}") from None
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def relay(self, run):
        if not run.read():
            self.selector.unregister(run.output)

    def _hear(self, connection, name):
        for message, descriptors in channel.receive_all(connection):
            if message is None:
                raise WorkerLost(f"the {name} zygote is gone")
            if "ready" in message:
                self._become_ready(name)
            elif self.conversations.concerns(message):
                self.conversations.hear_zygote(message, descriptors)
            else:
                self._hear_of_run(message, descriptors)

    def _hear_of_run(self, message, descriptors):
        run = self.runs.get(message.get("forked", message.get("exited", message.get("failed"))))
        if run is None:  # the first keeper of a session that has been closed
            for descriptor in descriptors:
                os.close(descriptor)
            return
        if "forked" in message:
            self._learn_handle(run, descriptors)
        elif "exited" in message:
            self._finish(run, message, descriptors)
        else:
            self._fail_start(run, message["why"])

    def _learn_handle(self, run, descriptors):
        run.has_begun()
        if descriptors and run.box is None:
            run.box = Box(descriptors[0])
            if run.stopped is not None:
                run.kill()

    def _hear_maker(self):
        self.boxes.hear()
        if self.boxes:
            self._become_ready("maker")

    def _become_ready(self, name):
        if name in self._unready:
            self._unready.discard(name)
            if not self._unready:
                told = {"ready": os.getpid(), "groups": self.slots.groups}
                self.answer({**told, "processes": self.settings["processes"]})

    def _finish(self, run, message, descriptors):
        robbed = run.was_ended_from_outside(message["code"])
        clean = self._left_nothing(run) and self.boxes.take_back(run.box)
        if not clean:
            run.kill()
        self.detach(run)
        report = read_report(descriptors[0]) if descriptors else message["report"]
        if run.stopped == "cancelled":
            self.fail(run.id, "cancelled", "cancelled")
        elif message["setUp"] is not None:
            self.fail(run.id, "sandbox_error", message["setUp"])
        elif robbed:
            self.fail(run.id, "worker_lost", "the box of the program was ended from outside")
        else:
            self.answer(*run.answer(message, report))
        if clean:
            self.slots.give_back(run.slot)
        else:
            self.give_back(run)

    def _left_nothing(self, run):
        """Whether no process is alive in its box. Without processes of its own there never was another."""
        alone = not self.settings["processes"]
        ended = run.stopped is None and run.held_bytes is None  # it may have ended as it was frozen
        return self.boxes is not None and ended and (alone or run.slot.group.is_empty())

    def fail(self, run_id, kind, why):
        self.answer({"failed": run_id, "kind": kind, "message": why})

    def _fail_start(self, run, why):
        run.kill()
        self.detach(run)
        if run.stopped is None:
            self.fail(run.id, "not_started", why)
        else:
            self.fail(run.id, "cancelled" if run.stopped == "cancelled" else "worker_lost", why)
        self.give_back(run)

    def detach(self, run):
        """Takes the last of the output."""
        del self.runs[run.id]
        if run.lingers:
            self._turns.take_out(run)
        if run.output in self.selector.get_map():
            self.selector.unregister(run.output)
        run.close_output()

    def give_back(self, run):
        """The slot is free when nothing in it is alive any more."""
        if self.boxes is not None:
            self.boxes.await_end(run.box, run.slot)
            return
        if run.box is not None:
            run.box.close()
        self.slots.give_back(run.slot)

    def _until_deadline(self):
        moments = (min(run.deadline, run.lingers_at) for run in self.runs.values())
        nearest = min(min(moments, default=float("inf")), self._turns.next_end())
        if nearest == float("inf"):
            return None
        left = max(0.0, nearest - time.monotonic())
        return left if self.slots.namespaced else min(left, _LOOK_SECONDS)

    def _enforce_deadlines(self):
        now = time.monotonic()
        for run in list(self.runs.values()):
            if run.deadline <= now:
                run.stop("timeout")
            elif run.lingers_at <= now and not run.is_short(now):
                self._take_turn(run, now)
            if not run.lingers:
                self._turns.note_short_programs(now)
        self._turns.pass_on(now)
        if not self.slots.namespaced and now >= self._next_look:
            self._look_into_folders()
            self._next_look = time.monotonic() + _LOOK_SECONDS

    def _take_turn(self, run, now):
        if not self._turns.take_in(run, now):
            run.wait_for_place(now)
            return
        run.linger()
        self.answer({"lingers": run.id})

    def _look_into_folders(self):
        """A box's own file system has an end; a folder is looked after."""
        most = self.settings["scratchMb"] << 20, self.settings["scratchFiles"]
        for run in list(self.runs.values()):
            if run.stopped is None and run.slot.overfull(*most):
                run.stop("output_limit")

    def close(self):
        for run in self.runs.values():
            run.kill()
        self.world.end()
        self.slots.remove_all()


def serve(settings):
    supervisor = Supervisor(settings)
    try:
        supervisor.loop()
    except (WorkerLost, OSError) as loss:
        print(f"sandbox worker: {loss}", file=sys.stderr, flush=True)
        raise SystemExit(71) from None
    finally:
        supervisor.close()
