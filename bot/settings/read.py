"""Reads the environment, `.env` and `kurage.toml`, and says in one line what is wrong with them."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.settings.accounts import ConfluenceAccount, GoogleAccount, WebLogin, accounts
from bot.settings.explain import explain
from bot.settings.sources import ConfluenceSource, DriveSource, FolderSource, Source, WebSource
from bot.settings.tables import Config
from bot.settings.tokens import (
    check_printable,
    check_token,
    is_atlassian_cloud,
    is_server_url,
)
from bot.settings.values import SettingsError

GeneratorName = Literal["extractive", "kurage", "karakuri", "qarasu", "rakuten", "stx", "openai"]
EncoderName = Literal["lexical"]


class Settings(BaseModel):
    """Everything the program is told from outside."""

    model_config = ConfigDict(frozen=True)

    home: Path
    """Where state lives; absolute."""
    config_path: Path | None
    """The `kurage.toml` that was read; None: there is none."""
    config: Config
    database_url: SecretStr
    """SQLAlchemy URL; may carry a password."""
    qdrant_url: str | None = None
    """Of a Qdrant server; None: the embedded index."""
    qdrant_api_key: SecretStr | None = None
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    """Of Socket Mode."""
    slack_api_url: str | None = None
    """Of Slack's Web API, ending in `/api/`; None: Slack's own."""
    discord_bot_token: SecretStr | None = None
    discord_api_url: str | None = None
    """Of Discord's REST API, ending in `/api/v10`; None: Discord's own."""
    generator: GeneratorName = "extractive"
    generator_urls: tuple[str, ...] = ()
    """Base URLs of OpenAI-compatible servers, ending in `/v1` mostly; tried in this order."""
    generator_model: str | None = None
    """As the server calls it; None: the one that it serves."""
    generator_api_key: SecretStr | None = None
    encoder: EncoderName = "lexical"
    confluence: Mapping[str, ConfluenceAccount] = Field(default_factory=dict)
    """Accounts by name; "" is the one without a name."""
    google: Mapping[str, GoogleAccount] = Field(default_factory=dict)
    """Likewise."""
    google_api_url: str | None = None
    """Root of Google's APIs, without a slash at its end; None: Google's own."""
    web: Mapping[str, WebLogin] = Field(default_factory=dict)
    """Logins by name."""

    def google_account(self, source: DriveSource) -> GoogleAccount:
        """Return as whom a source is read. Raises `SettingsError` where that is not set."""
        name = source.account or ""
        variable = GoogleAccount.variable(name, "application_credentials")
        account = self.google.get(name, GoogleAccount())
        if account.application_credentials is None:
            raise SettingsError(
                f"{variable} is not set; give it the path of a service account's key, or of what "
                "`kurage drive login` wrote (docs/drive.md)"
            )
        if not account.application_credentials.is_file():
            raise SettingsError(
                f"{variable} names {account.application_credentials}, which is no file"
            )
        return account

    def web_login(self, source: WebSource) -> WebLogin | None:
        """Return how a source's pages are let in to; None: without a login.

        Raises `SettingsError` where it is not set, or only half of it.
        """
        name = source.account
        if name is None:
            return None
        login = self.web.get(name, WebLogin())
        if login.user and not login.password:
            raise SettingsError(f"WEB_{name}_USER is set, but WEB_{name}_PASSWORD is not")
        if login.password and not login.user:
            raise SettingsError(f"WEB_{name}_PASSWORD is set, but WEB_{name}_USER is not")
        if login == WebLogin():
            raise SettingsError(
                f"neither WEB_{name}_COOKIE nor WEB_{name}_HEADER nor WEB_{name}_USER is set "
                "(docs/web.md)"
            )
        try:
            for secret in login.secrets:
                check_printable(f"WEB_{name}_…", secret)
        except ValueError as error:
            raise SettingsError(str(error)) from None
        if login.header and ":" not in login.header.get_secret_value():
            raise SettingsError(
                f"WEB_{name}_HEADER is no header, such as `Authorization: Bearer …`"
            )
        return login

    def confluence_account(self, source: ConfluenceSource) -> ConfluenceAccount:
        """Return where and as whom a source is read, with an address and a token.

        Raises `SettingsError` with the variable that is missing or wrong.
        """
        name = source.account or ""
        prefix = f"CONFLUENCE_{name}_" if name else "CONFLUENCE_"
        account = self.confluence.get(name, ConfluenceAccount())
        url = source.url or account.url
        if not url:
            raise SettingsError(
                f"{prefix}URL is not set; give it the site's address, such as "
                "https://example.atlassian.net/wiki, or the source a `url`"
            )
        if not is_server_url(url):
            # It is not repeated: there may be a password in it.
            raise SettingsError(
                f"{prefix}URL is no address such as https://example.atlassian.net/wiki"
            )
        if not account.token:
            raise SettingsError(
                f"{prefix}TOKEN is not set; docs/confluence.md says how to make a token"
            )
        if not account.email and is_atlassian_cloud(url):
            raise SettingsError(
                f"{prefix}EMAIL is not set; Confluence Cloud wants the e-mail address of the "
                f"account beside its API token ({prefix}TOKEN)"
            )
        try:
            check_token(f"{prefix}TOKEN", account.token.get_secret_value())
        except ValueError as error:
            raise SettingsError(str(error)) from None
        return account.model_copy(update={"url": url.rstrip("/")})

    def location(self, source: Source) -> str:
        """Return where a source is, for people; never with a secret."""
        if isinstance(source, ConfluenceSource) and source.url is None:
            account = self.confluence.get(source.account or "", ConfluenceAccount())
            if account.url and is_server_url(account.url):
                return source.model_copy(update={"url": account.url.rstrip("/")}).location
        return source.location

    @property
    def slack_tokens(self) -> tuple[str, str] | None:
        """Bot token and app token, None without either; `SettingsError` where one is missing."""
        bot, app = self.slack_bot_token, self.slack_app_token
        if bot and app:
            return bot.get_secret_value(), app.get_secret_value()
        if not bot and not app:
            return None
        here, missing, kind = (
            ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "xapp-…, scope connections:write")
            if bot
            else ("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "xoxb-…")
        )
        raise SettingsError(f"{here} is set, but {missing} ({kind}) is not; Slack needs both")

    @property
    def discord_token(self) -> str | None:
        """The bot's token of Discord, None without one."""
        return self.discord_bot_token.get_secret_value() if self.discord_bot_token else None

    @property
    def secrets(self) -> list[str]:
        """Every secret that was given, for filters of what is written somewhere."""
        given = (
            self.qdrant_api_key,
            self.slack_bot_token,
            self.slack_app_token,
            self.discord_bot_token,
            self.generator_api_key,
        )
        accounts = (
            form for one in (*self.confluence.values(), *self.web.values()) for form in one.secrets
        )
        passwords = _passwords(self.database_url.get_secret_value())
        return [*(one.get_secret_value() for one in given if one), *accounts, *passwords]

    @field_validator("qdrant_url")
    @classmethod
    def _url_of_a_server(cls, value: str | None) -> str | None:
        if value is None or is_server_url(value):
            return value
        raise ValueError(
            "QDRANT_URL is no address such as http://localhost:6333 (a key belongs into "
            "QDRANT_API_KEY)"
        )

    @field_validator("google_api_url")
    @classmethod
    def _url_of_google(cls, value: str | None) -> str | None:
        if value is None or is_server_url(value):
            return value
        raise ValueError("GOOGLE_API_URL is no address such as https://google.example.co.jp")

    @field_validator("generator_urls")
    @classmethod
    def _urls_of_workers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if not is_server_url(url):
                raise ValueError(
                    f"KURAGE_GENERATOR_URL: {url!r} is no address such as http://localhost:8000/v1 "
                    "(several are separated by commas; a key belongs into KURAGE_GENERATOR_API_KEY)"
                )
        return value

    @model_validator(mode="after")
    def _a_model_has_a_worker(self) -> Self:
        if self.generator != "extractive" and not self.generator_urls:
            raise ValueError(
                f"KURAGE_GENERATOR={self.generator} needs KURAGE_GENERATOR_URL, the address of the "
                "server that runs the model, such as http://localhost:8000/v1"
            )
        return self

    @field_validator("slack_api_url", "discord_api_url")
    @classmethod
    def _url_of_an_api(cls, value: str | None, info: ValidationInfo) -> str | None:
        ending = "/api/" if info.field_name == "slack_api_url" else "/api/v10"
        if value is None or (is_server_url(value) and value.endswith(ending)):
            return value
        raise ValueError(f"{str(info.field_name).upper()} is no http address that ends in {ending}")

    @field_validator("slack_bot_token", "slack_app_token", "discord_bot_token")
    @classmethod
    def _token_of_its_kind(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value:
            check_token(str(info.field_name).upper(), value.get_secret_value())
        return value

    @field_validator("qdrant_api_key", "generator_api_key")
    @classmethod
    def _key_fits_a_header(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value:
            named = str(info.field_name).upper()
            check_token(
                named if named.startswith("Q") else f"KURAGE_{named}", value.get_secret_value()
            )
        return value


def _passwords(url: str) -> list[str]:
    """Return the password of a URL, as it is written there and as it is."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return []
    return [password, unquote(password)] if password else []


def load(environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
    """Return the settings of a working directory; variables win over `.env`.

    Raises SettingsError with the file and key that is wrong.
    """
    directory = (directory or Path.cwd()).resolve()
    env = {**_dotenv(directory / ".env"), **(os.environ if environ is None else environ)}
    home = (directory / (env.get("KURAGE_HOME") or ".kurage")).resolve()
    config_path = _config_path(env, directory)
    try:
        return Settings(
            home=home,
            config_path=config_path,
            config=_config(config_path) if config_path else Config(),
            database_url=SecretStr(
                env.get("KURAGE_DATABASE_URL") or f"sqlite:///{home / 'kurage.db'}"
            ),
            qdrant_url=(env.get("QDRANT_URL") or "").strip() or None,
            qdrant_api_key=SecretStr(key) if (key := env.get("QDRANT_API_KEY")) else None,
            slack_bot_token=_secret(env, "SLACK_BOT_TOKEN"),
            slack_app_token=_secret(env, "SLACK_APP_TOKEN"),
            slack_api_url=(env.get("SLACK_API_URL") or "").strip() or None,
            discord_bot_token=_secret(env, "DISCORD_BOT_TOKEN"),
            discord_api_url=(env.get("DISCORD_API_URL") or "").strip() or None,
            generator=env.get("KURAGE_GENERATOR") or "extractive",  # type: ignore[arg-type]
            generator_urls=_listed(env, "KURAGE_GENERATOR_URL"),
            generator_model=(env.get("KURAGE_GENERATOR_MODEL") or "").strip() or None,
            generator_api_key=_secret(env, "KURAGE_GENERATOR_API_KEY"),
            encoder=env.get("KURAGE_ENCODER") or "lexical",  # type: ignore[arg-type]
            confluence=accounts(env, ConfluenceAccount),
            google=accounts(env, GoogleAccount),
            google_api_url=(env.get("GOOGLE_API_URL") or "").strip().rstrip("/") or None,
            web=accounts(env, WebLogin),
        )
    except ValidationError as error:
        raise SettingsError(explain(error, "the environment", Settings)) from None


def _listed(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    parts = (part.strip().rstrip("/") for part in (env.get(name) or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _secret(env: Mapping[str, str], name: str) -> SecretStr | None:
    value = (env.get(name) or "").strip()
    return SecretStr(value) if value else None


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - most commands run without a .env

    return {key: value for key, value in dotenv_values(path).items() if value is not None}


def _config_path(env: Mapping[str, str], directory: Path) -> Path | None:
    named = env.get("KURAGE_CONFIG")
    path = directory / (named or "kurage.toml")
    if named and not path.is_file():
        raise SettingsError(f"KURAGE_CONFIG names {path}, which is not there")
    return path if path.is_file() else None


def _config(path: Path) -> Config:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} can not be read: {error}") from None
    try:
        config = Config.model_validate(table)
    except ValidationError as error:
        raise SettingsError(explain(error, str(path), Config)) from None
    ca_file = config.index.ca_file
    index = config.index.model_copy(
        update={"ca_file": path.parent / ca_file.expanduser() if ca_file else None}
    )
    sources = _anchored(config.sources, path.parent)
    return config.model_copy(update={"sources": sources, "index": index})


def _anchored(sources: Mapping[str, Source], root: Path) -> dict[str, Source]:
    return {
        name: source.model_copy(update={"path": root / source.path.expanduser()})
        if isinstance(source, FolderSource)
        else source
        for name, source in sources.items()
    }
