"""Pages that stand in place of content: tests for robots, as the services word them.

Worded and marked as those who protect sites do it, by status and header, too: Cloudflare
(developers.cloudflare.com/cloudflare-challenges: `cf-mitigated: challenge`), AWS WAF
(docs.aws.amazon.com/waf, "CAPTCHA and Challenge actions": 202 and 405), and what others show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rigs.website.values import HTML, Reply

Challenge = Literal[
    "cloudflare", "cloudflare-503", "cloudflare-ja", "akamai", "imperva", "datadome", "aws-waf",
    "aws-captcha", "sucuri", "perimeterx", "ddos-guard", "anubis", "captcha",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shown:
    status: int
    title: str
    body: str
    headers: tuple[tuple[str, str], ...] = ()
    head: str = ""


_CLOUDFLARE_SCRIPT = (
    '<script>(function(){window._cf_chl_opt = {cvId: "3", cZone: "www.example.co.jp", cType: '
    '"managed", cRay: "9a1b2c3d4e5f6071"};var a = document.createElement("script");a.src = '
    '"/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=9a1b2c3d4e5f6071";'
    'document.getElementsByTagName("head")[0].appendChild(a);}());</script>'
)
_CLOUDFLARE_HEADERS = (("cf-mitigated", "challenge"), ("CF-RAY", "9a1b2c3d4e5f6071-NRT"))
_SHOWN: dict[Challenge, _Shown] = {
    "cloudflare": _Shown(
        403, "Just a moment...",
        '<div class="main-wrapper" role="main"><div class="main-content"><noscript><div class="h2">'
        '<span id="challenge-error-text">Enable JavaScript and cookies to continue</span></div>'
        f"</noscript></div></div>{_CLOUDFLARE_SCRIPT}",
        _CLOUDFLARE_HEADERS, '<meta name="robots" content="noindex,nofollow">',
    ),
    "cloudflare-503": _Shown(
        503, "Just a moment...",
        '<h1>www.example.co.jp</h1><h2 id="cf-challenge-running">Checking if the site connection is'
        ' secure</h2><form id="challenge-form" action="/?__cf_chl_f_tk=abc" method="POST"></form>'
        "<div>Checking your browser before accessing www.example.co.jp.</div>"
        f"{_CLOUDFLARE_SCRIPT}",
        (("CF-RAY", "9a1b2c3d4e5f6071-NRT"),),
        '<meta name="robots" content="noindex,nofollow">',
    ),
    "cloudflare-ja": _Shown(
        403, "しばらくお待ちください...",
        '<div class="main-wrapper" role="main"><h1 class="zone-name-title h1">www.example.co.jp'
        '</h1><h2 class="h2">あなたが人間であることを確認します。これには数秒かかる場合があります。'
        f"</h2></div>{_CLOUDFLARE_SCRIPT}",
        _CLOUDFLARE_HEADERS,
    ),
    "akamai": _Shown(
        403, "Access Denied",
        '<H1>Access Denied</H1>\n\nYou don\'t have permission to access "http&#58;&#47;&#47;'
        'www&#46;example&#46;co&#46;jp&#47;" on this server.<P>\nReference&#32;&#35;18&#46;'
        "6d5e3d17&#46;1700000000&#46;1a2b3c4d\n",
        (("Server-Timing", 'ak_p; desc="1"'),),
    ),
    "imperva": _Shown(
        200, "",
        '<iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=23&xinfo=1-2-0&incident_id='
        '123-456&edet=12&cinfo=04000000" frameborder=0 width="100%" height="100%">Request '
        "unsuccessful. Incapsula incident ID: 123-456</iframe>",
        (("X-Iinfo", "1-2-0 NNNN"),), '<META NAME="robots" CONTENT="noindex,nofollow">',
    ),
    "datadome": _Shown(
        403, "example.co.jp",
        '<p id="cmsg">Please enable JS and disable any ad blocker</p><script data-cfasync="false">'
        "var dd={'rt':'c','cid':'AHrlqAAAAAMA','hsh':'0','t':'bv','s':1,"
        "'host':'geo.captcha-delivery.com'}</script>"
        '<script data-cfasync="false" src="https://ct.captcha-delivery.com/c.js"></script>',
        (("X-DataDome", "protected"),),
    ),
    "aws-waf": _Shown(
        202, "",
        '<div id="challenge-container"></div><script type="text/javascript">AwsWafIntegration.'
        "saveReferrer(); AwsWafIntegration.getToken().then(() => { window.location.reload(true); "
        "});</script><noscript><h1>JavaScript is disabled</h1>In order to continue, we need to "
        "verify that you're not a robot. This requires JavaScript.</noscript>",
        (("x-amzn-waf-action", "challenge"),),
        '<script src="https://abc.token.awswaf.com/abc/challenge.js"></script>',
    ),
    "aws-captcha": _Shown(
        405, "Human Verification",
        '<div id="captcha-container"></div><noscript><h1>JavaScript is disabled</h1></noscript>',
        (("x-amzn-waf-action", "captcha"),),
        '<script src="https://abc.captcha-sdk.awswaf.com/abc/captcha.js"></script>',
    ),
    "sucuri": _Shown(
        200, "You are being redirected...",
        "<noscript>Javascript is required. Please enable javascript before you are allowed to see "
        "this page.</noscript><script>var s={},u,c,U,r,i,l=0,a,e=eval,w=String.fromCharCode,"
        "sucuri_cloudproxy_js='';</script>",
        (("X-Sucuri-ID", "19001"),),
    ),
    "perimeterx": _Shown(
        403, "Access to this page has been denied",
        '<div class="px-captcha-container"><div class="px-captcha-header">Press &amp; Hold to '
        'confirm you are a human (and not a bot).</div><div id="px-captcha"></div></div>'
        "<script>window._pxAppId = 'PXabcdefgh';</script>",
    ),
    "ddos-guard": _Shown(
        403, "DDoS-Guard",
        '<div class="h1">Checking your browser before accessing www.example.co.jp</div><p>Please '
        "wait a few seconds. Once this check is complete, the website will open automatically</p>",
        (("Set-Cookie", "__ddg1_=abc; HttpOnly; Path=/"),),
        '<script src="/.well-known/ddos-guard/js-challenge/index.js"></script>',
    ),
    "anubis": _Shown(
        200, "Making sure you're not a bot!",
        '<main><h1 id="title" class="centered-div">Making sure you&#39;re not a bot!</h1><p '
        'id="status">Loading...</p><script async type="module" src="/.within.website/x/cmd/anubis/'
        'static/js/main.mjs"></script><details><summary>Why am I seeing this?</summary><p>You are '
        "seeing this because the administrator of this website has set up Anubis to protect the "
        "server against the scourge of AI companies aggressively scraping websites.</p></details>"
        '<script id="anubis_challenge" type="application/json">{}</script></main>',
    ),
    "captcha": _Shown(
        200, "確認",
        "<h1>アクセスの確認</h1><p>通常と異なるトラフィックを検出しました。ロボットではないことを"
        '確認してください。</p><form method="post"><div class="g-recaptcha" data-sitekey="6Le'
        'xample"></div><input type="submit" value="送信"></form>',
        (), '<script src="https://www.google.com/recaptcha/api.js" async defer></script>',
    ),
}  # fmt: skip
CHALLENGES: tuple[Challenge, ...] = tuple(_SHOWN)


def challenge(kind: Challenge) -> Reply:
    """Return the page of a service; none of them tells anything of the site."""
    shown = _SHOWN[kind]
    text = (
        f'<!DOCTYPE html><html lang="en-US"><head><title>{shown.title}</title>{shown.head}</head>'
        f"<body>{shown.body}</body></html>"
    )
    headers = (*shown.headers, ("Cache-Control", "private, max-age=0, no-store"))
    return Reply(shown.status, text.encode(), HTML, headers)
