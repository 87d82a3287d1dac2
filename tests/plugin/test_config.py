"""What a person may type, and the sentence for each mistake."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey

from twin_host.contract import Configured, Rejected, Secret
from twin_okta.config import OKTA_SUFFIXES, ConfigError, from_settings, normalise_domain, validate

TOKEN = Secret("00abcdefghijklmnopqrstuvwxyz0123456789ABCD")


def settings(**values):
    outcome = validate({"domain": "acme", "token": TOKEN, **values})
    assert isinstance(outcome, Configured), outcome
    return from_settings(outcome.config)


def problems(**values):
    outcome = validate({"domain": "acme", "token": TOKEN, **values})
    assert isinstance(outcome, Rejected), outcome
    return {problem.field: problem.message for problem in outcome.problems}


@pytest.mark.parametrize(
    "typed",
    [
        "acme", "acme.okta.com", "ACME.okta.com", " acme.okta.com ", "https://acme.okta.com",
        "https://acme.okta.com/", "https://acme-admin.okta.com/", "acme-admin.okta.com",
        "https://acme.okta.com/app/UserHome?x=1#y", "acme.okta.com.", "https://acme.okta.com:443",
    ],
)  # fmt: skip
def test_every_way_to_write_an_org_means_the_same(typed):
    assert settings(domain=typed).domain == "acme.okta.com"
    assert settings(domain=typed).base_url == "https://acme.okta.com"


@pytest.mark.parametrize("suffix", OKTA_SUFFIXES)
def test_each_of_okta_s_domains_is_taken(suffix):
    assert settings(domain=f"acme-admin.{suffix}").domain == f"acme.{suffix}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "missing"),
        ("http://acme.okta.com", "https://acme.okta.com"),
        ("ftp://acme.okta.com", "not a web address"),
        ("acme.okta.com.evil.example", "not one of Okta's domains"),
        ("https://acme.okta.com@evil.example", "no user name"),
        ("okta.com", "your org's name"),
        ("login.example.com", "`custom_domain`"),
        ("10.0.0.1", "not a host name"),
        ("169.254.169.254", "not a host name"),
        ("acme.okta.com:8443", ":8443"),
        ("127.0.0.1:8100", "`allow_loopback_http`"),
        ("http://localhost:8100", "`allow_loopback_http`"),
        ("http://[::1]:8100", "`allow_loopback_http`"),
        ("аcme.okta.com", "no special letters"),  # noqa: RUF001  a Cyrillic a
        ("a b", "not a host name"),
        ("https://[::1", "not an address"),
        (TOKEN.reveal(), "looks like an API token"),
    ],
)
def test_an_address_that_will_not_do_is_explained(typed, said):
    message = problems(domain=typed)["domain"]
    assert said in message
    assert TOKEN.reveal() not in message


def test_loopback_http_needs_its_setting():
    found = settings(domain="http://127.0.0.1:8100", allow_loopback_http="true")
    assert found.base_url == "http://127.0.0.1:8100"
    assert "domain" in problems(domain="http://192.168.1.5", allow_loopback_http="true")


def test_a_custom_domain_needs_its_setting():
    assert settings(domain="login.example.com", custom_domain="true").domain == "login.example.com"
    assert "domain" in problems(domain="10.1.2.3", custom_domain="true")


@given(st.text(max_size=60))
def test_whatever_is_typed_ends_in_a_safe_address_or_a_sentence(typed):
    with suppress(ConfigError):
        domain = normalise_domain(typed, custom_domain=False, allow_loopback_http=False)
        assert domain.endswith(tuple(f".{suffix}" for suffix in OKTA_SUFFIXES))
        assert set(domain) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")


@pytest.mark.parametrize(
    ("token", "said"),
    [("", "is missing"), ("SSWS 00abc", "SSWS"), ("two words", "one word"), ("ä", "plain")],
)
def test_a_token_that_cannot_be_one_is_refused(token, said):
    assert said in problems(token=Secret(token))["token"]


@pytest.mark.parametrize("value", ["0", "1.5", "nan", "inf", "much"])
def test_a_share_out_of_bounds_is_refused(value):
    assert "rate_share" in problems(rate_share=value)


def test_every_mistake_is_named_at_once():
    assert problems(
        domain="", token=Secret(""), stale_after_days="x", dpop="", custom_domain="perhaps"
    ).keys() == {"domain", "token", "stale_after_days", "custom_domain"}


RSA_PEM = RSAKey.generate_key(2048).as_pem(private=True).decode()
EC_JWK = ECKey.generate_key("P-384").as_dict(private=True)


def test_a_service_app_needs_its_client_and_key():
    assert problems(auth="oauth").keys() == {"client_id", "private_key"}
    found = settings(auth="oauth", client_id="0oa1", private_key=Secret(RSA_PEM))
    assert (found.auth, found.client_id) == ("oauth", "0oa1")


@pytest.mark.parametrize(
    "key",
    [
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "{",
        '{"kty":"oct","k":"AAAA"}',
        RSAKey.generate_key(2048).as_pem(private=False).decode(),
        "hello",
    ],
)
def test_a_key_that_cannot_sign_is_refused_without_showing_it(key):
    message = problems(auth="oauth", client_id="0oa1", private_key=Secret(key))["private_key"]
    assert key not in message


def test_a_key_file_is_checked_when_it_is_named(tmp_path):
    missing = problems(auth="oauth", client_id="0oa1", private_key_file=str(tmp_path / "no.pem"))
    assert "No such file" in missing["private_key_file"]
    (tmp_path / "key.pem").write_text(RSA_PEM)
    found = settings(auth="oauth", client_id="0oa1", private_key_file=str(tmp_path / "key.pem"))
    assert found.private_key_file.endswith("key.pem")


def test_no_secret_is_among_the_settings():
    outcome = validate({"domain": "acme", "token": TOKEN})
    assert isinstance(outcome, Configured)
    assert "token" not in outcome.config
    assert TOKEN.reveal() not in repr(outcome)


@pytest.mark.parametrize("name", ["privileged_groups", "service_account_names"])
def test_a_name_in_a_list_may_hold_a_comma(name):
    values = {"domain": "acme", "token": Secret("00abc"), name: "Admins, Global\r\n\n Équipe "}
    assert validate(values).config[name] == ["Admins, Global", "Équipe"]
