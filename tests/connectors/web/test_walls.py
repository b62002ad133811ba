"""What stands in place of content is told; content that only resembles it is not taken for it."""

from __future__ import annotations

import pytest
from rigs.website.walls import CHALLENGES, Challenge, challenge

from connectors.web.page import read
from connectors.web.values import Answer, Page
from connectors.web.walls import is_login_address

HOME = "https://www.example.co.jp"
ARTICLE = (
    "<p>" + "社員の出張に要する旅費は、この規程の定めるところにより実費を支給する。" * 12 + "</p>"
)
MENU = "<nav>" + "".join(f"<a href=/m{n}>項目{n}</a>" for n in range(8)) + "</nav>"


def page(body: str, *, at: str = "/docs/a", status: int = 200, hops: tuple[str, ...] = ()) -> Page:
    return read(Answer(HOME + at, status, body.encode(), "text/html; charset=utf-8", hops=hops))


@pytest.mark.parametrize("status", [200, 202, 403, 429, 503])
@pytest.mark.parametrize("kind", CHALLENGES)
def test_challenges_are_told_whatever_their_status(kind: Challenge, status: int) -> None:
    reply = challenge(kind)
    found = read(Answer(f"{HOME}/docs/a", status, reply.body, "text/html"))
    assert found.wall == "challenge"
    assert "\n" not in found.why
    assert found.why


INTERSTITIALS = {
    "hCaptcha": "<h1>確認</h1><form><div class='h-captcha' data-sitekey=x></div></form>",
    "Turnstile": "<title>確認</title><form><div class=cf-turnstile></div></form>",
    "Imperva": "<html><body><p>Pardon Our Interruption</p><script src=/x/distil.js></script>",
    "F5": "The requested URL was rejected. Please consult with your administrator.<br>ID: 1",
    "Google": "<p>Our systems have detected unusual traffic from your computer network.</p>",
    "words": "<h1>確認</h1><p>ロボットではないことを確認してください。</p>",
    "Akamai": "<div id=sec-if-cpt-container></div><script src=/_sec/cp_challenge/3.js></script>",
}


@pytest.mark.parametrize("name", INTERSTITIALS)
def test_pages_with_nothing_but_a_test_are_challenges(name: str) -> None:
    assert page(INTERSTITIALS[name]).wall == "challenge"


LOGINS = {
    "in Japanese": (
        "<title>ログイン | ポータル</title><h1>ログイン</h1><form><label>社員番号<input "
        "name=id></label><label>パスワード<input type=password></label></form>"
    ),
    "in English": "<title>Sign in</title><form><input name=u><input type=password></form>",
    "without a word": "<form><input name=u><input type='password'><input type=submit></form>",
    "a note beside it": (
        "<h1>サインイン</h1><p>メンテナンスのお知らせ：日曜の夜は利用できません。</p>"
        "<form><input><input type=password></form><footer>Copyright Example</footer>"
    ),
}


@pytest.mark.parametrize("name", LOGINS)
def test_forms_that_ask_for_a_password_are_logins(name: str) -> None:
    assert page(LOGINS[name]).wall == "login"


def test_at_an_address_of_a_login_more_may_stand_around_the_form() -> None:
    body = f"{MENU}<h1>ようこそ</h1>{ARTICLE}<form><input><input type=password></form>"
    assert page(body, at="/account/login?next=%2Fdocs").wall == "login"
    assert page(body).wall is None
    first_step = (
        "<title>ログイン</title><form><input type=email name=u><button>次へ</button></form>"
    )
    assert page(first_step, at="/auth", hops=(f"{HOME}/docs/a",)).wall == "login"
    assert page(first_step).wall is None


SHELLS = {
    "react": "<body><div id=root></div><script src=/a.js></script></body>",
    "vue": "<div id='app'><!-- app --></div><script type=module src=/a.js></script>",
    "angular": "<app-root></app-root><script src=/a.js></script>",
    "next": "<div id=__next></div><script>self.x=1</script>",
    "asks": "<noscript>JavaScriptを有効にしてください</noscript><script src=a.js></script>",
    "asks in English": "<noscript>You need to enable JavaScript to run this app.</noscript>"
    "<div id=main></div><script src=a.js></script>",
    "loading": "<title>x</title><div>Loading...</div><div id=root></div><script src=a></script>",
    "nothing": "<html><head><title>x</title></head><body><script>go()</script></body></html>",
}


@pytest.mark.parametrize("name", SHELLS)
def test_pages_that_are_empty_before_scripts_run_are_shells(name: str) -> None:
    assert page(SHELLS[name]).wall == "javascript"


CONTENT = {
    "an article on CAPTCHA": (
        "<h1>CAPTCHAとは</h1>"
        + ARTICLE
        + "<p>「私はロボットではありません」という表示（reCAPTCHA）や、"
        "Cloudflareの「Just a moment...」、<code>_cf_chl_opt</code>、<code>gokuProps</code>。</p>"
    ),
    "a question on CAPTCHA": (
        f"{MENU}<h1>よくある質問</h1><p>「私はロボットではありません」と表示されたら、印を付けてください。</p>"
    ),
    "marks of a service as words": (
        "<h1>設定</h1><p>_cf_chl_opt または captcha-delivery.com があれば確認画面です。</p>"
    ),
    "behind Cloudflare": (
        f"{MENU}<h1>会社概要</h1><p>東京都千代田区</p><script>(function(){{var a=document;"
        "a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'}})()</script>"
    ),
    "behind Imperva": (
        f"{MENU}<h1>会社概要</h1><p>{'東京都千代田区丸の内' * 6}</p><script src="
        "'/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e6fffd425f7e032f3'></script>"
    ),
    "behind AWS WAF": (
        f"<script src=https://abc.token.awswaf.com/abc/challenge.js></script>{MENU}"
        + "<p>社員の旅費は実費を支給する。</p>" * 12
    ),
    "a form with a CAPTCHA": (
        "<h1>お問い合わせ</h1><form><input name=name><input type=email><textarea></textarea>"
        "<div class=g-recaptcha></div><button>送信</button></form>"
    ),
    "a box to log in at the top": (
        "<header><form><input name=u><input type=password><button>ログイン</button></form></header>"
        "<h1>お知らせ</h1><p>明日は休業です。</p>"
    ),
    "an article with a box to log in": (
        f"<div class=top><form><input><input type=password></form></div><h1>規程</h1>{ARTICLE}"
    ),
    "how to log in": f"<title>ログインの手順</title><h1>ログインの手順</h1>{ARTICLE}",
    "a short page": "<h1>休業</h1><p>明日は休みです。</p>",
    "a short page with analytics": (
        "<script async src=https://www.googletagmanager.com/gtag/js></script><p>準備中です。</p>"
        "<noscript><iframe src=https://www.googletagmanager.com/ns.html></iframe></noscript>"
    ),
    "asks for scripts beside its content": (
        f"<noscript>JavaScriptを有効にしてください</noscript>{ARTICLE}<script src=a.js></script>"
    ),
    "drawn on the server": f"<div id=__next><main>{ARTICLE}</main></div><script src=a.js></script>",
    "a picture": "<img src=map.png><script src=a.js></script>",
    "a frame": "<iframe src=/inner.html></iframe><script src=a.js></script>",
    "sends on": "<meta http-equiv=refresh content='0;url=/ja/'><script>x()</script>",
    "nothing": "",
}


@pytest.mark.parametrize("name", CONTENT)
def test_what_only_resembles_a_wall_is_content(name: str) -> None:
    found = page(CONTENT[name])
    assert (found.wall, found.why) == (None, "")


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        (f"{HOME}/login", True),
        (f"{HOME}/account/login?next=/", True),
        (f"{HOME}/users/sign_in", True),
        (f"{HOME}/wp-login.php", True),
        (f"{HOME}/adfs/ls/?SAMLRequest=x", True),
        ("https://login.microsoftonline.com/x/oauth2/v2.0/authorize", True),
        ("https://accounts.google.com/v3/signin/identifier", True),
        ("https://example.okta.com/app/x", True),
        (f"{HOME}/docs/login-guide", False),
        (f"{HOME}/blogin", False),
        (f"{HOME}/docs/", False),
        (f"{HOME}/", False),
    ],
)
def test_addresses_of_logins_are_told_by_path_and_host(url: str, *, is_one: bool) -> None:
    assert is_login_address(url) is is_one
