"""The provider's webhook signature, written from its public description and nothing else.

https://www.twilio.com/docs/usage/security: the address as it was given, then every parameter's name and value
in the order of the names, HMAC-SHA1 with the account's token, base64. An account that signs with a shared key has
SHA-256 instead, and names both in a header of its own. A body that is no form is not in the text that is signed; its
SHA-256 is, as the parameter bodySHA256 of the address.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"


def signature(secret: str, url: str, form: Mapping[str, str], algorithm: str = "sha1") -> str:
    """The value of X-Twilio-Signature for a form posted to `url` (without its fragment)."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), algorithm)).decode()


def settings(key_id: str) -> str:
    """The value of the header that names a shared key and what is done with it."""
    return f"key={key_id},algorithm=HMAC_SHA256"


def with_hash(url: str, body: bytes) -> str:
    """The address to which a body that is no form is posted."""
    sign = "&" if urlsplit(url).query else "?"
    return f"{url}{sign}bodySHA256={hashlib.sha256(body).hexdigest()}"
