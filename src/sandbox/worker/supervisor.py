"""The loop of a worker: requests in, boxes and forks out, output and deadlines, answers back.

It is a process that no snippet can signal, trace or share memory with. Whatever of ours dies takes
the whole worker with it; the client starts another one.
"""

import os
import selectors
import sys
import time
from collections import deque

from . import channel, frames, imports
from .runs import Run
from .slots import Slots
from .world import World

_REQUESTS, _ANSWERS = 0, 1
_CHUNK = 1 << 18


class WorkerLost(Exception):
    """A process of ours is gone."""


class Supervisor:
    def __init__(self, settings):
        self.slots = Slots(settings["tier"])
        processes = settings["tier"] == "unsafe" or (
            self.slots.namespaced and self.slots.groups is not None
        )
        self.settings = {**settings, "processes": processes}
        self.world = World(self.settings)
        self.selector = selectors.DefaultSelector()
        self._reader = frames.Reader()
        self.runs = {}
        self._waiting = deque()
        self._boxes = deque()
        self._dying = {}
        self._unready = {"light", "heavy"} | ({"maker"} if self.world.maker else set())

    def loop(self):
        os.set_blocking(_REQUESTS, False)
        self._watch(_REQUESTS, self._take_requests)
        self._watch(self.world.light, lambda: self._hear(self.world.light, "light"))
        self._watch(self.world.heavy, lambda: self._hear(self.world.heavy, "heavy"))
        if self.world.maker:
            self._watch(self.world.maker, self._hear_maker)
        while True:
            for key, _ in self.selector.select(self._until_deadline()):
                if key.fd in self.selector.get_map():
                    key.data()
            self._enforce_deadlines()
            self._start_waiting()

    def _watch(self, descriptor, action):
        self.selector.register(descriptor, selectors.EVENT_READ, action)

    def answer(self, header, body=b""):
        data = memoryview(frames.encode(header, body))
        while data:
            data = data[os.write(_ANSWERS, data) :]

    def _take_requests(self):
        chunk = os.read(_REQUESTS, _CHUNK)
        if not chunk:
            raise SystemExit(0)
        for header, body in self._reader.feed(chunk):
            self._handle(header, body)

    def _handle(self, header, body):
        if "run" in header:
            self._waiting.append((header, body))
        elif "cancel" in header:
            self._cancel(header["cancel"])
        elif "ping" in header:
            self.answer({"pong": header["ping"]})

    def _cancel(self, run_id):
        for waiting in list(self._waiting):
            if waiting[0]["run"] == run_id:
                self._waiting.remove(waiting)
                self.answer({"failed": run_id, "kind": "cancelled", "message": "cancelled"})
        if run_id in self.runs:
            self.runs[run_id].stop("cancelled")

    def _start_waiting(self):
        while self._waiting and (self._boxes or self.world.maker is None) and not self._unready:
            self._start(*self._waiting.popleft())

    def _start(self, header, body):
        run = Run(header, self.slots.take())
        code, standard_input = body[: header["codeBytes"]], body[header["codeBytes"] :]
        if run.slot.group:
            memory = run.limits["memoryMb"] << 20
            run.slot.group.limit(memory, run.limits["processes"])
        descriptors = [_memory_file(code), _input(header, standard_input)]
        output, writer = os.pipe()
        descriptors.append(writer)
        if self.world.maker:
            run.box, run.handle = self._boxes.popleft()
        boxed = [run.handle] if self.world.maker else []
        message = {
            "run": run.id,
            "user": run.slot.user,
            "scratch": run.slot.scratch,
            "limits": {**run.limits, "grouped": run.slot.group is not None},
            "seed": header.get("seed"),
            "integerDigits": header.get("integerDigits"),
        }
        light = imports.only_standard(code)
        zygote = self.world.light if light else self.world.heavy
        run.begin(output)
        self.runs[run.id] = run
        channel.send(zygote, message, descriptors + boxed + run.slot.descriptors())
        for descriptor in descriptors:
            os.close(descriptor)
        self._watch(output, lambda: self._relay(run))

    def _relay(self, run):
        if not run.read():
            self.selector.unregister(run.output)

    def _hear(self, connection, name):
        message, descriptors = channel.receive(connection)
        if message is None:
            raise WorkerLost(f"the {name} zygote is gone")
        if "ready" in message:
            self._become_ready(name)
        elif "forked" in message:
            self._learn_handle(self.runs[message["forked"]], descriptors)
        elif "exited" in message:
            self._finish(self.runs[message["exited"]], message)
        elif "failed" in message:
            self._fail(self.runs[message["failed"]], message["why"])

    def _learn_handle(self, run, descriptors):
        if descriptors and run.handle is None:
            run.handle = descriptors[0]
            if run.stopped is not None:
                run.kill()

    def _hear_maker(self):
        message, descriptors = channel.receive(self.world.maker)
        if message is None:
            raise WorkerLost("the box maker is gone")
        if "box" in message:
            self._boxes.append((message["box"], descriptors[0]))
            self._become_ready("maker")
        else:
            self._bury(message["dead"])

    def _bury(self, box):
        if box in self._dying:
            self.slots.give_back(self._dying.pop(box))
        else:
            raise WorkerLost("a box ended by itself")

    def _become_ready(self, name):
        if name in self._unready:
            self._unready.discard(name)
            if not self._unready:
                told = {"ready": os.getpid(), "groups": self.slots.groups}
                self.answer({**told, "processes": self.settings["processes"]})

    def _finish(self, run, message):
        duration = time.monotonic() - run.started
        self._release(run)
        report = message["report"] or {}
        if "setUp" in report:
            self.answer({"failed": run.id, "kind": "sandbox_error", "message": report["setUp"]})
        elif run.stopped == "cancelled":
            self.answer({"failed": run.id, "kind": "cancelled", "message": "cancelled"})
        else:
            self.answer(*run.answer(message, report, duration))
        self._give_back(run)

    def _fail(self, run, why):
        self._release(run)
        self.answer({"failed": run.id, "kind": "sandbox_error", "message": why})
        self._give_back(run)

    def _release(self, run):
        """Ends the box and takes the last of the output."""
        del self.runs[run.id]
        run.kill()
        if run.output in self.selector.get_map():
            self.selector.unregister(run.output)
        run.close_output()

    def _give_back(self, run):
        """The slot is free when nothing in it is alive any more."""
        if run.handle is not None:
            os.close(run.handle)
        if run.box is None:
            self.slots.give_back(run.slot)
        else:
            self._dying[run.box] = run.slot

    def _until_deadline(self):
        nearest = min((run.deadline for run in self.runs.values()), default=float("inf"))
        return None if nearest == float("inf") else max(0.0, nearest - time.monotonic())

    def _enforce_deadlines(self):
        now = time.monotonic()
        for run in list(self.runs.values()):
            if run.deadline <= now:
                run.stop("timeout")

    def close(self):
        for run in self.runs.values():
            run.kill()
        self.world.end()
        self.slots.remove_all()


def _memory_file(content):
    if not hasattr(os, "memfd_create"):
        import tempfile

        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            return os.dup(file.fileno())
    descriptor = os.memfd_create("snippet", os.MFD_CLOEXEC)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _input(header, content):
    return _memory_file(content) if header["stdin"] else os.open("/dev/null", os.O_RDONLY)


def serve(settings):
    supervisor = Supervisor(settings)
    try:
        supervisor.loop()
    except WorkerLost as loss:
        print(f"sandbox worker: {loss}", file=sys.stderr, flush=True)
        raise SystemExit(71) from None
    finally:
        supervisor.close()
