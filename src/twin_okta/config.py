"""The connector's settings: what a person typed, made safe, or a sentence for each mistake."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen

from twin_host.contract import Config, Configured, Problem, Rejected, Secret
from twin_okta.api.keys import SigningKey, UnusableKey

OKTA_SUFFIXES = ("okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_LOOKS_LIKE_TOKEN = re.compile(r"00[A-Za-z0-9_-]{38,}")


class ConfigError(ValueError):
    """One setting is wrong; the message says what to do about it."""


@frozen
class OktaConfig:
    """Validated settings. `base_url` is the only origin that is ever contacted."""

    domain: str
    auth: str = "token"
    client_id: str = ""
    private_key_file: str = ""
    key_id: str = ""
    dpop: bool = False
    privileged_groups: tuple[str, ...] = ()
    service_account_names: tuple[str, ...] = ()
    stale_after_days: int = 90
    read_again_days: int = 7
    keep_changes_days: int = 90
    rate_share: float = 0.9
    custom_domain: bool = False
    allow_loopback_http: bool = False

    @property
    def base_url(self) -> str:
        """Scheme and host, without a trailing slash."""
        return self.domain if "://" in self.domain else f"https://{self.domain}"


def validate(values: Mapping[str, str | Secret]) -> Configured | Rejected:
    """Turn raw form values into settings, or name every field that is wrong."""
    problems: list[Problem] = []
    settings: dict[str, str | bool | int | float | list[str]] = {}
    custom = _flag(values, "custom_domain", problems)
    loopback = _flag(values, "allow_loopback_http", problems)
    settings |= {"custom_domain": custom, "allow_loopback_http": loopback}
    try:
        settings["domain"] = normalise_domain(
            _text(values, "domain"), custom_domain=custom, allow_loopback_http=loopback
        )
    except ConfigError as wrong:
        problems.append(Problem(field="domain", message=str(wrong)))
    settings["stale_after_days"] = int(
        _number(values, "stale_after_days", problems, default=90, low=1, high=3650)
    )
    settings["read_again_days"] = int(
        _number(values, "read_again_days", problems, default=7, low=1, high=365)
    )
    settings["keep_changes_days"] = int(
        _number(values, "keep_changes_days", problems, default=90, low=1, high=3650)
    )
    settings["rate_share"] = _number(values, "rate_share", problems, default=0.9, low=0.05, high=1)
    for name in ("privileged_groups", "service_account_names"):
        settings[name] = _lines(_text(values, name))
    settings |= _credential(values, problems)
    return Rejected(problems=tuple(problems)) if problems else Configured(config=settings)


def from_settings(config: Config) -> OktaConfig:
    """The settings that `validate` made, as the type the rest of the plugin uses."""
    return OktaConfig(
        domain=str(config["domain"]),
        auth=str(config.get("auth", "token")),
        client_id=str(config.get("client_id", "")),
        private_key_file=str(config.get("private_key_file", "")),
        key_id=str(config.get("key_id", "")),
        dpop=bool(config.get("dpop", False)),
        privileged_groups=_list(config, "privileged_groups"),
        service_account_names=_list(config, "service_account_names"),
        stale_after_days=int(str(config.get("stale_after_days", 90))),
        read_again_days=int(str(config.get("read_again_days", 7))),
        keep_changes_days=int(str(config.get("keep_changes_days", 90))),
        rate_share=float(str(config.get("rate_share", 0.9))),
        custom_domain=bool(config.get("custom_domain", False)),
        allow_loopback_http=bool(config.get("allow_loopback_http", False)),
    )


def normalise_domain(typed: str, *, custom_domain: bool, allow_loopback_http: bool) -> str:
    """The org's host as Okta's API knows it; a loopback address keeps its http:// and port.

    `acme`, `acme.okta.com` and `https://acme-admin.okta.com/` all give `acme.okta.com`.
    Raises ConfigError with a sentence when the address is not acceptable.
    """
    typed = typed.strip()
    if not typed:
        raise ConfigError("The domain is missing: give your org's address, such as acme.okta.com.")
    if _LOOKS_LIKE_TOKEN.fullmatch(typed):
        raise ConfigError(
            "That looks like an API token: the domain is an address like acme.okta.com."
        )
    scheme, host, port = _split_address(typed)
    if _is_loopback(host):
        return _loopback_address(scheme, host, port, allowed=allow_loopback_http)
    if scheme == "http":
        raise ConfigError(f"Plain http is refused: write https://{host} instead.")
    if port not in (None, 443):
        raise ConfigError(f"Okta answers on the usual https port: leave :{port} out.")
    if "." not in host and _LABEL.fullmatch(host):
        host = f"{host}.okta.com"
    for suffix in OKTA_SUFFIXES:
        if host.endswith(f".{suffix}"):
            return _okta_host(host.removesuffix(f".{suffix}"), suffix)
    return _custom_host(host, allowed=custom_domain)


def _split_address(typed: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise ConfigError(f"{typed!r} is not an address: write it like acme.okta.com.") from None
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigError(f"{typed!r} is not a web address: write it like acme.okta.com.")
    if parts.username is not None or not host.isascii():
        raise ConfigError("The domain must be a plain host name: no user name, no special letters.")
    return parts.scheme, host, port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _loopback_address(scheme: str, host: str, port: int | None, *, allowed: bool) -> str:
    if not allowed:
        raise ConfigError(
            f"{host} is this machine, not an Okta org: add "
            "`allow_loopback_http` if you mean a simulated org."
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}" if port else f"{scheme}://{shown}"


def _okta_host(org: str, suffix: str) -> str:
    org = org.removesuffix("-admin")
    if not _LABEL.fullmatch(org):
        raise ConfigError(f"{org}.{suffix} is not an org's address: write it like acme.{suffix}.")
    return f"{org}.{suffix}"


def _custom_host(host: str, *, allowed: bool) -> str:
    if host in OKTA_SUFFIXES:
        raise ConfigError(f"{host} is Okta itself: put your org's name in front, as acme.{host}.")
    labels = host.split(".")
    if not all(map(_LABEL.fullmatch, labels)) or len(labels) < 2 or labels[-1].isdigit():
        raise ConfigError(f"{host!r} is not a host name: write it like acme.okta.com.")
    if not allowed:
        raise ConfigError(
            f"{host} is not one of Okta's domains: add `custom_domain` "
            "if it is your org's own, or check the spelling."
        )
    return host


def _text(values: Mapping[str, str | Secret], name: str) -> str:
    value = values.get(name, "")
    return value.reveal() if isinstance(value, Secret) else value


def _list(config: Config, name: str) -> tuple[str, ...]:
    value = config.get(name, [])
    return tuple(value) if isinstance(value, list) else ()


def _lines(text: str) -> list[str]:
    """One a line: a group's name may hold a comma."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _flag(values: Mapping[str, str | Secret], name: str, problems: list[Problem]) -> bool:
    text = _text(values, name).strip().lower()
    if text in ("true", "yes", "1", "on"):
        return True
    if text not in ("", "false", "no", "0", "off"):
        problems.append(
            Problem(field=name, message=f"{text!r} is neither yes nor no: write true or false.")
        )
    return False


def _number(
    values: Mapping[str, str | Secret],
    name: str,
    problems: list[Problem],
    *,
    default: float,
    low: float,
    high: float,
) -> float:
    text = _text(values, name).strip()
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        problems.append(
            Problem(
                field=name, message=f"{text!r} will not do: give a number from {low:g} to {high:g}."
            )
        )
        return default
    return number


def _credential(
    values: Mapping[str, str | Secret], problems: list[Problem]
) -> dict[str, str | bool]:
    """The settings of the kind of credential that was chosen, and only those."""
    auth = _text(values, "auth").strip() or "token"
    if auth == "token":
        problems += _token_problems(values.get("token"))
        return {"auth": auth}
    if auth != "oauth":
        problems.append(
            Problem(field="auth", message=f"{auth!r} is no credential: write token or oauth.")
        )
        return {}
    names = ("client_id", "private_key_file", "key_id")
    settings: dict[str, str | bool] = {name: _text(values, name).strip() for name in names}
    if not settings["client_id"]:
        sentence = "The client id is missing: it is on the General tab of the API Services app."
        problems.append(Problem(field="client_id", message=sentence))
    problems += _key_problems(_text(values, "private_key"), str(settings["private_key_file"]))
    return {"auth": auth, "dpop": _flag(values, "dpop", problems), **settings}


def _key_problems(key: str, file: str) -> list[Problem]:
    try:
        if key.strip():
            SigningKey.parse(key)
        elif file:
            SigningKey.parse(read_key_file(file))
        else:
            sentence = "The private key is missing: give it, or name a `private_key_file`."
            return [Problem(field="private_key", message=sentence)]
    except (UnusableKey, ConfigError) as wrong:
        return [
            Problem(field="private_key" if key.strip() else "private_key_file", message=str(wrong))
        ]
    return []


def read_key_file(file: str) -> str:
    """The text of a private key file. Raises ConfigError when it cannot be read."""
    try:
        return Path(file).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, RuntimeError) as error:  # the last of a home unknown
        reason = error.strerror if isinstance(error, OSError) else "not text"
        reason = "there is no home folder" if isinstance(error, RuntimeError) else reason
        raise ConfigError(f"The private key file {file} cannot be read: {reason}.") from None


def _token_problems(token: str | Secret | None) -> list[Problem]:
    text = (token.reveal() if isinstance(token, Secret) else token or "").strip()
    if not text:
        sentence = "The API token is missing."
        return [Problem(field="token", message=sentence)]
    if text.upper().startswith("SSWS "):
        return [Problem(field="token", message="Leave out the word SSWS: give the token alone.")]
    if not _HEADER_SAFE.fullmatch(text):
        return [
            Problem(
                field="token", message="A token is one word of plain characters: copy it once more."
            )
        ]
    return []
