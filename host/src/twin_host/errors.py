"""What can go wrong in the host, each with the exit status of the command line.

HostError          1  something failed
├── UsageError     2  wrong command, wrong setting, not configured
├── Busy           1  another process does the same
└── ConnectorError 1  a connector's hook failed
"""


class HostError(Exception):
    """Something failed; the message is a sentence for a person, whatever it is read on.

    `command` is what to type next, which the command line alone adds to it.
    """

    exit_status = 1

    def __init__(self, sentence: str = "", *, command: str = "") -> None:
        super().__init__(sentence)
        self.command = command


class UsageError(HostError):
    """What was asked for cannot be done as it was asked."""

    exit_status = 2


class Busy(HostError):
    """Another process does what only one may do at a time; it works once that has ended."""


class ConnectorError(HostError):
    """A connector's hook raised or answered with something else than its contract says.

    `reason` is the same without what surrounds it, for a sentence of another kind.
    """

    def __init__(self, sentence: str, reason: str) -> None:
        super().__init__(sentence)
        self.reason = reason
