"""The loop of a zygote where there is none in C (`native_fork_loop`): takes orders, forks, tells how forks ended."""

import gc
import mmap
import os
import select

from . import channel, orders, report
from . import system_calls as calls
from .birth import Birth
from .confine import BOX

_LARGEST_TOLD = report.size(with_files=False)


def await_birth(connection, place, own_namespace, fork):
    """Returns in each fork, with its `Birth`, and never in the zygote."""
    loop = _Loop(connection, place, own_namespace, fork)
    birth = None
    while birth is None:
        birth = loop.step()
    return birth


class _Child:
    def __init__(self, pid, run, memory):
        self.pid = pid
        self.run = run
        self.memory = memory
        self.handle = os.pidfd_open(pid)

    def forget(self):
        os.close(self.handle)
        self.memory.close()


class _Memory:
    """What a child and its zygote share: the report, as a file where it is large, and the mark of a beginning."""

    def __init__(self, size):
        self.file = os.memfd_create("report", os.MFD_CLOEXEC) if size > _LARGEST_TOLD else None
        if self.file is not None:
            os.ftruncate(self.file, size)
        self.report = mmap.mmap(-1 if self.file is None else self.file, size)
        self.begun = mmap.mmap(-1, mmap.PAGESIZE)

    def begin(self):
        """In the child, before the snippet's first line, out of whose reach the mark is put."""
        self.begun[0] = 1
        self.begun.close()

    def close(self):
        self.report.close()
        self.begun.close()
        if self.file is not None:
            os.close(self.file)


class _Loop:
    def __init__(self, connection, place, own_namespace, fork):
        self._connection = connection
        self._place = place
        self._own_namespace = own_namespace
        self._fork_child = fork
        self._children = {}
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def step(self):
        birth = None
        for ready, _ in self._poll.poll():
            if ready != self._connection.fileno():
                self._reap()
            elif birth is None:
                birth = self._accept()
            if birth is not None:
                return birth
        return None

    def _accept(self):
        data, descriptors = channel.receive_bytes(self._connection)
        if not data:
            os._exit(0)
        order = orders.unpacked(data)
        birth = None
        try:
            birth = self._fork(order, descriptors)
        except OSError as problem:
            channel.send(self._connection, {"failed": order.run, "why": f"{problem}"})
        finally:
            if birth is None:
                for descriptor in descriptors:
                    os.close(descriptor)
        return birth

    def _fork(self, order, descriptors):
        gc.freeze()  # what is there now is never looked at by a child's collections
        memory = _Memory(order.report_bytes)
        pid = self._forked_into(descriptors)
        if pid == 0:
            return self._born(order, descriptors, memory)
        child = _Child(pid, order.run, memory)
        self._poll.register(child.handle, select.POLLIN)
        self._children[pid] = child
        told = [] if self._place.namespaced else [child.handle]
        channel.send(self._connection, {"forked": child.run}, told)
        return None

    def _forked_into(self, descriptors):
        """A fork in the box's namespace of processes, where there is a box."""
        if not self._place.namespaced:
            return self._fork_child()
        calls.setns(descriptors[BOX], calls.NEW_PIDS)
        pid = None
        try:
            pid = self._fork_child()
        finally:
            if pid != 0:
                calls.setns(self._own_namespace, calls.NEW_PIDS)
        return pid

    def _born(self, order, descriptors, memory):
        """In a child. The others' handles, and the memory in which they report, are none of its own."""
        for child in self._children.values():
            child.forget()
        own = report.Report(lambda: memory.report, memory.begin)
        return Birth(order.message, descriptors, own, lambda: self._place.enter(order, descriptors))

    def _reap(self):
        while self._children:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid, None)
            if child is None:
                continue  # the first process of a namespace inherits orphans
            self._poll.unregister(child.handle)
            self._tell_end(child, status, usage)
            child.forget()

    def _tell_end(self, child, status, usage):
        ended = {
            "exited": child.run,
            "status": status,
            "cpuUs": round((usage.ru_utime + usage.ru_stime) * 1_000_000),
            "peakBytes": usage.ru_maxrss * 1024,
            "begun": bool(child.memory.begun[0]),
        }
        file = child.memory.file
        reported = report.text_in(child.memory.report) if file is None else b""
        files = [] if file is None else [file]
        channel.send_bytes(self._connection, channel.encoded(ended) + b"\n" + reported, files)
