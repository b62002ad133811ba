"""The registries: which name of the settings means which class. Each is imported when it is used.

A new connector, platform, generator or encoder is a file, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.settings import (
    ConfluenceSource,
    DriveSource,
    EncoderName,
    FolderSource,
    GeneratorName,
    GoogleAccount,
    WebSource,
)

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.app.program import App
    from bot.generate import Generator
    from bot.inbox import Platform
    from bot.metrics import Metrics
    from connectors.base import Connector
    from ingest.encode import Encoder


def _folder(source: FolderSource, kurage: App) -> Connector:
    from connectors.folder import FolderConnector

    return FolderConnector(
        source.path,
        url_prefix=source.url_prefix,
        include=source.include,
        exclude=source.exclude,
        max_bytes=kurage.settings.config.ingest.max_bytes,
        memory=kurage.home / "folder.db",
        readers=source.readers,
    )


def _confluence(source: ConfluenceSource, kurage: App) -> Connector:
    from connectors.base import ConnectorError
    from connectors.confluence import ConfluenceConnector
    from connectors.confluence.api import open_site
    from connectors.confluence.scope import Scope

    account = kurage.settings.confluence_account(source)
    assert account.url, "the settings refuse an account without"  # noqa: S101
    assert account.token, "likewise"  # noqa: S101
    site = open_site(
        account.url,
        email=account.email,
        token=account.token.get_secret_value(),
        edition=source.edition,
        at_once=source.requests_at_once,
    )
    scope = Scope(
        spaces=source.spaces,
        exclude_spaces=source.exclude_spaces,
        pages=source.pages,
        exclude_pages=source.exclude_pages,
        labels=source.labels,
        exclude_labels=source.exclude_labels,
        cql=source.cql,
        blogposts=source.blogposts,
        comments=source.comments,
        attachments=source.attachments,
    )
    try:
        return ConfluenceConnector(
            site,
            scope,
            readers=source.readers,
            licensed_groups=source.licensed_groups,
            everyone_licensed=source.everyone_licensed,
            max_bytes=kurage.settings.config.ingest.max_bytes,
            memory=kurage.home / "confluence.db",
            token_variable=f"CONFLUENCE_{source.account}_TOKEN"
            if source.account
            else "CONFLUENCE_TOKEN",
        )
    except ConnectorError:  # for options that go no further; nobody else will close the site
        site.close()
        raise


def _drive(source: DriveSource, kurage: App) -> Connector:
    from connectors.drive import DriveConnector, Scope
    from connectors.drive.api import Google

    account = kurage.settings.google_account(source)
    assert account.application_credentials, "the settings refuse an account without"  # noqa: S101
    google = Google(
        account.application_credentials,
        api_url=kurage.settings.google_api_url,
        at_once=source.requests_at_once,
        variable=GoogleAccount.variable(source.account or "", "application_credentials"),
    )
    scope = Scope(
        folders=source.folders,
        exclude_folders=source.exclude_folders,
        drives=source.drives,
        my_drive=source.my_drive,
        users=source.users,
    )
    return DriveConnector(
        google,
        scope,
        admin=source.admin,
        link_shared=source.link_shared,
        readers=source.readers,
        max_bytes=kurage.settings.config.ingest.max_bytes,
        memory=kurage.home / "drive.db",
    )


def _web(source: WebSource, kurage: App) -> Connector:
    from connectors.base import ANYONE
    from connectors.web import Scope, WebConnector
    from connectors.web.net import Login, Web

    secret = kurage.settings.web_login(source)
    web = Web(
        login=Login(
            cookie=_revealed(secret.cookie),
            header=_revealed(secret.header),
            basic=(secret.user, secret.password.get_secret_value())
            if secret.user and secret.password
            else None,
        )
        if secret
        else None,
        login_hosts=source.urls,
        private_hosts=source.private_hosts,
        robots=source.robots,
        delay=source.delay,
        at_once=source.requests_at_once,
        javascript=source.javascript,
        secrets=secret.secrets if secret else (),
    )
    scope = Scope(
        urls=source.urls,
        hosts=source.hosts,
        include=source.include,
        exclude=source.exclude,
        depth=source.depth,
        max_pages=source.max_pages,
        ignore_parameters=source.ignore_parameters,
    )
    return WebConnector(
        web,
        scope,
        sitemaps=source.sitemaps,
        follow=source.follow,
        readers=source.readers or (ANYONE,),
        gone_after=source.gone_after,
        max_bytes=kurage.settings.config.ingest.max_bytes,
        memory=kurage.home / "web.db",
    )


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _extractive(kurage: App) -> Generator:
    return kurage.quoting


def _kurage(kurage: App) -> Generator:
    from bot.generate.kurage import KurageGenerator

    config = kurage.settings.config.generator
    return KurageGenerator(
        kurage.model,
        mode=config.mode,
        max_tokens=config.max_tokens,
        max_tokens_long=config.max_tokens_long,
    )


def _other(name: GeneratorName) -> Callable[[App], Generator]:
    """Return what makes the generator of a model family that names no references by itself."""

    def made(kurage: App) -> Generator:
        from bot.generate.chat import ChatGenerator
        from bot.generate.profiles import profile

        config = kurage.settings.config.generator
        return ChatGenerator(
            kurage.model,
            profile(name, config.karakuri),
            max_tokens=config.max_tokens,
            max_tokens_long=config.max_tokens_long,
        )

    return made


def _lexical(kurage: App) -> Callable[[], Encoder]:
    from ingest.lexical import LexicalEncoder

    return partial(LexicalEncoder, kurage.analyzer)


# By the kind of source; each gets a source of its own kind.
CONNECTORS: dict[str, Callable[[Any, App], Connector]] = {
    "folder": _folder,
    "confluence": _confluence,
    "drive": _drive,
    "web": _web,
}
GENERATORS: dict[GeneratorName, Callable[[App], Generator]] = {
    "extractive": _extractive,
    "kurage": _kurage,
    "karakuri": _other("karakuri"),
    "qarasu": _other("qarasu"),
    "rakuten": _other("rakuten"),
    "stx": _other("stx"),
    "openai": _other("openai"),
}
# What makes an encoder is sent to child processes; the encoder itself may have loaded a lot.
ENCODERS: dict[EncoderName, Callable[[App], Callable[[], Encoder]]] = {"lexical": _lexical}


def _slack(kurage: App, metrics: Metrics) -> Platform:
    from bot.slack.platform import SlackPlatform

    settings = kurage.settings
    tokens = settings.slack_tokens
    assert tokens, "Slack is not configured"  # noqa: S101 - see `platforms`
    bot_token, app_token = tokens
    return SlackPlatform(
        bot_token,
        app_token,
        api_url=settings.slack_api_url,
        config=settings.config.slack,
        source_handover={
            name: source.slack_handover for name, source in settings.config.sources.items()
        },
        indexed=kurage.indexed,
        metrics=metrics,
    )


def _discord(kurage: App, metrics: Metrics) -> Platform:
    from bot.discord.platform import DiscordPlatform

    settings = kurage.settings
    token = settings.discord_token
    assert token, "Discord is not configured"  # noqa: S101 - see `platforms`
    return DiscordPlatform(
        token,
        api_url=settings.discord_api_url,
        config=settings.config.discord,
        source_handover={
            name: source.discord_handover for name, source in settings.config.sources.items()
        },
        indexed=kurage.indexed,
        metrics=metrics,
        language=settings.config.language,
    )


PLATFORMS: dict[str, Callable[[App, Metrics], Platform]] = {"slack": _slack, "discord": _discord}
