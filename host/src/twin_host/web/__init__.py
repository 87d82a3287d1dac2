"""The twin's pages: connectors, their three steps of set-up, identity posture, events."""

from twin_host.web.app import pages

__all__ = ["pages"]
