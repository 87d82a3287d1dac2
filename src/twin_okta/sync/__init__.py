"""Reading an org into the snapshot: one module a dataset, and the plan that orders them."""

from twin_okta.sync.order import sync_org

__all__ = ["sync_org"]
