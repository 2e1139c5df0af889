"""Places in which a snippet can run: a user id, a control group and, without boxes, a folder."""

import itertools
import os
import shutil
import tempfile

from . import cgroups, confine

_FIRST_USER = 1 << 20
_USERS_PER_WORKER = 256


class Slot:
    def __init__(self, user, group, scratch):
        self.user = user
        self.group = group
        self.scratch = scratch

    def descriptors(self):
        return self.group.entries if self.group else []

    def overfull(self, most_bytes, most_files):
        """Whether a folder that no file system bounds holds more than it may."""
        if self.scratch == "/tmp":
            return False
        size = files = 0
        for folder, _, names in os.walk(self.scratch):
            files += 1 + len(names)
            for name in names:
                size += _allocated(os.path.join(folder, name))
            if size > most_bytes or files > most_files:
                return True
        return False

    def clean(self):
        """Empties the folder of a slot without boxes; a box's own scratch dies with it."""
        if self.scratch == "/tmp":
            return
        for entry in os.listdir(self.scratch):
            path = os.path.join(self.scratch, entry)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)


def _allocated(path):
    try:
        return os.lstat(path).st_blocks * 512
    except OSError:
        return 0


class Slots:
    """Hands out slots and makes more when none is free."""

    def __init__(self, tier):
        self.namespaced = tier in confine.NAMESPACED
        self.groups = cgroups.kind() if tier != "unsafe" else None
        self._users = os.geteuid() == 0 and tier in ("ns-root", "landlock")
        self._folder = None if self.namespaced else tempfile.mkdtemp(prefix="retool-sandbox-")
        self._free = []
        self._all = []
        self._numbers = itertools.count()
        if self._folder:
            os.chmod(self._folder, 0o711)
        if self.groups:
            cgroups.remove_left_over()

    def take(self):
        if not self._free:
            self._free.append(self._make(next(self._numbers)))
        return self._free.pop()

    def give_back(self, slot):
        slot.clean()
        self._free.append(slot)

    def _make(self, number):
        worker = os.getpid() % 4096
        user = _FIRST_USER + worker * _USERS_PER_WORKER + number if self._users else None
        group = cgroups.make(self.groups, f"{os.getpid()}-{number}") if self.groups else None
        slot = Slot(user, group, self._scratch(number, user))
        self._all.append(slot)
        return slot

    def _scratch(self, number, user):
        if self._folder is None:
            return "/tmp"
        path = os.path.join(self._folder, str(number))
        os.mkdir(path, 0o700)
        if user is not None:
            os.chown(path, user, user)
        return path

    def remove_all(self):
        for slot in self._all:
            if slot.group:
                slot.group.remove()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
