"""The one way in which a worker gives up: its client starts another one."""


class WorkerLost(Exception):
    """A process of ours is gone, or says nothing any more."""
