"""How the simulated service behaves. Everything can be changed while it runs."""

from typing import Literal

from attrs import define

from okta_sandbox.org.tables import table

Plan = Literal["workforce", "enterprise", "integrator"]


@define
class Settings:
    """The service's limits and manners.

    plan: whose published rate limits apply.
    token_share: the part of each bucket that one token or app may use (Okta's default is half).
    window_s: how long a rate window lasts; limits are per window, whatever its length.
    latency_s: how long each answer takes.
    skew_s: how far the service's clock is ahead of the caller's.
    concurrency: how many requests may be under way at once; None for the plan's number.
    other_load: the part of each bucket that the org's other clients use, evenly over the window.
    search_lag_s: how long a change to a user or device takes to show in a search.
    """

    plan: Plan = "workforce"
    token_share: float = 0.5
    window_s: int = 60
    latency_s: float = 0.0
    skew_s: float = 0.0
    concurrency: int | None = None
    other_load: float = 0.0
    search_lag_s: float = 0.0

    def max_concurrency(self) -> int:
        """How many requests may be under way at once."""
        if self.concurrency is not None:
            return self.concurrency
        return table("limits")["concurrency"][self.plan]
