"""A simulated Okta org over HTTP: seeded, of any size, with Okta's limits, paging and errors."""
