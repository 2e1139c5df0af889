"""Makes boxes ahead of need: a pid and mount namespace whose first process only reaps.

Killing that first process ends everything in the box. The maker is forked before the heavy imports,
so a box costs a fork of a small process.
"""

import os
import select
import signal

from . import channel
from . import system_calls as calls

_SCRATCH = "mode=1777,size={}m,nr_inodes={}"
_PRIVATE = calls.MOUNT_NOSUID | calls.MOUNT_NODEV
_PROCESS_VIEW = "hidepid=2,subset=pid"


def serve(connection, wanted, scratch_mb, scratch_files):
    """Keeps `wanted` boxes alive and announces each by pid with its pidfd, and each death."""
    own_namespace = os.pidfd_open(os.getpid())
    options = _SCRATCH.format(scratch_mb, scratch_files)
    alive = {}
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    while True:
        while len(alive) < wanted:
            pid, handle = _make_box(own_namespace, options)
            alive[handle] = pid
            poll.register(handle, select.POLLIN)
            channel.send(connection, {"box": pid}, [handle])
        for ready, _ in poll.poll():
            if ready == connection.fileno():
                wanted += _change(connection)
                continue
            poll.unregister(ready)
            os.close(ready)
            pid = alive.pop(ready)
            os.waitpid(pid, 0)
            channel.send(connection, {"dead": pid})


def _change(connection):
    """How many more boxes are wanted: one that a session took for long is made up for."""
    message, _ = channel.receive(connection)
    if message is None:
        os._exit(0)
    return message["wanted"]


def try_one():
    """Makes a box and ends it: for the probe."""
    pid, handle = _make_box(os.pidfd_open(os.getpid()), _SCRATCH.format(1, 16))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(handle)


def _make_box(own_namespace, options):
    ready, tell = os.pipe()
    calls.unshare(calls.NEW_PIDS)
    pid = os.fork()
    if pid == 0:
        _be_first_process(tell, options)
    calls.setns(own_namespace, calls.NEW_PIDS)
    os.close(tell)
    answer = os.read(ready, 4096)
    os.close(ready)
    if answer != b"ready":
        raise OSError(f"box: {answer.decode(errors='replace')}")
    return pid, os.pidfd_open(pid)


def _be_first_process(tell, options):
    try:
        calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
        calls.unshare(calls.NEW_MOUNTS)
        calls.mount("scratch", "/tmp", "tmpfs", _PRIVATE, options)
        calls.mount("scratch", "/dev/shm", "tmpfs", _PRIVATE, options)
        _mount_process_view()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
        os.write(tell, b"ready")
        os.closerange(0, 256)
        while True:
            signal.pause()
    except BaseException as problem:
        os.write(tell, f"{problem}".encode())
    finally:
        os._exit(1)


def _mount_process_view():
    """A /proc of the box's own; where the machine forbids one, none at all."""
    try:
        calls.mount("proc", "/proc", "proc", _PRIVATE | calls.MOUNT_NOEXEC, _PROCESS_VIEW)
    except PermissionError:
        calls.mount("empty", "/proc", "tmpfs", _PRIVATE, "mode=555,size=4k")
