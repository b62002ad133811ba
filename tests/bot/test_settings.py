"""What `kurage.toml`, `.env` and the environment may say, and the answer to a slip of the pen."""

import base64
from pathlib import Path

import pytest

from bot import settings
from bot.settings import SettingsError


def write(folder: Path, text: str) -> None:
    (folder / "kurage.toml").write_text(text, "utf-8")


def test_without_any_file_the_defaults_hold(tmp_path: Path) -> None:
    """A newcomer configures nothing: state beside the working directory, SQLite, no model."""
    loaded = settings.load({}, tmp_path)
    assert loaded.home == tmp_path / ".kurage"
    assert loaded.database_url.get_secret_value() == f"sqlite:///{tmp_path / '.kurage/kurage.db'}"
    assert (loaded.generator, loaded.encoder) == ("extractive", "lexical")


def test_the_environment_wins_over_dotenv(tmp_path: Path) -> None:
    """An operator's variable is stronger than a file that lies around."""
    (tmp_path / ".env").write_text("KURAGE_HOME=from-file\n", "utf-8")
    assert settings.load({}, tmp_path).home == tmp_path / "from-file"
    assert settings.load({"KURAGE_HOME": "from-env"}, tmp_path).home == tmp_path / "from-env"


def test_source_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """The file means the same whatever directory a command is run in."""
    write(tmp_path, '[sources.handbook]\nkind = "folder"\npath = "docs"\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    loaded = settings.load({"KURAGE_CONFIG": "../kurage.toml"}, elsewhere)
    assert loaded.config.sources["handbook"].path.resolve() == tmp_path / "docs"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[serach]\npassages = 3\n", ["serach", "did you mean 'search'"]),
        ("[search]\npasages = 3\n", ["search.pasages", "did you mean 'passages'"]),
        (
            '[sources.wiki]\nkind = "folder"\npath = "x"\nurl_prefx = "y"\n',
            ["sources.wiki.url_prefx", "did you mean 'url_prefix'"],
        ),
        ("[search]\npassages = 'many'\n", ["search.passages", "integer"]),
        ('[sources.web]\nkind = "folder"\npath = "x"\n', ["'web' is a kind of source"]),
        (
            '[sources.wiki]\nkind = "folder"\npath = "x"\nevery = "soon"\n',
            ["sources.wiki.every", "no duration"],
        ),
        (
            '[sources.wiki]\nkind = "floder"\npath = "x"\n',
            ["sources.wiki: 'floder' is no kind of source", "did you mean 'folder'"],
        ),
        (
            '[sources.wiki]\nkind = "notion"\n',
            ["sources.wiki: 'notion' is no kind of source", 'kind = "confluence"'],
        ),
        (
            '[sources.wiki]\nurl = "https://wiki.example.co.jp"\n',
            ["sources.wiki: its kind is missing", 'kind = "folder" or kind = "confluence"'],
        ),
        (
            '[sources.wiki]\nkind = "confluence"\nspacs = ["ENG"]\n',
            ["sources.wiki.spacs", "did you mean 'spaces'"],
        ),
        (
            '[sources.wiki]\nkind = "confluence"\npath = "x"\n',
            ["sources.wiki.path", "one of the kind folder, not confluence"],
        ),
        (
            '[sources.wiki]\nkind = "folder"\npath = "x"\nspaces = ["ENG"]\n',
            ["sources.wiki.spaces", "one of the kind confluence, not folder"],
        ),
        (
            '[sources.wiki]\nkind = "confluence"\nxyz = 1\n',
            ["sources.wiki.xyz", "known keys: ", "exclude_labels"],
        ),
        ("[index]\ncolection = 'k'\n", ["index.colection", "did you mean 'collection'"]),
        ("[index]\ncollection = 'a/b'\n", ["index.collection", "pattern"]),
        ("[search\n", ["can not be read", "line 1"]),
        (
            "[slack.channels.C0SOUMU001]\nprivat = true\n",
            ["slack.channels.C0SOUMU001.privat", "did you mean 'private'"],
        ),
        (
            "[discord.channels.123456]\nsoruces = ['handbook']\n",
            ["discord.channels.123456.soruces", "did you mean 'sources'"],
        ),
        (
            '[sources.wiki]\nkind = "folder"\npath = "x"\nslack_handovr = ["U0SATO0001"]\n',
            ["sources.wiki.slack_handovr", "did you mean 'slack_handover'"],
        ),
        ("[slack]\nprivat = true\n", ["slack.privat", "did you mean 'private'"]),
        ("[discord]\nmessage_contents = true\n", ["did you mean 'message_content'"]),
        ("[serve]\nprot = 1\n", ["serve.prot", "did you mean 'port'"]),
        ("[slack.chanels.C0SOUMU001]\n", ["slack.chanels", "did you mean 'channels'"]),
        ("[slack.channels.soumu]\n", ["slack.channels.soumu", "no id of a Slack channel"]),
        ("[discord.channels.soumu]\n", ["discord.channels.soumu", "no id of a Discord channel"]),
        ('[slack]\nhandover = ["@soumu"]\n', ["slack.handover.0", "user group (S…)"]),
        ('[discord]\nhandover = ["123456"]\n', ["discord.handover.0", "`user:` or `role:`"]),
        ('[serve]\nmax_age = "0s"\n', ["serve.max_age", "would answer nothing"]),
        ("[slack]\nrespond = 'always'\n", ["slack.respond", "'mentions', 'questions' or 'all'"]),
    ],
)
def test_a_typo_is_named_with_its_place_and_a_way_out(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    """One line says which file, which key, and what was probably meant."""
    write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        settings.load({}, tmp_path)
    message = str(caught.value)
    assert str(tmp_path / "kurage.toml") in message
    assert all(word in message for word in words), message


def test_an_unknown_generator_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    """A model that is not there must not silently become another one."""
    with pytest.raises(SettingsError, match=r"generator.*extractive"):
        settings.load({"KURAGE_GENERATOR": "gpt"}, tmp_path)


def test_a_named_configuration_must_exist(tmp_path: Path) -> None:
    """A path in KURAGE_CONFIG that leads nowhere is a slip, not a wish for defaults."""
    with pytest.raises(SettingsError, match="KURAGE_CONFIG"):
        settings.load({"KURAGE_CONFIG": "missing.toml"}, tmp_path)


def test_the_database_password_does_not_show(tmp_path: Path) -> None:
    """Settings end up in logs and tracebacks."""
    url = "postgresql://kurage:hunter2@127.0.0.1/kurage"
    assert "hunter2" not in repr(settings.load({"KURAGE_DATABASE_URL": url}, tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6333",
        "http://",
        "ftp://db",
        "http://db:port",
        "http://db:0",
        "http://[db",
        "http://hunter2@db",
        "http://kurage:hunter2@db:6333",
        "http://db?api_key=hunter2",
    ],
)
def test_the_address_of_a_server_must_be_one_and_is_not_repeated(tmp_path: Path, url: str) -> None:
    """A password in it would end up in every message that names the server."""
    with pytest.raises(SettingsError, match="QDRANT_URL is no address") as caught:
        settings.load({"QDRANT_URL": url}, tmp_path)
    assert "hunter2" not in str(caught.value)


def test_without_an_address_the_index_is_embedded(tmp_path: Path) -> None:
    """A compose file passes the variable empty where it is not wanted."""
    assert settings.load({}, tmp_path).qdrant_url is None
    assert settings.load({"QDRANT_URL": " "}, tmp_path).qdrant_url is None
    url = "https://qdrant.example.co.jp:6333"
    assert settings.load({"QDRANT_URL": url}, tmp_path).qdrant_url == url


def test_the_api_key_does_not_show(tmp_path: Path) -> None:
    """Neither in what is printed of the settings, nor when it is refused."""
    loaded = settings.load({"QDRANT_API_KEY": "hunter2"}, tmp_path)
    assert loaded.qdrant_api_key is not None
    assert "hunter2" not in repr(loaded)
    with pytest.raises(SettingsError, match="QDRANT_API_KEY") as caught:
        settings.load({"QDRANT_API_KEY": "hunter2\n"}, tmp_path)
    assert "hunter2" not in str(caught.value)


def test_the_certificate_is_found_beside_the_configuration(tmp_path: Path) -> None:
    """As every path of the file."""
    write(tmp_path, '[index]\nca_file = "ca.pem"\n')
    assert settings.load({}, tmp_path).config.index.ca_file == tmp_path / "ca.pem"


def test_the_example_file_is_valid() -> None:
    """What people copy must load as it stands."""
    example = Path(__file__).parents[2] / "kurage.example.toml"
    loaded = settings.load({"KURAGE_CONFIG": str(example)}, example.parent)
    assert "handbook" in loaded.config.sources
    assert loaded.config.sources["handbook"].path.is_dir()


@pytest.mark.parametrize(
    ("text", "expected"), [("45s", 45), ("30m", 1800), ("1h", 3600), ("90d", 7_776_000)]
)
def test_durations_are_read_in_seconds(text: str, expected: int) -> None:
    """A number and a unit, as people write them."""
    assert settings.seconds(text) == expected


SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-hunter2", "SLACK_APP_TOKEN": "xapp-1-A1-hunter2"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-A1-hunter2", ["app-level token", "SLACK_APP_TOKEN", "xoxb-"]),
        ("SLACK_APP_TOKEN", "xoxb-1-hunter2", ["bot token", "SLACK_BOT_TOKEN", "xapp-"]),
        ("SLACK_BOT_TOKEN", "xoxp-1-hunter2", ["a user token", "OAuth & Permissions"]),
        ("SLACK_BOT_TOKEN", "xoxe.xoxb-1-hunter2", ["expires", "xoxb-"]),
        ("SLACK_BOT_TOKEN", "hunter2", ["no token of Slack"]),
        ("SLACK_APP_TOKEN", "hunter2", ["no token of Slack", "connections:write"]),
        ("SLACK_BOT_TOKEN", "xoxb-1 hunter2", ["spaces"]),
        ("DISCORD_BOT_TOKEN", "Bot hunter2", ["the token alone"]),
        ("DISCORD_BOT_TOKEN", "123456789012345678", ["an id", "Reset Token"]),
        ("DISCORD_BOT_TOKEN", "ab" * 32, ["public key", "Reset Token"]),
    ],
)
def test_a_token_of_the_wrong_kind_is_told_from_the_right_one(
    tmp_path: Path, name: str, value: str, words: list[str]
) -> None:
    """The portals show several side by side. What was pasted is never repeated."""
    with pytest.raises(SettingsError, match=name) as caught:
        settings.load({name: value}, tmp_path)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "hunter2" not in message
    assert value not in message


@pytest.mark.parametrize(("here", "missing"), [tuple(SLACK), tuple(reversed(SLACK))])
def test_one_token_of_slack_is_half_a_configuration(
    tmp_path: Path, here: str, missing: str
) -> None:
    """Who wants Slack is told which one is missing; other commands go on."""
    loaded = settings.load({here: SLACK[here]}, tmp_path)
    with pytest.raises(SettingsError, match=f"{here} is set, but {missing}"):
        _ = loaded.slack_tokens


def test_both_tokens_of_slack_or_none(tmp_path: Path) -> None:
    """An empty variable is none: a compose file passes it so."""
    assert settings.load(SLACK, tmp_path).slack_tokens == tuple(SLACK.values())
    assert settings.load(dict.fromkeys(SLACK, ""), tmp_path).slack_tokens is None
    assert "hunter2" not in repr(settings.load(SLACK, tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_API_URL", "https://slack.com"),
        ("SLACK_API_URL", "slack.com/api/"),
        ("DISCORD_API_URL", "https://discord.com/api"),
        ("DISCORD_API_URL", "https://hunter2@discord.com/api/v10"),
    ],
)
def test_the_address_of_an_api_has_its_ending(tmp_path: Path, name: str, value: str) -> None:
    """One that is almost right would fail at the first call with a riddle."""
    with pytest.raises(SettingsError, match=rf"{name} is no http address that ends in /api/"):
        settings.load({name: value}, tmp_path)


def test_a_model_needs_the_address_of_its_server(tmp_path: Path) -> None:
    """`KURAGE_GENERATOR=kurage` alone would fail at each question, and not at the start."""
    with pytest.raises(SettingsError, match="needs KURAGE_GENERATOR_URL"):
        settings.load({"KURAGE_GENERATOR": "kurage"}, tmp_path)


def test_workers_are_listed_in_the_order_in_which_they_are_tried(tmp_path: Path) -> None:
    """By commas, with or without blanks and a slash at the end; one that is named twice is one."""
    urls = " http://a:8000/v1/, http://b:8000/v1,,http://a:8000/v1 "
    loaded = settings.load({"KURAGE_GENERATOR": "openai", "KURAGE_GENERATOR_URL": urls}, tmp_path)
    assert loaded.generator_urls == ("http://a:8000/v1", "http://b:8000/v1")


def test_an_address_of_a_worker_is_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'gpu-server' is no address such as"):
        settings.load({"KURAGE_GENERATOR_URL": "http://a:8000/v1,gpu-server"}, tmp_path)


def test_the_key_of_the_workers_is_a_secret(tmp_path: Path) -> None:
    """Whatever is written somewhere is searched for it; in an address it is refused."""
    loaded = settings.load({"KURAGE_GENERATOR_API_KEY": "sk-tanuki-no-mori"}, tmp_path)
    assert "sk-tanuki-no-mori" in loaded.secrets
    with pytest.raises(SettingsError, match="KURAGE_GENERATOR_API_KEY"):
        settings.load(
            {"KURAGE_GENERATOR_URL": "https://kurage:mori@gpu.example.co.jp/v1"}, tmp_path
        )


@pytest.mark.parametrize("value", ["-1", "5", "2.5", '"high"'])
def test_an_attribute_of_karakuri_is_0_to_4(tmp_path: Path, value: str) -> None:
    """Its model was trained on whole numbers in this range."""
    (tmp_path / "kurage.toml").write_text(f"[generator.karakuri]\nquality = {value}\n")
    with pytest.raises(SettingsError, match=r"generator\.karakuri\.quality"):
        settings.load({}, tmp_path)


# Confluence

WIKI = '[sources.wiki]\nkind = "confluence"\n'
CLOUD = {
    "CONFLUENCE_URL": "https://example.atlassian.net/wiki/",
    "CONFLUENCE_EMAIL": "bot@example.co.jp",
    "CONFLUENCE_TOKEN": "ATATT-hunter2",
}


def account(folder: Path, more: str = "", **environ: str) -> settings.ConfluenceAccount:
    """Return where and as whom a source with these further keys is read."""
    write(folder, WIKI + more)
    loaded = settings.load(environ, folder)
    source = loaded.config.sources["wiki"]
    assert isinstance(source, settings.ConfluenceSource)
    return loaded.confluence_account(source)


def test_a_site_is_named_by_the_environment(tmp_path: Path) -> None:
    """Three variables and a source of one line are enough."""
    found = account(tmp_path, **CLOUD)
    assert (found.url, found.email) == (CLOUD["CONFLUENCE_URL"].rstrip("/"), "bot@example.co.jp")
    assert found.token is not None
    assert found.token.get_secret_value() == "ATATT-hunter2"


def test_a_source_may_name_its_site_and_an_account_of_its_own(tmp_path: Path) -> None:
    """A company has a second site; its token must not go to the first one."""
    more = 'url = "https://wiki.example.co.jp"\naccount = "LEGACY"\n'
    found = account(tmp_path, more, **CLOUD, CONFLUENCE_LEGACY_TOKEN="PAT-1")
    assert (found.url, found.email) == ("https://wiki.example.co.jp", None)
    assert found.token is not None
    assert found.token.get_secret_value() == "PAT-1"


@pytest.mark.parametrize(
    ("more", "environ", "words"),
    [
        ("", {}, ["CONFLUENCE_URL is not set", "`url`"]),
        ("", {**CLOUD, "CONFLUENCE_TOKEN": " "}, ["CONFLUENCE_TOKEN is not set", "docs/"]),
        ("", {**CLOUD, "CONFLUENCE_EMAIL": ""}, ["CONFLUENCE_EMAIL is not set", "Cloud"]),
        ('account = "LEGACY"\n', CLOUD, ["CONFLUENCE_LEGACY_URL is not set"]),
        (
            'account = "LEGACY"\nurl = "https://wiki.example.co.jp"\n',
            CLOUD,
            ["CONFLUENCE_LEGACY_TOKEN is not set"],
        ),
        (
            "",
            {**CLOUD, "CONFLUENCE_URL": "https://bot:hunter2@wiki.example.co.jp"},
            ["CONFLUENCE_URL is no address such as"],
        ),
        ("", {**CLOUD, "CONFLUENCE_TOKEN": "hunter2 x"}, ["CONFLUENCE_TOKEN holds spaces"]),
    ],
)
def test_what_a_source_lacks_is_named_by_its_variable(
    tmp_path: Path, more: str, environ: dict[str, str], words: list[str]
) -> None:
    """And no secret that was given is repeated."""
    with pytest.raises(SettingsError) as caught:
        account(tmp_path, more, **environ)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "hunter2" not in message


def test_what_another_program_calls_so_stops_no_command(tmp_path: Path) -> None:
    """Build servers set variables such as CONFLUENCE_BASE_URL; no source here needs them."""
    loaded = settings.load({"CONFLUENCE_BASE_URL": "wiki", "CONFLUENCE_HOME": "/opt"}, tmp_path)
    assert loaded.config.sources == {}


def test_the_tokens_of_confluence_are_secrets(tmp_path: Path) -> None:
    """Of every account: whatever is written somewhere is searched for them."""
    loaded = settings.load({**CLOUD, "CONFLUENCE_LEGACY_TOKEN": "PAT-hunter2"}, tmp_path)
    assert {"ATATT-hunter2", "PAT-hunter2"} <= set(loaded.secrets)
    # As the header of a request holds them, too.
    pair = base64.b64encode(b"bot@example.co.jp:ATATT-hunter2").decode()
    assert pair in loaded.secrets
    assert "hunter2" not in repr(loaded)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('url = "https://bot:hunter2@wiki.example.co.jp"\n', ["wiki.url", "CONFLUENCE_TOKEN"]),
        ('url = "wiki.example.co.jp"\n', ["wiki.url", "it is no address"]),
        ('account = "legacy"\n', ["wiki.account", "pattern"]),
        ('edition = "server"\n', ["wiki.edition", "'cloud' or 'data-center'"]),
        ('spaces = ["Human Resources"]\n', ["wiki.spaces", "after /spaces/"]),
        ("exclude_spaces = ['x\" OR space = \"HR']\n", ["wiki.exclude_spaces", "no key"]),
        ('pages = ["就業規則"]\n', ["wiki.pages", "titles change"]),
        ('cql = "label = x ORDER BY title"\n', ["wiki.cql", "`order by`"]),
        ("requests_at_once = 100\n", ["wiki.requests_at_once", "32"]),
        ('readers = ["soumu"]\n', ["wiki.readers", "no principal"]),
        ('list_every = "daily"\n', ["wiki.list_every", "no duration"]),
        ('keep_deleted = "forever"\n', ["wiki.keep_deleted", "no duration"]),
    ],
)
def test_a_slip_in_a_source_of_confluence_is_named_with_its_place(
    tmp_path: Path, more: str, words: list[str]
) -> None:
    """Before anything is asked of a site."""
    write(tmp_path, WIKI + more)
    with pytest.raises(SettingsError) as caught:
        settings.load({}, tmp_path)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "hunter2" not in message


def test_everything_of_a_source_of_confluence_can_be_said(tmp_path: Path) -> None:
    """Personal spaces, ids and addresses, and what holds for every kind of source."""
    write(
        tmp_path,
        WIKI
        + """\
url = "https://wiki.example.co.jp/confluence"
edition = "data-center"
spaces = ["ENG", "~sato.hanako", "~712020abc"]
pages = ["12345", "https://wiki.example.co.jp/confluence/pages/viewpage.action?pageId=1"]
labels = ["公開"]
comments = false
every = "15m"
owner = "情報システム部"
readers = ["group:confluence:wiki.example.co.jp:eng"]
""",
    )
    source = settings.load({}, tmp_path).config.sources["wiki"]
    assert isinstance(source, settings.ConfluenceSource)
    assert (source.list_every, source.keep_deleted, source.comments) == ("1h", "30d", False)
    assert settings.load({}, tmp_path).location(source) == source.location
    assert source.location.startswith("https://wiki.example.co.jp/confluence ENG ~sato.hanako")
    assert source.owner == "情報システム部"


def test_a_site_is_told_by_its_address_wherever_that_stands(tmp_path: Path) -> None:
    """The name of a variable tells an administrator nothing; a password in it must not show."""
    write(tmp_path, WIKI + 'spaces = ["ENG"]\n')
    loaded = settings.load(CLOUD, tmp_path)
    source = loaded.config.sources["wiki"]
    assert loaded.location(source) == "https://example.atlassian.net/wiki ENG"
    wrong = settings.load({"CONFLUENCE_URL": "https://a:hunter2@wiki.example.co.jp"}, tmp_path)
    assert wrong.location(source) == "CONFLUENCE_URL ENG"
