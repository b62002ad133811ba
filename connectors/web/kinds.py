"""Which addresses and answers may hold text at all. Knows nothing of how text is taken out."""

from __future__ import annotations

import re
from typing import Final

_SUFFIXES: Final = (
    # What a page is made of
    "css|m?js|map|woff2?|[to]tf|eot|ico|cur|webmanifest|wasm|swf|"
    # Pictures, sound, films
    "jpe?g?|jfif|png|gif|webp|avif|bmp|tiff?|svgz?|hei[cf]|psd|ai|eps|indd|raw|"
    "mp[34]|m4[av]|aac|og[gav]|opus|wav|wm[av]|flac|midi?|mov|avi|flv|webm|mkv|mpe?g|3gp|ts|m3u8|"
    # Archives, programs, images of disks
    "zip|gz|tgz|t?bz2?|xz|7z|rar|tar|lzh|lha|cab|[jw]ar|iso|dmg|img|vhd|exe|msi|bat|apk|ipa|deb|"
    "rpm|pkg|bin|dll|so|class|pyc|"
    # For programs: feeds, calendars, addresses, maps, drawings, data
    "rss|atom|ics|vcf|km[lz]|gpx|dwg|dxf|stl|step|sqlite|db|mdb|accdb|parquet"
)
_BY_SUFFIX = re.compile(rf"\.(?:{_SUFFIXES})", re.IGNORECASE)
_TYPES = re.compile(
    r"(?:image|audio|video|font|model|chemical)/.*|"
    r"text/(?:css|javascript|ecmascript|calendar|vcard|cache-manifest|x-component)|"
    r"application/(?:(?:x-)?javascript|ecmascript|json|ld\+json|manifest\+json|wasm|xml|"
    r"(?:rss|atom|rdf|xslt)\+xml|(?:x-)?(?:zip|gzip|zip-compressed|tar|bzip2?|7z-compressed|"
    r"rar-compressed|gtar|lzh|lzh-compressed)|vnd\.rar|java-archive|x-(?:msdownload|dosexec|"
    r"shockwave-flash|font\S*|apple-diskimage|iso9660-image|debian-package|rpm)|font\S*|"
    r"vnd\.ms-fontobject|vnd\.android\.package-archive|pkcs\S*|x-x509\S*|pgp\S*|protobuf|"
    r"vnd\.mapbox\S*|vnd\.google-earth\S*)|text/xml",
    re.IGNORECASE,
)
_GENERIC = frozenset({"application/octet-stream", "binary/octet-stream", "application/x-download"})


def is_asked_for(url: str) -> bool:
    """Tell whether what lies at a normalised address may have text, as far as its name tells."""
    path = url.partition("?")[0]
    name = path[path.rfind("/") + 1 :]
    return not _BY_SUFFIX.fullmatch(name[name.rfind(".") :]) if "." in name else True


def bare(media_type: str | None) -> str:
    """Return a media type without its parameters, in lower case."""
    return (media_type or "").partition(";")[0].strip().lower()


def without_text(media_type: str | None) -> str | None:
    """Return why an answer of this type is no document; None: its bytes may be text."""
    kind = bare(media_type)
    return f"it is {kind}, which has no text to read" if kind and _TYPES.fullmatch(kind) else None


def told(media_type: str | None) -> str | None:
    """Return the type to hand on: None where it says nothing, so that name and bytes decide."""
    return None if bare(media_type) in _GENERIC | {""} else media_type
