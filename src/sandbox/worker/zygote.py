"""A process with the libraries imported and warm, of which each snippet is a fork.

It runs no code of a snippet itself. Requests come over a packet socket with their descriptors; the
end of each child is told with its exit status, its use of the machine, and what its harness reported.
"""

import gc
import importlib
import os
import select
import traceback

from . import channel, confine, forks, given_files, harness, huge_pages, mappings, memory_files
from . import session, spare, warm_up
from . import system_calls as calls
from .report import Report


def serve(connection, settings):
    """Never returns. `settings`: tier, processes, readable, preload, preloadMayLack."""
    if settings["tier"] in confine.NAMESPACED:
        calls.drop_capability_bounds()
    _warm(settings)
    place = confine.Confinement(settings["tier"], settings["processes"], settings["readable"])
    zygote = _Zygote(connection, place, forks.stop_watching(), harness.prepare())
    channel.send(connection, {"ready": os.getpid()})
    zygote.loop()


def _warm(settings):
    for name in settings["preload"]:
        try:
            importlib.import_module(name)
        except ImportError as problem:
            if not settings["preloadMayLack"]:
                raise SystemExit(f"preload: {name}: {problem}") from None
    if settings["preload"]:
        warm_up.run()
    gc.collect()
    gc.freeze()
    mappings.join()
    huge_pages.settle()


class _Zygote:
    def __init__(self, connection, place, fork, main):
        self._connection = connection
        self._place = place
        self._fork_child = fork
        self._main = main
        self._children = {}
        self._own_namespace = os.pidfd_open(os.getpid()) if place.namespaced else None
        self._poll = select.poll()

    def loop(self):
        connection = self._connection.fileno()
        self._poll.register(connection, select.POLLIN)
        while True:
            for ready, _ in self._poll.poll():
                if ready == connection:
                    self._accept()
                else:
                    self._reap()

    def _accept(self):
        message, descriptors = channel.receive(self._connection)
        if message is None:
            os._exit(0)
        try:
            self._fork(message, descriptors)
        except Exception as problem:
            failure = {"failed": message["run"], "why": f"{problem}"}
            channel.send(self._connection, failure)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _fork(self, message, descriptors):
        harness.seed_generators(message["seed"])
        gc.freeze()  # what is there now is never looked at by a child's collections
        report = Report(with_files=bool(message.get("fetch")))
        if self._own_namespace is not None:
            calls.setns(descriptors[3], calls.NEW_PIDS)
        try:
            pid = self._fork_child()
            if pid == 0:
                self._be_snippet(message, descriptors, report)
        finally:
            if self._own_namespace is not None:
                calls.setns(self._own_namespace, calls.NEW_PIDS)
        handle = os.pidfd_open(pid)
        self._poll.register(handle, select.POLLIN)
        self._children[pid] = (message["run"], report, handle)
        told = [] if self._own_namespace is not None else [handle]
        channel.send(self._connection, {"forked": message["run"]}, told)

    def _be_snippet(self, message, descriptors, report):
        code, standard_input, output = descriptors[:3]
        box = descriptors[3] if self._place.namespaced else None
        groups = descriptors[4 if self._place.namespaced else 3 :]
        control = groups.pop() if "session" in message or "spare" in message else None
        status = harness.SET_UP_FAILED
        try:
            self._forget_siblings()
            self._place.enter(message, box, groups)
            if "session" in message:
                status = session.keep(control, self._main, message, report)
            else:
                if "spare" in message:
                    program, (code, standard_input, output) = spare.awaited(control)
                    message = {**message, **program}
                source = given_files.unpack(code, message)
                confine.only_standard(standard_input, output)
                status = harness.run(self._main, source, message, report)
                given_files.fetch(message["scratch"], message["fetch"], report)
        except BaseException:
            report.write({"setUp": traceback.format_exc()})
        finally:
            os._exit(status)

    def _forget_siblings(self):
        """In a child: the others' handles, and the memory in which they report, are none of its own."""
        for _, report, handle in self._children.values():
            os.close(handle)
            report.close()

    def _reap(self):
        while self._children:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid not in self._children:
                continue  # the first process of a namespace inherits orphans
            run, report, handle = self._children.pop(pid)
            self._poll.unregister(handle)
            os.close(handle)
            ended = {
                "exited": run,
                "code": os.waitstatus_to_exitcode(status),
                "cpuMs": round((usage.ru_utime + usage.ru_stime) * 1000, 3),
                "peakBytes": usage.ru_maxrss * 1024,
                "begun": report.has_begun(),
                "setUp": report.set_up_failure(),
            }
            self._tell_end(ended, report)
            report.close()

    def _tell_end(self, ended, report):
        """A report with files is too large for a message."""
        told = report.told()
        files = [memory_files.json_file(told)] if report.with_files else []
        channel.send(self._connection, {**ended, "report": {} if files else told}, files)
        for descriptor in files:
            os.close(descriptor)
