"""One control group per slot where the machine has them: v2, v1, or v1 limits beside a bare v2.

A group bounds the memory and the processes of everything in a box together; without one the
caller must forbid new processes, because address-space limits hold per process only.
"""

import contextlib
import os
import time

ROOT = "/sys/fs/cgroup"
_PREFIX = "retool-"
_REMOVAL_TRIES = 100
_NEEDED, _WELCOME = ("memory", "pids"), ("cpu", "freezer")


class Group:
    """The limits of one slot. `entries` are descriptors through which a process joins by itself."""

    can_freeze = False

    def __init__(self, folders, entries):
        self._folders = folders
        self.entries = entries

    def limit(self, memory_bytes, processes, together=True):
        """Sets the bounds and forgets the past. together: out of memory ends all in the group."""
        raise NotImplementedError

    def weigh(self, lightly):
        """Its share of the processors beside other groups and us, where that can be set."""

    def freeze(self, wanted):
        """Stops or continues all of its processes; only where `can_freeze`."""
        raise NotImplementedError

    def used_bytes(self):
        raise NotImplementedError

    def processor_seconds(self):
        """What the processes that are alive in it have had."""
        pids = _content(self._folders[0] + "/cgroup.procs").split()
        return sum(_processor_seconds(int(pid)) for pid in pids)

    def processes(self):
        """How many are alive in it, or have died and nobody has waited for them."""
        raise NotImplementedError

    def oom_kills(self):
        raise NotImplementedError

    def peak_bytes(self):
        raise NotImplementedError

    def remove(self):
        for entry in self.entries:
            os.close(entry)
        for folder in self._folders:
            _remove_when_empty(folder)


class _UnifiedGroup(Group):
    def __init__(self, folder):
        super().__init__([folder], [os.open(folder + "/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)])
        _write(folder + "/memory.swap.max", "0", optional=True)
        self._folder = folder
        self._limits = None
        self.can_freeze = os.path.exists(folder + "/cgroup.freeze")

    def limit(self, memory_bytes, processes, together=True):
        if self._limits != (memory_bytes, processes, together):
            _write(self._folder + "/memory.max", str(memory_bytes))
            _write(self._folder + "/memory.oom.group", "1" if together else "0", optional=True)
            _write(self._folder + "/pids.max", str(processes), optional=True)
            self._limits = (memory_bytes, processes, together)
        self._kills = self._counted_kills()

    def weigh(self, lightly):
        _write(self._folder + "/cpu.weight", "5" if lightly else "40", optional=True)

    def freeze(self, wanted):
        _write(self._folder + "/cgroup.freeze", "1" if wanted else "0")

    def used_bytes(self):
        return _number(self._folder + "/memory.current")

    def processes(self):
        return _number(self._folder + "/pids.current")

    def oom_kills(self):
        return self._counted_kills() - self._kills

    def peak_bytes(self):
        # memory.peak cannot be reset by path on older kernels, so it would tell of earlier programs.
        return None

    def _counted_kills(self):
        return _counter(self._folder + "/memory.events", "oom_kill")


class _LegacyGroup(Group):
    def __init__(self, memory, pids, processor, freezer):
        folders = [folder for folder in (memory, pids, processor, freezer) if folder]
        entries = [os.open(f + "/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for f in folders]
        super().__init__(folders, entries)
        self._memory, self._pids, self._processor = memory, pids, processor
        self._freezer = freezer
        self.can_freeze = freezer is not None
        self._limits = None
        self._events = os.open(memory + "/memory.oom_control", os.O_RDONLY | os.O_CLOEXEC)
        self._count = os.open(pids + "/pids.current", os.O_RDONLY | os.O_CLOEXEC)
        self._peak = os.open(memory + "/memory.max_usage_in_bytes", os.O_RDWR | os.O_CLOEXEC)

    def limit(self, memory_bytes, processes, together=True):
        if self._limits != (memory_bytes, processes):
            self._write_limits(memory_bytes, processes)
        self._kills = self._counted_kills()
        os.pwrite(self._peak, b"0", 0)

    def _write_limits(self, memory_bytes, processes):
        memory = str(memory_bytes)
        total = self._memory + "/memory.memsw.limit_in_bytes"
        # The sum with swap may never be below the memory limit, so the order depends on direction.
        _write(total, "-1", optional=True)
        _write(self._memory + "/memory.limit_in_bytes", memory)
        _write(total, memory, optional=True)
        _write(self._pids + "/pids.max", str(processes))
        self._limits = (memory_bytes, processes)

    def weigh(self, lightly):
        if self._processor:
            _write(self._processor + "/cpu.shares", "50" if lightly else "400", optional=True)

    def freeze(self, wanted):
        _write(self._freezer + "/freezer.state", "FROZEN" if wanted else "THAWED")

    def used_bytes(self):
        return _number(self._memory + "/memory.usage_in_bytes")

    def processes(self):
        return int(os.pread(self._count, 32, 0))

    def oom_kills(self):
        return self._counted_kills() - self._kills

    def peak_bytes(self):
        return int(os.pread(self._peak, 32, 0))

    def _counted_kills(self):
        for line in os.pread(self._events, 256, 0).splitlines():
            if line.startswith(b"oom_kill "):
                return int(line.split()[1])
        return 0

    def remove(self):
        for descriptor in (self._events, self._count, self._peak):
            os.close(descriptor)
        super().remove()


def kind():
    """`v2`, `v1` or None: what a group can be made from here, by looking and trying."""
    if _writable_unified(_unified_parent()):
        return "v2"
    if all(_enterable(f"{ROOT}/{c}") for c in _NEEDED):
        return "v1"
    return None


def make(which, name):
    if which == "v2":
        return _UnifiedGroup(*_all_made([f"{_unified_parent()}/{_PREFIX}{name}"]))
    folders = {c: f"{ROOT}/{c}/{_PREFIX}{name}" for c in _NEEDED + _WELCOME}
    present = [c for c in folders if c in _NEEDED or _enterable(f"{ROOT}/{c}")]
    made = _all_made([folders[c] for c in present])
    return _LegacyGroup(*(folders[c] if folders[c] in made else None for c in folders))


def remove_left_over():
    """Groups of supervisors that were killed: empty ones can always be removed."""
    parents = [f"{ROOT}/{c}" for c in _WELCOME + _NEEDED] + [_unified_parent()]
    names = {parent: [e for e in _entries(parent) if e.startswith(_PREFIX)] for parent in parents}
    folders = [f"{p}/{entry}" for p, all in names.items() for entry in all if not _alive(entry)]
    for folder in folders:  # what was frozen when it was killed does not die before this
        _write(folder + "/freezer.state", "THAWED", optional=True)
    for folder in folders:
        _remove_when_empty(folder, tries=3)


def _remove_when_empty(folder, tries=_REMOVAL_TRIES):
    for _ in range(tries):
        try:
            return os.rmdir(folder)
        except OSError:
            time.sleep(0.01)  # the last process of a killed box may still be on its way out


def _alive(entry):
    owner = entry[len(_PREFIX) :].split("-")[0]
    return os.path.exists(f"/proc/{owner}")


def _entries(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _unified_parent():
    """The group we are in: its children are ours to make where it was delegated."""
    try:
        with open("/proc/self/cgroup") as lines:
            path = next(line.split(":", 2)[2].strip() for line in lines if line.startswith("0::"))
    except (OSError, StopIteration):
        return ROOT
    return (ROOT + path).rstrip("/")


def _writable_unified(folder):
    try:
        with open(folder + "/cgroup.subtree_control") as enabled:
            controllers = enabled.read().split()
    except OSError:
        return False
    return set(_NEEDED) <= set(controllers) and _enterable(folder)


def _enterable(folder):
    return os.access(folder + "/cgroup.procs", os.W_OK)


def _all_made(folders):
    """All of them or, where the machine has no room for one, none."""
    made = []
    try:
        for folder in folders:
            with contextlib.suppress(FileExistsError):  # of a worker that had this process id
                os.mkdir(folder)
            made.append(folder)
    except OSError:
        for folder in made:
            os.rmdir(folder)
        raise
    return folders


def _write(path, text, optional=False):
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError:
        if not optional:
            raise


def _processor_seconds(pid):
    try:
        return int(_content(f"/proc/{pid}/schedstat").split()[0]) / 1e9
    except (OSError, IndexError):
        return 0.0  # it has ended meanwhile, or the kernel keeps no such count


def _content(path):
    """As bytes: a text file's ado takes longer than the kernel does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 65536)
    finally:
        os.close(descriptor)


def _number(path):
    return int(_content(path))


def _counter(path, name):
    with open(path) as lines:
        return next((int(line.split()[1]) for line in lines if line.startswith(name + " ")), 0)
