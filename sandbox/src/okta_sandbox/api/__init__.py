"""The org over HTTP: routes, paging, limits, credentials and faults, as an ASGI application."""
