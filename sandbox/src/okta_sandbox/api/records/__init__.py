"""How each kind of record is answered: one module a kind, from the org's record to Okta's JSON."""
