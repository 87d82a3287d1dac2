"""The twin's pages: connectors, their three steps of set-up, identity posture, events."""

from twin_host.web.app import pages
from twin_host.web.serve import serve

__all__ = ["pages", "serve"]
