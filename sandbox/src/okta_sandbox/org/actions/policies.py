"""What can be done to policies, their rules, and network zones."""

from typing import Any

from attrs import evolve

from okta_sandbox.org.actions.acting import Acting, Json
from okta_sandbox.org.entries import party
from okta_sandbox.org.records import Policy, Rule


class PolicyActions(Acting):
    """Policies and rules that come and change; a `spec` is a row of `security.toml`."""

    def add_policy(self, type_: str, name: str, *rules: Json) -> Policy:
        """A new policy of `OKTA_SIGN_ON` (before the default one) or `ACCESS_POLICY`."""
        number = len(self._changes.policies)
        prefix = "rst" if type_ == "ACCESS_POLICY" else "00p"
        id_ = self._org.security.id(prefix, type_, "late", number)
        policy = Policy(
            id=id_,
            type=type_,
            spec={"name": name},
            rules=tuple(self._made(id_, place, spec) for place, spec in enumerate(rules)),
            updated_s=int(self._at_s),
        )
        self._set_policy(policy)
        self._log("policy.lifecycle.create", _policy_party(policy))
        for rule in policy.rules:
            self._log("policy.rule.add", _policy_party(policy), _rule_party(rule))
        return policy

    def change_enrolment_policy(self, hidden: str = "") -> None:
        """The policy of enrolment no longer allows a type: nobody's factors of it are listed."""
        for user in self._org.people.indexes() if hidden else ():
            factors = self._org.factors.enrolled(user)
            self._changes.factors[user] = tuple(f for f in factors if f.type != hidden)
        self._changes.version += 1
        id_ = self._org.security.id("00p", "MFA_ENROLL")
        target = party(id_, "PolicyEntity", "Default Policy")
        self._log("policy.rule.update", {**target, "detailEntry": {"policyType": "MfaEnroll"}})

    def activate_policy(self, policy: Policy) -> Policy:
        """The policy takes part."""
        return self._set_policy_status(policy, "ACTIVE", "policy.lifecycle.activate")

    def deactivate_policy(self, policy: Policy) -> Policy:
        """The policy no longer takes part."""
        return self._set_policy_status(policy, "INACTIVE", "policy.lifecycle.deactivate")

    def _set_policy_status(self, policy: Policy, status: str, event_type: str) -> Policy:
        now = self._current_policy(policy)
        now = evolve(now, spec={**now.spec, "status": status}, updated_s=int(self._at_s))
        self._set_policy(now)
        self._log(event_type, _policy_party(now))
        return now

    # --- rules ----------------------------------------------------------------------------

    def add_rule(self, policy: Policy, **spec: Any) -> Rule:
        """A new rule, before all others of the policy."""
        now = self._current_policy(policy)
        rule = self._made(policy.id, len(self._changes.events), spec)
        self._set_policy(evolve(now, rules=(rule, *now.rules)))
        self._log("policy.rule.add", _policy_party(now), _rule_party(rule))
        return rule

    def change_rule(self, policy: Policy, rule: Rule, **spec: Any) -> Rule:
        """Change fields of a rule, such as `factors` or `require_factor`."""
        return self._change_rule(policy, rule, "policy.rule.update", **spec)

    def activate_rule(self, policy: Policy, rule: Rule) -> Rule:
        """The rule takes part."""
        return self._change_rule(policy, rule, "policy.rule.activate", status="ACTIVE")

    def deactivate_rule(self, policy: Policy, rule: Rule) -> Rule:
        """The rule no longer takes part."""
        return self._change_rule(policy, rule, "policy.rule.deactivate", status="INACTIVE")

    def delete_rule(self, policy: Policy, rule: Rule) -> None:
        """The rule is gone."""
        now = self._current_policy(policy)
        kept = tuple(each for each in now.rules if each.id != rule.id)
        self._set_policy(evolve(now, rules=kept))
        self._log("policy.rule.delete", _policy_party(now), _rule_party(rule))

    def _change_rule(self, policy: Policy, rule: Rule, event_type: str, **spec: Any) -> Rule:
        now = self._current_policy(policy)
        found = next(each for each in now.rules if each.id == rule.id)
        changed = evolve(found, spec={**found.spec, **spec}, updated_s=int(self._at_s))
        rules = tuple(changed if each.id == rule.id else each for each in now.rules)
        self._set_policy(evolve(now, rules=rules))
        self._log(event_type, _policy_party(now), _rule_party(changed))
        return changed

    def _made(self, policy_id: str, number: int, spec: Json) -> Rule:
        id_ = self._org.security.id("0pr", policy_id, "late", number)
        return Rule(id=id_, spec=spec, updated_s=int(self._at_s))

    def _current_policy(self, policy: Policy) -> Policy:
        return self._org.security.policy(policy.id) or policy

    def _set_policy(self, policy: Policy) -> None:
        self._changes.policies[policy.id] = policy
        self._changes.version += 1

    # --- zones ----------------------------------------------------------------------------

    def add_zone(self, name: str, *gateways: str, usage: str = "POLICY") -> None:
        """A new network zone of these CIDR ranges."""
        row: Json = {
            # No number, hence no id, is ever used again.
            "number": 1000 + len(self._changes.events),
            "name": name,
            "type": "IP",
            "usage": usage,
            "gateways": list(gateways),
        }
        self._set_zone(row, "zone.create")

    def change_zone(self, name: str, *gateways: str) -> None:
        """The zone is of these CIDR ranges from now on."""
        self._change_zone(name, "zone.update", gateways=list(gateways))

    def activate_zone(self, name: str) -> None:
        """The zone takes part."""
        self._change_zone(name, "zone.activate", status="ACTIVE")

    def deactivate_zone(self, name: str) -> None:
        """The zone no longer takes part."""
        self._change_zone(name, "zone.deactivate", status="INACTIVE")

    def delete_zone(self, name: str) -> None:
        """The zone is gone; Okta lets go of none that a rule names."""
        row = self._zone(name)
        self._log("zone.delete", self._zone_party(row))
        self._changes.zones[row["number"]] = None
        self._changes.version += 1

    def _change_zone(self, name: str, event_type: str, **fields: Any) -> None:
        self._set_zone({**self._zone(name), **fields}, event_type)

    def _zone(self, name: str) -> Json:
        return next(row for row in self._org.security.zones if row["name"] == name)

    def _set_zone(self, row: Json, event_type: str) -> None:
        self._changes.zones[row["number"]] = {**row, "updated_s": int(self._at_s)}
        self._changes.version += 1
        self._log(event_type, self._zone_party(row))

    def _zone_party(self, row: Json) -> Json:
        return party(self._org.security.id("nzo", row["number"]), "NetworkZone", row["name"])


def _policy_party(policy: Policy) -> Json:
    kind = {"OKTA_SIGN_ON": "OktaSignOn", "ACCESS_POLICY": "AccessPolicy"}
    detail = {"policyType": kind.get(policy.type, policy.type)}
    return {**party(policy.id, "PolicyEntity", policy.spec["name"]), "detailEntry": detail}


def _rule_party(rule: Rule) -> Json:
    return party(rule.id, "PolicyRule", rule.spec["name"])
