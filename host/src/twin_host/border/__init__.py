"""The one border between the host and its connectors: every call of a hook goes through here."""

from twin_host.border.call import Hook, guarded, hook_names
from twin_host.border.check import Check, check_of

__all__ = ["Check", "Hook", "check_of", "guarded", "hook_names"]
