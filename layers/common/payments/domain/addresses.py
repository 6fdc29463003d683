"""Mail addresses: which can be sent to, how that is written in ASCII, and which are the same.

A domain may be in any script, and travels in punycode (RFC 5890). What is before the @ must be ASCII: hardly a mail
service takes more (RFC 6531), and SES and Stripe do not.
"""

import re
import unicodedata

from payments.domain.texts import Unusable, tidy

LONGEST = 254

_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
# Begins an encoded word (RFC 2047): whoever decodes it reads another address.
_ENCODED = "=?"
# Within words of Catalan, Greek, Hebrew and Japanese, and joiners.
_WITHIN = {"-", "\u00b7", "\u0375", "\u05f3", "\u05f4", "\u30fb", "\u200c", "\u200d"}


def usable(address: str) -> str:
    """The address as it is kept: as it was given, but for spaces around it and what nobody sees. Unusable for one that
    no mail can be sent to."""
    kept = tidy(address)
    local, _, domain = kept.partition("@")
    if domain and not local.isascii():
        raise Unusable("Before the @ only letters without accents, digits and signs are taken; give another address.")
    if _ENCODED in local:
        raise Unusable("An address with =? in it may be read as another one; give another address.")
    local_fits = _LOCAL.fullmatch(local) and not (local.startswith(".") or local.endswith(".") or ".." in local)
    if not local_fits or not _DOMAIN.fullmatch(_domain_in_ascii(domain)):
        raise Unusable("Give an email address such as ada@example.com.")
    if len(in_ascii(kept)) > LONGEST:
        raise Unusable(f"At most {LONGEST} characters are taken, those of the domain counted in punycode.")
    return kept


def in_ascii(address: str) -> str:
    """The address as others take it, its domain in punycode; one that is not usable as it is."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{_domain_in_ascii(domain)}"


def normalised(address: str) -> str:
    """One form for all ways to write an address that people take for the same; of one that is not usable, too."""
    return in_ascii(address.strip()).lower()


def _domain_in_ascii(domain: str) -> str:
    """The domain with each label in punycode that needs it; as it is where it cannot be a domain.

    By today's rules (UTS 46, not transitional), as browsers have them: ß stays ß. Python's own codec has those of 2003,
    by which it is ss, and that is somebody else's domain.
    """
    if domain.isascii():
        return domain
    # Letter by letter, for at a word's end Python would have another small sigma.
    lower = "".join(each.lower() for each in unicodedata.normalize("NFKC", domain))
    mapped = unicodedata.normalize("NFC", lower).replace("\u3002", ".")
    labels = [_label_in_ascii(label) for label in mapped.split(".")]
    return ".".join(labels) if all(labels) else domain


def _label_in_ascii(label: str) -> str:
    """Empty for one that is none."""
    if label.isascii():
        return label
    categories = [unicodedata.category(each)[0] for each in label]
    fits = all(kind in "LMNS" or each in _WITHIN for kind, each in zip(categories, label, strict=True))
    if not fits or categories[0] == "M" or label[0] == "-" or label[-1] == "-" or label[2:4] == "--":
        return ""
    return "xn--" + label.encode("punycode").decode("ascii")
