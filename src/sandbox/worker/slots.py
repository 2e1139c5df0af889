"""Places in which a snippet can run: a user id, a control group and, without boxes, a folder."""

import os

from . import cgroups, confine
from .scratch_folder import ScratchFolders

_FIRST_USER = 1 << 20
_USERS_PER_WORKER = 256
_WORKERS = 4096


def users_available():
    """Whether snippets can have user ids of their own: not so in a container with a few ids only."""
    last = _FIRST_USER + _WORKERS * _USERS_PER_WORKER
    return os.geteuid() == 0 and all(_mapped(name, last) for name in ("uid_map", "gid_map"))


def _mapped(name, last):
    with open(f"/proc/self/{name}") as lines:
        ranges = [[int(number) for number in line.split()] for line in lines]
    return any(first <= _FIRST_USER and last <= first + count for first, _, count in ranges)


class Slot:
    def __init__(self, user, group, folder):
        self.user = user
        self.group = group
        self._folder = folder
        self.scratch = folder.path if folder else "/tmp"

    def bound(self, limits, together=True):
        """Sets the group's limits; raises OSError where the machine refuses them."""
        if self.group:
            self.group.limit(limits["memoryMb"] << 20, limits["processes"], together)

    def freeze(self, most_bytes):
        """Stops all that runs in it; False where that is impossible, or it holds more than that."""
        able = self.group is not None and self.group.can_freeze and self.group.used_bytes() <= most_bytes
        if able:
            self.group.freeze(True)
        return able

    def descriptors(self):
        return self.group.entries if self.group else []

    def overfull(self, most_bytes, most_files):
        """Whether a folder that no file system bounds holds more than it may."""
        return self._folder is not None and self._folder.overfull(most_bytes, most_files)

    def clean(self):
        """Empties the folder of a slot without boxes; a box's own scratch dies with it."""
        if self._folder is not None:
            self._folder.clean()


class Slots:
    """Hands out slots and makes more when none is free."""

    def __init__(self, tier):
        self.namespaced = tier in confine.NAMESPACED
        self.groups = cgroups.kind() if tier != "unsafe" else None
        self._users = tier in ("ns-root", "landlock") and users_available()
        self._folders = None if self.namespaced else ScratchFolders()
        self._free = []
        self._all = []
        if self.groups:
            cgroups.remove_left_over()

    def take(self):
        """Raises OSError where the machine has no room for another one."""
        return self._free.pop() if self._free else self._make(len(self._all))

    def give_back(self, slot):
        slot.clean()
        self._free.append(slot)

    def _make(self, number):
        user = None
        if self._users:
            user = _FIRST_USER + os.getpid() % _WORKERS * _USERS_PER_WORKER + number
        group = cgroups.make(self.groups, f"{os.getpid()}-{number}") if self.groups else None
        if group:
            group.weigh(lightly=False)
        slot = Slot(user, group, self._folders.make(number, user) if self._folders else None)
        self._all.append(slot)
        return slot

    def remove_all(self):
        for slot in self._all:
            if slot.group:
                slot.group.remove()
        if self._folders:
            self._folders.remove()
