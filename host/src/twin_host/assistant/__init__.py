"""The twin for an AI assistant, over MCP."""

from twin_host.assistant.server import assistant, over_http

__all__ = ["assistant", "over_http"]
