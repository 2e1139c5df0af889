"""A conversation with one interpreter whose cells either take effect whole or not at all.

For each cell the keeper forks. The fork runs the cell; if it comes to an end it takes the keeper's
place, and if it is stopped or crashes the keeper goes on with the variables from before. Threads and
child processes of a cell do not live on. Where processes are forbidden the cell runs in the keeper
itself, and a cell that has to be stopped ends the session.
"""

import os
import select
import signal
import socket
import time

from . import channel, confine, harness


def keep(control, module, settings, report):
    """Returns the exit status when the supervisor closes the session."""
    connection = _connection(control)
    confine_standard(os.open("/dev/null", os.O_RDWR))
    harness.begin(module, settings)
    report.begin()
    keeper = _Keeper(connection, module, report, settings["transactional"])
    while True:
        message, descriptors = channel.receive(connection)
        if message is None:
            return 0
        if "cell" in message:
            keeper.run_cell(message, descriptors)


def confine_standard(descriptor):
    for number in (0, 1, 2):
        os.dup2(descriptor, number)
    if descriptor > 2:
        os.close(descriptor)


def _connection(descriptor):
    connection = socket.socket(fileno=os.dup(descriptor))
    os.closerange(confine.FIRST_PRIVATE, connection.fileno())
    os.closerange(connection.fileno() + 1, confine.LAST_PRIVATE)
    return connection


def _end(keeper):
    try:
        os.kill(keeper, signal.SIGKILL)
    except ProcessLookupError:
        pass  # the cell has done it, or the kernel for want of memory


class _Keeper:
    def __init__(self, connection, module, report, transactional):
        self._connection = connection
        self._module = module
        self._report = report
        self._transactional = transactional

    def run_cell(self, message, descriptors):
        if not self._transactional:
            self._perform(message, descriptors)
            return
        keeper = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._perform(message, descriptors, keeper)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        self._watch(message, pid)

    def _perform(self, message, descriptors, keeper=None):
        """Runs the cell here, then tells the supervisor; from then on this process is the session."""
        code, standard_input, output = descriptors
        source = harness.read_all(code)
        os.dup2(standard_input, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for descriptor in descriptors:
            os.close(descriptor)
        harness.open_streams()
        self._report.forget()
        started = time.process_time()
        status = harness.guarded(
            lambda: harness.execute(source, self._module.__dict__, message["file"]), self._report
        )
        status = harness.flush(status)
        told = {
            "cell": message["cell"],
            "code": status,
            "cpuMs": round((time.process_time() - started) * 1000),
            "report": self._report.told(),
        }
        confine_standard(os.open("/dev/null", os.O_RDWR))
        if keeper is not None:
            _end(keeper)
        channel.send(self._connection, told)

    def _watch(self, message, pid):
        """Waits for a fork that dies. One that lives on ends this process."""
        deadline = time.monotonic() + message["timeoutMs"] / 1000
        handle = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(self._connection, select.POLLIN)
        reason = None
        while True:
            left = max(0.0, deadline - time.monotonic())
            ready = [number for number, _ in poll.poll(min(left, 1e6) * 1000)]
            if handle in ready:
                break
            if ready and channel.receive(self._connection)[0] is None:
                os._exit(0)
            reason = "cancelled" if ready else "timeout"
            os.kill(-1, signal.SIGKILL)
            poll.unregister(self._connection)
            deadline = float("inf")
        _, status, usage = os.wait4(pid, 0)
        os.close(handle)
        told = {
            "cell": message["cell"],
            "code": os.waitstatus_to_exitcode(status),
            "cpuMs": round((usage.ru_utime + usage.ru_stime) * 1000),
            "stopped": reason,
            "report": {},
        }
        channel.send(self._connection, told)
