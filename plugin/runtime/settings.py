"""Settings from the environment or `.env`, prefix `JIRA_OKR_`. Whatever is missing or wrong is named before anything starts."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as SourceError

from connectors.notify.log_receiver import SCHEMES
from plugin.runtime.sites.credential_expiry import day_given
from plugin.runtime.sites.site_address import site_address, token_flaw

PREFIX = "JIRA_OKR_"
ENV_FILE = ".env"
"""Where settings are read from besides the environment, unless that names another file."""
GATEWAY = "gateway"
"""In the place of the address of the API: Atlassian's gateway, by the cloud id that the site tells."""
CONSENT: Literal["authorization_code"] = "authorization_code"
SERVICE: Literal["client_credentials"] = "client_credentials"
"""The grants of OAuth 2.0: what a person allows an app, and what a service account may by itself."""
FILE = "_FILE"
"""At the end of the name of a secret: its value is the text of that file."""
JSON_SETTINGS = (
    "metrics",
    "notify",
    "trusted_hosts",
    "oidc.roles",
    "metrics.http_hosts",
    "metrics.connections",
    "notify.slack",
    "notify.teams",
    "notify.google_chat",
    "notify.webhook",
    "notify.hosts",
)
SHORTEST_KEY = 16
"""Characters of a SECRET_KEY: what is shorter can be guessed, and with it everybody's session be made."""
DIFFERENT = 6
"""So many different characters at least: sixteen equal ones are no key."""
LONGEST_DAYS = 36_500
"""A hundred years: what is kept for longer is kept for ever, and before that there may be no day to count back to."""
LONGEST_MINUTES = 527_040
"""A year between two reads."""
MOST_STEPS = 2_000_000_000

EXPECTED = {
    "jira.url": "the address where people browse Jira, for example https://acme.atlassian.net",
    "jira.api_base": "gateway for a scoped token of Jira Cloud, or the address of the API if it is another one, for example https://api.atlassian.com/ex/jira/<cloudId>",
    "jira.email": "the e-mail address of the account the token belongs to (Jira Cloud), or nothing for the token of a service account",
    "jira.token": "an API token of that account, or of a service account (Jira Cloud)",
    "jira.client_id": "the client id of an OAuth 2.0 app, or of a service account's OAuth credential (Jira Cloud)",
    "jira.client_secret": "the secret of that client id",
    "jira.former_client_secret": "the secret that it had before, for as long as something may still be signed with it",
    "jira.grant": "client_credentials for a service account, or authorization_code for an OAuth 2.0 (3LO) app that a Jira user allows",
    "jira.goals_email": "the e-mail address of the account that works with Atlassian Goals, where it is another one than Jira's",
    "jira.goals_token": "an API token without scopes of the account that works with Atlassian Goals",
    "jira.link_client_id": "the client id of the application link by which people of Jira Data Center prove who they are",
    "jira.link_client_secret": "the secret of that client id",
    "jira.pat": "a personal access token (Jira Data Center)",
    "jira.token_expires": "the day on which the token or PAT expires, for example 2027-03-01, or nothing where it is not known",
    "jira.ca_bundle": "the path of a file (PEM) with the certificate authority of your Jira, where it is a private one",
    "jira.client_cert": "the path of a file (PEM) with the certificate that your Jira asks clients for",
    "jira.client_key": "the path of the key of that certificate, where its file does not hold it",
    "jira.webhook_secret": "the secret typed into Jira's webhook form",
    "jira.former_webhook_secret": "the secret that was typed there before, for as long as something still uses it",
    "authorization_url": "the address of Atlassian's authorisation server, https://auth.atlassian.com unless your sites are in another cloud of Atlassian's",
    "gateway_url": "the address of Atlassian's gateway, https://api.atlassian.com unless your sites are in another cloud of Atlassian's",
    "database_url": "sqlite:///path/to/file.sqlite3 or postgresql://user:password@host/database",
    "jira.name": "a short name of letters, digits, dots and dashes, for example main",
    "demo_clock": "the path of the file beside its database in which jira-okr demo keeps how far its time is ahead, and nothing for any other database",
    "audit_push_url": "where the audit log goes: https://… (JSON lines are posted), syslog+tls://host:port or syslog+tcp://host:port",
    "keep_sign_ins_days": "for how many days the words of entries on signing in are kept, 1 or more; as long as the audit log where it is not set",
    "env_file": "the path of a file with settings, one NAME=value a line",
    "mapping": "the path of a mapping document (YAML)",
    "engine": "embedded or procrastinate",
    "port": "a port number, 0 to 65535",
    "health_port": "a port number, 1 to 65535, of its own for /healthz, /readyz and /metrics",
    "workers": "how many worker threads run beside the server, 0 to 64",
    "http_threads": "how many requests one process answers at once, 1 to 64",
    "heavy_processes": "how many processes beside each serving one work on what takes long, 1 to 16",
    "http_processes": "how many processes serve, 1 to 32; more than 1 only with PostgreSQL",
    "base_url": "the address people reach this connector by, for example https://okr.acme.example",
    "jira_sign_in.client_id": "the client id of the OAuth 2.0 app by which people of Jira Cloud prove who they are",
    "jira_sign_in.client_secret": "the secret of that client id",
    "oidc.issuer": "the issuer of the OIDC provider, exactly as its discovery document says, for example https://login.acme.example",
    "oidc.client_id": "the client id that the OIDC provider gave this connector",
    "oidc.client_secret": "the client secret that the OIDC provider gave this connector",
    "oidc.default_role": "viewer, editor or admin, or none to let in only those whose role claim is in ROLES",
    "metrics.http_hosts": 'JSON: the hosts that sources of KPIs may ask, for example ["metrics.acme.example", "http://10.0.0.5:9090"]',
    "metrics.connections": 'JSON: what they name, for example {"warehouse": {"url": "postgresql://user:password@host/database"}}',
    "notify.mail.host": "the SMTP server that mail is submitted to, for example smtp.acme.example",
    "notify.mail.sender": "the address that mail comes from, for example okr@acme.example",
    "notify.mail.security": "starttls, tls or none",
    "notify.slack": 'JSON: webhooks of Slack by name, for example {"okr": "https://hooks.slack.com/services/…"}',
    "notify.teams": 'JSON: webhooks of Microsoft Teams workflows by name, for example {"okr": "https://….environment.api.powerplatform.com:443/…"}',
    "notify.google_chat": 'JSON: webhooks of Google Chat spaces by name, for example {"okr": "https://chat.googleapis.com/v1/spaces/…"}',
    "notify.webhook": 'JSON: signed webhooks by name, for example {"hub": {"url": "https://hub.acme.example/okr", "secret": "whsec_…"}}',
    "notify.hosts": 'JSON: further hosts that webhooks may be at, for example ["chat.acme.example"]',
    "second_factor": "optional, or required to let nobody past their password who has no second factor",
    "local_accounts": "on, or off to let people in by OIDC alone; off takes JIRA_OKR_OIDC__ISSUER and what belongs to it",
    "forge.app_id": "the id of your Forge app as its manifest.yml has it, for example ari:cloud:ecosystem::app/11111111-2222-3333-4444-555555555555",
    "forge.keys_url": "the address of the keys that Forge signs with, which you need not set",
    "trusted_proxies": "how many reverse proxies stand before the connector and set X-Forwarded-For; 0 for none",
    "trusted_hosts": 'JSON: further hosts that requests may name, for example ["okr.internal"]',
    "datacenter_calls_per_second": "how many calls a second Jira Data Center may get, 0.1 to 1000",
    "mcp": "on or off",
    "access_log": "on or off",
    "mcp_token": "an API token, which begins with okr_",
    "secret_key": "a long random text; it signs sessions and encrypts stored credentials",
}


class SettingsError(Exception):
    """Settings that cannot be used; every line names one setting, what is wrong with it and what it should be."""


def _address(given: AnyHttpUrl) -> AnyHttpUrl:
    """An address is shown and logged; what somebody signs in by is not."""
    if given.username or given.password:
        raise ValueError("an address holds no user and no password; they have settings of their own")
    return given


def _addressed(given: str) -> str:
    """The same of an address that has to stay as it is written."""
    try:
        _address(TypeAdapter(AnyHttpUrl).validate_python(given))
    except ValidationError:
        raise ValueError("it is no address") from None
    return given


def _bare(given: object) -> object:
    """Without the blanks and line ends that come along when a token is copied."""
    bare = given.get_secret_value() if isinstance(given, SecretStr) else given
    return "".join(bare.splitlines()).strip() if isinstance(bare, str) else bare


def _whole(given: SecretStr) -> SecretStr:
    """What no token holds is told before anybody is asked with it, and without showing it: in a header it would break the call, and be told with it."""
    if wrong := token_flaw(given.get_secret_value()):
        raise ValueError(wrong)
    return given


def _present(given: Path) -> Path:
    """A file that is there; a name that the system cannot even look for is none."""
    if not _is_file(str(given)):
        raise ValueError("no file is there")
    return given


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


Address = Annotated[AnyHttpUrl, AfterValidator(_address)]
"""Of a server, and of nobody there."""
HeaderSecret = Annotated[SecretStr, BeforeValidator(_bare), AfterValidator(_whole)]
"""A secret that goes in a header as it stands."""
PresentFile = Annotated[Path, AfterValidator(_present)]


class SettingsPart(BaseModel):
    """Settings below another one, some of them secrets that may come by file; what names the file is read elsewhere."""

    @model_validator(mode="before")
    @classmethod
    def _without_files(cls, given: object) -> object:
        secret = {
            f"{name}{FILE.lower()}" for name, field in cls.model_fields.items() if is_secret(field.annotation)
        }
        return {k: v for k, v in given.items() if k not in secret} if isinstance(given, dict) else given


def is_secret(kind: object) -> bool:
    """Whether the values of a setting of this type are secrets, or hold some by name."""
    if get_origin(kind) is not dict:
        return kind is SecretStr or any(is_secret(one) for one in get_args(kind))
    _, held = get_args(kind)
    if isinstance(held, type) and issubclass(held, BaseModel):
        return any(is_secret(field.annotation) for field in held.model_fields.values())
    return is_secret(held)


class JiraSettings(SettingsPart):
    """The first site; further ones are added by command or page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Address
    api_base: str | None = None
    email: str | None = None
    token: HeaderSecret | None = None
    pat: HeaderSecret | None = None
    client_id: str | None = None
    client_secret: HeaderSecret | None = None
    former_client_secret: SecretStr | None = None
    grant: Literal["client_credentials", "authorization_code"] = SERVICE
    goals_email: str | None = None
    goals_token: HeaderSecret | None = None
    link_client_id: str | None = None
    link_client_secret: HeaderSecret | None = None
    token_expires: date | None = None
    webhook_secret: SecretStr | None = None
    former_webhook_secret: SecretStr | None = None
    ca_bundle: PresentFile | None = None
    client_cert: PresentFile | None = None
    client_key: PresentFile | None = None
    name: str = Field(default="main", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")

    @field_validator("email", "client_id", "api_base", "goals_email", "link_client_id", mode="before")
    @classmethod
    def _copied(cls, given: object) -> object:
        return _bare(given)

    @field_validator("webhook_secret", "former_webhook_secret")
    @classmethod
    def _not_blank(cls, given: SecretStr | None) -> SecretStr | None:
        """A blank one proves nothing, and would be the first that is guessed; the former ones stand a line each."""
        lines = [] if given is None else [one for one in given.get_secret_value().splitlines() if one.strip()]
        return SecretStr("\n".join(lines)) if lines else None

    @field_validator("url", mode="before")
    @classmethod
    def _site(cls, given: object) -> object:
        """As the browser shows it, whatever page of Jira it is of."""
        return site_address(given) if isinstance(given, str) else given

    @field_validator("api_base")
    @classmethod
    def _place(cls, given: str | None) -> str | None:
        """`gateway`, or an address."""
        if not given or given == GATEWAY:
            return given or None
        return str(TypeAdapter(AnyHttpUrl).validate_python(_addressed(given)))

    @property
    def by_oauth(self) -> bool:
        """Whether an app or a service account is granted tokens, in the place of one that lasts."""
        return bool(self.client_id) and self.pat is None and self.token is None

    @property
    def by_consent(self) -> bool:
        """Whether a person has to allow it (3LO)."""
        return self.by_oauth and self.grant == CONSENT

    @property
    def by_gateway(self) -> bool:
        """Whether the API is to be found at Atlassian's gateway: the only door of service accounts, and of scoped tokens."""
        if self.api_base is None:
            return self.by_oauth or (self.pat is None and not self.email)
        return self.api_base == GATEWAY

    @field_validator("token_expires", mode="before")
    @classmethod
    def _day(cls, given: object) -> object:
        """As people write days; no number is one."""
        if given is None or isinstance(given, date):
            return given
        try:
            return day_given(str(given))
        except ValueError:  # it says what was written, which may be the token itself
            raise ValueError("it is no day") from None


class OidcSettings(SettingsPart):
    """Sign-in by an OIDC provider. `roles` says which value of the claim `role_claim` gives which role."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, Field(pattern="^https?://"), AfterValidator(_addressed)]
    client_id: str
    client_secret: SecretStr
    label: str = "single sign-on"
    scope: str = "openid email profile"
    role_claim: str | None = None
    roles: dict[str, Literal["viewer", "editor", "admin"]] = Field(default_factory=dict)
    default_role: Literal["viewer", "editor", "admin", "none"] = "viewer"


class JiraSignInSettings(SettingsPart):
    """The OAuth 2.0 app by which people of Jira Cloud prove who they are: one for all its sites, since an account is the same on each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)

    @field_validator("client_id", "client_secret", mode="before")
    @classmethod
    def _bare(cls, given: object) -> object:
        """Without the blanks and line ends that come along when they are copied."""
        bare = given.get_secret_value() if isinstance(given, SecretStr) else given
        return bare.strip() if isinstance(bare, str) else bare


class ForgeSettings(BaseModel):
    """The Forge app that calls this connector. Whoever calls for another app is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app_id: str = Field(pattern=r"^ari:cloud:ecosystem::app/[0-9a-fA-F-]{36}$")
    keys_url: Address = AnyHttpUrl("https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json")

    @field_validator("app_id", mode="before")
    @classmethod
    def _bare(cls, given: object) -> object:
        """Without the blanks that come along when it is copied."""
        return given.strip() if isinstance(given, str) else given


class MetricConnectionSettings(BaseModel):
    """Something outside that sources of KPIs name: a host and the secret that goes to it alone, or a database."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = ""
    token: HeaderSecret = SecretStr("")
    user: str = ""
    password: SecretStr = SecretStr("")
    url: SecretStr = SecretStr("")


class MetricSettings(SettingsPart):
    """What sources of KPIs may ask beyond Jira."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    http_hosts: tuple[str, ...] = ()
    connections: dict[str, MetricConnectionSettings] = Field(default_factory=dict)


class MailSettings(SettingsPart):
    """Where mail is submitted, and from whom it comes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1)
    sender: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr = SecretStr("")


class SignedWebhookSettings(BaseModel):
    """Where a program takes what is told, and what it is signed with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr
    secret: SecretStr

    @field_validator("secret")
    @classmethod
    def _usable(cls, secret: SecretStr) -> SecretStr:
        """Long enough not to be guessed, and Base64 where it says that it is."""
        text = secret.get_secret_value()
        if len(text) < SHORTEST_KEY:
            raise ValueError(f"a secret has at least {SHORTEST_KEY} characters")
        if text.startswith("whsec_"):
            try:
                b64decode(text.removeprefix("whsec_"), validate=True)
            except Base64Error:
                raise ValueError("what follows whsec_ is no Base64") from None
        return secret


class NotifySettings(SettingsPart):
    """The channels by which digests reach people. The address of a webhook is a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mail: MailSettings | None = None
    slack: dict[str, SecretStr] = Field(default_factory=dict)
    teams: dict[str, SecretStr] = Field(default_factory=dict)
    google_chat: dict[str, SecretStr] = Field(default_factory=dict)
    webhook: dict[str, SignedWebhookSettings] = Field(default_factory=dict)
    hosts: tuple[str, ...] = ()


class Settings(BaseSettings):
    """Everything an operator can set. Nested names use two underscores: `JIRA_OKR_JIRA__URL`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
    )

    env_file: Path | None = None
    database_url: str = "sqlite:///data/okr.sqlite3"
    secret_key: SecretStr | None = None
    base_url: Address | None = None
    authorization_url: Address = AnyHttpUrl("https://auth.atlassian.com")
    gateway_url: Address = AnyHttpUrl("https://api.atlassian.com")
    mapping: Path | None = None
    jira: JiraSettings | None = None
    oidc: OidcSettings | None = None
    jira_sign_in: JiraSignInSettings | None = None
    local_accounts: Literal["on", "off"] = "on"
    second_factor: Literal["optional", "required"] = "optional"
    forge: ForgeSettings | None = None
    metrics: MetricSettings = MetricSettings()
    notify: NotifySettings = NotifySettings()
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    trusted_hosts: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    health_port: int | None = Field(default=None, ge=1, le=65535)
    engine: Literal["embedded", "procrastinate"] | None = None
    workers: int = Field(default=2, ge=0, le=64)
    http_threads: int = Field(default=8, ge=1, le=64)
    http_processes: int = Field(default=1, ge=1, le=32)
    heavy_processes: int = Field(default=2, ge=1, le=16)
    gather_seconds: float = Field(default=0.2, ge=0, le=10)
    quiet_seconds: float = Field(default=0.4, ge=0, le=60)
    ceiling_seconds: float = Field(default=5.0, ge=0, le=600)
    lease_seconds: float = Field(default=120.0, ge=1, le=3600)
    heartbeat_seconds: float = Field(default=10.0, ge=0.1, le=300)
    datacenter_calls_per_second: float = Field(default=20.0, ge=0.1, le=1000)
    recent_minutes: int = Field(default=5, ge=0, le=LONGEST_MINUTES)
    resync_minutes: int = Field(default=360, ge=0, le=LONGEST_MINUTES)
    keep_deliveries_days: int = Field(default=7, ge=1, le=LONGEST_DAYS)
    keep_history_days: int = Field(default=90, ge=1, le=LONGEST_DAYS)
    keep_daily_history_days: int = Field(default=730, ge=1, le=LONGEST_DAYS)
    keep_daily_steps: int = Field(default=250_000, ge=0, le=MOST_STEPS)
    keep_audit_days: int = Field(default=730, ge=1, le=LONGEST_DAYS)
    keep_sign_ins_days: int | None = Field(default=None, ge=1, le=LONGEST_DAYS)
    audit_push_url: str | None = None
    audit_push_token: HeaderSecret | None = None
    kpi_metrics: bool = False
    mcp: Literal["on", "off"] = "off"
    mcp_token: HeaderSecret | None = None
    log_format: Literal["plain", "json"] = "plain"
    access_log: Literal["on", "off"] = "off"
    demo_clock: Path | None = None

    @field_validator("secret_key")
    @classmethod
    def _no_guessable_key(cls, key: SecretStr | None) -> SecretStr | None:
        """A blank one is none: the example of the settings leaves it blank, so everybody knows it."""
        if key is None or not key.get_secret_value().strip():
            return None
        first = key.get_secret_value().partition(",")[0].strip()
        if len(first) < SHORTEST_KEY:
            raise ValueError(f"the key, up to the first comma, has at least {SHORTEST_KEY} characters")
        if len(set(first)) < DIFFERENT:
            raise ValueError(f"the key, up to the first comma, has at least {DIFFERENT} different characters")
        return key

    @field_validator("audit_push_url")
    @classmethod
    def _receiver(cls, given: str | None) -> str | None:
        """An address that lines can be sent to."""
        if given is None or not given.strip():
            return None
        try:
            parts = urlsplit(given.strip())
            fits = parts.scheme in SCHEMES and parts.hostname and parts.username is None and parts.port != 0
        except ValueError:  # it would say what was written
            fits = False
        if not fits:
            raise ValueError("is no address that the audit log can be sent to")
        return given.strip()

    @field_validator("local_accounts")
    @classmethod
    def _some_way_in(cls, given: str, info: ValidationInfo) -> str:
        """Without passwords people come by the provider, so there has to be one."""
        if given == "off" and info.data.get("oidc") is None:
            raise ValueError("no provider is set, so nobody could sign in")
        return given

    @field_validator("demo_clock")
    @classmethod
    def _of_its_own_data(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        """Whoever works on another database, by a line that was copied or a variable of the shell, must not take its time for theirs."""
        database = str(info.data.get("database_url", "")).removeprefix("sqlite:///")
        if file is not None and Path(database).resolve().parent != file.resolve().parent:
            raise ValueError("the database is not the demo's, which stands beside this file")
        return file

    @property
    def public_url(self) -> str:
        """Where people reach the connector, without a trailing slash."""
        return str(self.base_url).rstrip("/") if self.base_url else f"http://{self.host}:{self.port}"

    @property
    def lacks_shared_key(self) -> bool:
        """Whether machines that share a database would each make a key of their own."""
        return self.secret_key is None and not self.database_url.startswith("sqlite")

    @property
    def authority(self) -> str | None:
        """The file with the certificate authority by which all of Atlassian is reached here, None for the machine's."""
        bundle = self.jira.ca_bundle if self.jira is not None else None
        return str(bundle) if bundle is not None else None

    @property
    def engine_name(self) -> str:
        """PostgreSQL means the distributed engine unless the embedded one is asked for."""
        if self.engine is not None:
            return self.engine
        return "procrastinate" if self.database_url.startswith("postgres") else "embedded"


ALIKE = 0.7
"""How much alike an unknown name and a setting are where one was meant for the other (difflib's ratio). What is further off is somebody
else's: Kubernetes, for one, gives every container of the namespace JIRA_OKR_SERVICE_HOST where a service is called jira-okr."""


def read_settings(env_file: str | None = ENV_FILE, **given: Any) -> Settings:
    """Settings from what is given, the environment and the file, in this order of weight; nothing from a file where it is None.

    JIRA_OKR_ENV_FILE in the environment names another file than `.env`. Raises SettingsError with one line per finding, never
    showing a secret.
    """
    found: list[str] = []
    if env_file == ENV_FILE and (named := os.environ.get(f"{PREFIX}ENV_FILE")):
        if not _is_file(named):
            found.append(
                f"{PREFIX}ENV_FILE names {named}, which is no file here. It should be: {EXPECTED['env_file']}."
            )
        env_file = named
    found += _no_text(_written(env_file))
    if found:
        raise SettingsError("\n".join(found))
    try:
        settings = Settings(_env_file=env_file, **{**_filed(env_file, found, given), **given})  # type: ignore[call-arg]
    except ValidationError as error:
        found += [_sentence(finding) for finding in error.errors()]
    except SourceError:
        raise SettingsError("\n".join([*found, *_unreadable(env_file)])) from None
    written = (*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings, env_file).env_vars)
    found += _misspelt(name.upper() for name in written)
    if found:
        raise SettingsError("\n".join(found))
    return settings


def _filed(env_file: str | None, found: list[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The secrets whose files are named (`…_FILE`), as containers are given them; what is wrong with one is added to `found`."""
    values: dict[str, Any] = {}
    for name, path in _written(env_file).items():
        setting = name.upper().removesuffix(FILE)
        if not name.upper().endswith(FILE) or setting not in secret_settings() or path is None:
            continue
        try:
            text = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            found.append(f"{name.upper()} names {path}, which cannot be read ({type(error).__name__}).")
            continue
        if "\0" in text:
            found.append(f"{name.upper()} names {path}, which holds signs that are no text.")
            continue
        if not text.strip():  # what filled it has failed, and a blank secret would count as none
            found.append(
                f"{name.upper()} names {path}, which is empty. Put the secret there, or take {name.upper()} away."
            )
            continue
        parts = setting.removeprefix(PREFIX).lower().split("__")
        if _written(env_file).get(setting.lower()) or parts[0] in given:
            found.append(f"{setting} and {name.upper()} are both set. Keep one of them.")
            continue
        named = _path(setting) in JSON_SETTINGS
        if named and not _is_json(text):
            found.append(
                f"{name.upper()} names {path}, which holds no JSON. It should hold: {EXPECTED[_path(setting)]}."
            )
            continue
        place = values
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = json.loads(text) if named else text
    return values


def _written(env_file: str | None) -> dict[str, str | None]:
    """What stands in the environment and in the file, by names in lower case; the environment wins. Raises SettingsError for a file that cannot be read."""
    try:
        in_file = DotEnvSettingsSource(Settings, env_file).env_vars
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings in {env_file} cannot be read ({type(error).__name__}).") from None
    return {**in_file, **EnvSettingsSource(Settings).env_vars}


def _no_text(written: Mapping[str, str | None]) -> list[str]:
    """A sentence for each value with bytes that are no UTF-8, or with a NUL: neither a database nor a path takes them."""
    return [
        f"{name.upper()} is not usable (it holds signs that are no text). Write it anew, in UTF-8."
        for name, value in written.items()
        if name.upper().startswith(PREFIX) and value is not None and (_broken(value) or "\0" in value)
    ]


def _broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def secret_settings() -> frozenset[str]:
    """The names of the settings whose values may come by file: every secret, and the address of the database."""
    return frozenset({f"{PREFIX}DATABASE_URL", *_secrets_of(Settings)})


def _secrets_of(model: type[BaseModel], before: str = PREFIX) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if is_secret(field.annotation):
            yield f"{before}{name.upper()}"
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, SettingsPart):
                yield from _secrets_of(kind, f"{before}{name.upper()}__")


def _unreadable(env_file: str | None) -> list[str]:
    """A sentence for each value that should be JSON and is none; the value itself may be a secret."""
    return [
        f"{name.upper()} is not usable (its value is no JSON). It should be: {EXPECTED.get(_path(name), 'JSON')}."
        for name, value in _written(env_file).items()
        if name.upper().startswith(PREFIX) and _path(name) in JSON_SETTINGS and not _is_json(value or "")
    ] or ["A setting that should be JSON is none. docs/settings.md says which are."]


def _path(name: str) -> str:
    return name.upper().removeprefix(PREFIX).lower().replace("__", ".")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _sentence(finding: Any) -> str:
    path = ".".join(str(part) for part in finding["loc"])
    name = PREFIX + path.upper().replace(".", "__")
    if finding["type"] == "extra_forbidden":
        return f"{name} is no setting.{_meant(name)}"
    what = "is missing" if finding["type"] == "missing" else f"is not usable ({finding['msg']})"
    expected = EXPECTED.get(path)
    return f"{name} {what}. It should be: {expected}." if expected else f"{name} {what}."


def _misspelt(names: Iterable[str]) -> list[str]:
    """The names that are no setting but close to one; what stands below a setting with parts is checked with it."""
    ours = {name.split("__")[0] for name in _settings(Settings)}
    filed = {f"{one}{FILE}" for one in secret_settings()}
    strange = [
        one for one in names if one.startswith(PREFIX) and one.split("__")[0] not in ours and one not in filed
    ]
    return [f"{one} is no setting.{meant}" for one in dict.fromkeys(strange) if (meant := _meant(one))]


def _meant(name: str) -> str:
    """` Did you mean …?`, or nothing where no setting is close."""
    settings = {one.removeprefix(PREFIX): one for one in _settings(Settings)}
    if name.removeprefix(PREFIX).removesuffix(FILE) in settings:
        return f" Secrets alone may come by a file: set {name.removesuffix(FILE)}."
    close = get_close_matches(name.removeprefix(PREFIX), settings, 1, ALIKE)
    return f" Did you mean {settings[close[0]]}?" if close else ""


def _settings(model: type[BaseModel], before: str = PREFIX) -> Iterator[str]:
    """The names of all settings, as the environment has them."""
    for name, field in model.model_fields.items():
        yield f"{before}{name.upper()}"
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _settings(kind, f"{before}{name.upper()}__")
