"""What stands around the content: three designs, of a modern site, of a blog system, of an old one.

Navigation, bread crumbs, side columns, related links, shares, a cookie banner, a footer. None of
their words is a page's own: `FRAME` holds those that no text of a page may hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

COMPANY = "海月商事株式会社"
_COOKIE = "当サイトでは利便性の向上のためCookieを使用しています。"
_AGREE = "すべてのCookieを許可する"
_COPYRIGHT = "Copyright (C) 2026 Kurage Shoji Co., Ltd. All Rights Reserved."
_MENU = ("商品とサービスのご案内", "企業情報のご案内", "採用情報のご案内", "お問い合わせ窓口一覧")
_RANKING = "アクセスランキング上位"
_RELATED = "あわせて読みたい関連ページ"
_CRUMB = "トップページへ"
_SEARCH = "サイト内検索のキーワード"
_SHARE = "この記事をシェアする"
_PRIVACY = "個人情報保護方針の全文"
_UP = "ページの先頭へ戻る"
_SKIP = "本文へスキップする"
_CONTENTS = "このページの見出し一覧"
_BEFORE = "前後の記事へ移動する"
_VOTE = "この情報は役に立ちましたか"
_TAGS = "関連するタグの一覧"
_CHAT = "チャットで質問する窓口はこちら"
_NEWSLETTER = "メールマガジンに登録する方はこちら"
_LANGUAGE = "言語の切り替えメニュー"
FRAME = (
    _COOKIE, _AGREE, _COPYRIGHT, *_MENU, _RANKING, _RELATED, _CRUMB, _SEARCH, _SHARE, _PRIVACY, _UP,
    _SKIP, _CONTENTS, _BEFORE, _VOTE, _TAGS, _CHAT, _NEWSLETTER, _LANGUAGE,
)  # fmt: skip

_FEEDBACK = f"""<form class="feedback" action="/search"><fieldset><legend>{_VOTE}</legend>
<button>はい</button><button>いいえ</button></fieldset></form>"""
_WIDGETS = f"""<div class="post-navigation"><p>{_BEFORE}</p></div>
<div class="post-tags"><span>{_TAGS}</span></div>
<div class="newsletter-signup"><p>{_NEWSLETTER}</p></div>"""

Link = tuple[str, str]
"""An address as it is to stand in `href`, escaped, and words."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a design is given of a page."""

    title: str
    main: str
    head: str
    crumbs: Sequence[Link]
    children: Sequence[Link]
    related: Sequence[Link]
    menu: Sequence[str]
    """Addresses of the entries of the navigation."""
    ticker: str
    """What is new on the site: the same on all pages until it is written anew."""
    more: Sequence[Link] = ()
    """Further links in the footer."""
    widgets: bool = False
    """Whether votes, tags and the like stand below the content, within the main part."""


Design = Callable[[Around], str]


def _links(links: Sequence[Link], between: str = "\n") -> str:
    return between.join(f'<li><a href="{to}">{words}</a></li>' for to, words in links)


def _menu(a: Around) -> Sequence[Link]:
    return tuple(zip(a.menu, _MENU, strict=False))


def _children(a: Around) -> str:
    if not a.children:
        return ""
    return f'<ul class="child-pages">\n{_links(a.children)}\n</ul>'


def modern(a: Around) -> str:
    """Return a page of semantic elements."""
    crumbs = _links([(a.crumbs[0][0], _CRUMB), *a.crumbs[1:]] if a.crumbs else [], "")
    return f"""<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{a.title} | {COMPANY}</title>
{a.head}<script>window.dataLayer = window.dataLayer || [];</script>
</head>
<body>
<a class="skip-link" href="#main">{_SKIP}</a>
<header>
  <a href="/"><img src="/assets/logo.svg" alt="{COMPANY}"></a>
  <div role="navigation" class="lang"><span>{_LANGUAGE}</span><a href="#">EN</a></div>
  <nav aria-label="global"><ul>{_links(_menu(a), "")}</ul></nav>
  <form action="/search" role="search"><input name="q" placeholder="{_SEARCH}"></form>
</header>
<nav aria-label="breadcrumb"><ol>{crumbs}</ol></nav>
<main id="main">
<article>
<h1>{a.title}</h1>
<nav class="toc" aria-labelledby="toc"><p id="toc">{_CONTENTS}</p></nav>
{a.main}
{_children(a)}
<nav class="prev-next" aria-label="{_BEFORE}"><p>{_BEFORE}</p></nav>
</article>
{_FEEDBACK if a.widgets else ""}
</main>
<aside>
  <h2>{_RANKING}</h2>
  <p>{a.ticker}</p>
  <h2>{_RELATED}</h2>
  <ul>{_links(a.related, "")}</ul>
</aside>
<footer>
  <ul>{_links([*a.more, ("/privacy", _PRIVACY)], "")}</ul>
  <p><small>{_COPYRIGHT}</small></p>
</footer>
<div class="cookie-banner" role="dialog" aria-live="polite">
  <p>{_COOKIE}</p>
  <button type="button">{_AGREE}</button>
</div>
</body>
</html>
"""


def blog(a: Around) -> str:
    """Return a page as blog systems make them: `div` with well-known classes."""
    crumbs = " &gt; ".join(f'<a href="{to}">{words}</a>' for to, words in a.crumbs[1:])
    return f"""<!DOCTYPE html>
<html lang="ja" prefix="og: https://ogp.me/ns#">
<head>
<meta charset="UTF-8" />
<title>{a.title} - {COMPANY}</title>
<meta property="og:title" content="{a.title}" />
{a.head}<link rel='stylesheet' href='/assets/style.css' type='text/css' media='all' />
</head>
<body class="post-template-default single">
<div id="page" class="site">
<div id="masthead" class="site-header"><div id="header" class="header">
<p class="site-title"><a href="/">{COMPANY}</a></p>
<div class="global-nav"><ul id="menu-global" class="menu">{_links(_menu(a), "")}</ul></div>
</div></div>
<div class="breadcrumb"><a href="/">{_CRUMB}</a> &gt; {crumbs}</div>
<div id="content" class="site-content">
<main id="primary" class="content-area">
<div class="entry-content">
<div id="toc_container" class="toc"><p class="toc_title">{_CONTENTS}</p></div>
<h1 class="entry-title">{a.title}</h1>
{a.main}
{_children(a)}
</div>
<div class="share"><p>{_SHARE}</p><ul><li><a href="https://social.example/share">共有</a></li></ul></div>
{_WIDGETS if a.widgets else ""}
<div class="related-posts"><h3>{_RELATED}</h3><ul>{_links(a.related, "")}</ul></div>
</main>
<div id="secondary" class="sidebar"><h3>{_RANKING}</h3><p>{a.ticker}</p></div>
</div>
<div id="colophon" class="footer"><ul>{_links(a.more, "")}</ul><a href="/privacy">{_PRIVACY}</a>
<p class="copyright">{_COPYRIGHT}</p><p class="to-top"><a href="#page">{_UP}</a></p></div>
</div>
<div id="cookie-notice" class="cookie-notice"><span>{_COOKIE}</span><a href="#">{_AGREE}</a></div>
<div id="chat-widget" class="chat-widget"><button>{_CHAT}</button></div>
<div class="modal" aria-hidden="true"><p>{_NEWSLETTER}</p></div>
<script src="/assets/app.js"></script>
</body>
</html>
"""


def old(a: Around) -> str:
    """Return a page of 2003: no element says what it is, Shift_JIS, capital letters."""
    crumbs = " &gt; ".join(f'<A href="{to}">{words}</A>' for to, words in a.crumbs[1:])
    return f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<HTML lang="ja">
<HEAD>
<META http-equiv="Content-Type" content="text/html; charset=Shift_JIS">
<TITLE>{COMPANY}：{a.title}</TITLE>
{a.head}</HEAD>
<BODY bgcolor="#ffffff">
<DIV id="header"><A href="/"><IMG src="/assets/logo.gif" alt="{COMPANY}" border="0"></A>
<FORM action="/search"><INPUT type="text" name="q" value="{_SEARCH}"></FORM></DIV>
<DIV id="gnavi"><UL>
{_links(_menu(a))}
</UL></DIV>
<DIV id="topicpath"><A href="/">{_CRUMB}</A> &gt; {crumbs}</DIV>
<DIV id="contents">
<H1>{a.title}</H1>
{a.main}
{_children(a)}
</DIV>
<DIV id="side"><P>{_RANKING}</P><P>{a.ticker}</P>
<P>{_RELATED}</P><UL>{_links(a.related)}</UL></DIV>
<DIV id="footer"><P align="right"><A href="#top">{_UP}</A></P>
<UL>{_links(a.more)}<LI><A href="/privacy">{_PRIVACY}</A></LI></UL>
<ADDRESS>{_COPYRIGHT}</ADDRESS></DIV>
<DIV id="cookie-consent-bar">{_COOKIE}<BUTTON>{_AGREE}</BUTTON></DIV>
</BODY>
</HTML>
"""
