"""What a fork of a zygote has when it begins."""


class Birth:
    """`confine` gives up its rights; `report` is where it tells of itself."""

    def __init__(self, message, descriptors, report, confine):
        self.message = message
        self.descriptors = descriptors
        self.report = report
        self.confine = confine
