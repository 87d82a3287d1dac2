"""A stand-in for an Entra ID connector."""
