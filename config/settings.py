"""Every setting of the product, read once from the environment.

`README.md` documents each variable. Development (no `SMTP_URL`, no `DATABASE_URL`) needs none of them; anywhere else
`SECRET_KEY`, `PUBLIC_URL` and `SMTP_URL` have no default and their absence stops the start with a plain sentence.
"""

import contextlib
import os
import re
import secrets
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv

env = FileAwareEnv(strip_whitespace=True)
BASE_DIR = Path(__file__).resolve().parent.parent

# Where we run ---------------------------------------------------------------------------------------------------

VAR = Path(env.str("VAR", str(BASE_DIR / "var"))).resolve()
PORT = env.int("PORT", 8000)
DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "")
SMTP_URL = env.str("SMTP_URL", "")
# The embedded servers set the three URLs above themselves and say so, which keeps `make run` in development.
DEVELOPMENT = env.bool("DEVELOPMENT", not DATABASE_URL and not SMTP_URL)
DEBUG = env.bool("DEBUG", False)


def _secret_key() -> str:
    """The key from the environment; in development one that is made once and kept beside the data."""
    key = env.str("SECRET_KEY", "")
    if key:
        return key
    if not DEVELOPMENT:
        raise ImproperlyConfigured("SECRET_KEY is not set: give it a long random value and keep it.")
    kept = VAR / "secret_key"
    if not kept.exists():
        VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Linked into place whole: several processes may start at once, and any of them may be killed here.
        with tempfile.NamedTemporaryFile("w", dir=VAR, prefix="secret_key.") as made:
            made.write(secrets.token_urlsafe(48))
            made.flush()
            os.fsync(made.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(made.name, kept)
    return kept.read_text()


def _public_url() -> str:
    url = env.str("PUBLIC_URL", f"http://127.0.0.1:{PORT}" if DEVELOPMENT else "").rstrip("/")
    if not DEVELOPMENT and not url.startswith("https://"):
        raise ImproperlyConfigured("PUBLIC_URL must be the https:// address under which people reach Carillon.")
    return url


SECRET_KEY = _secret_key()
# Earlier keys: what was signed or encrypted under them stays valid and readable.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
PUBLIC_URL = _public_url()
if not DEVELOPMENT and not SMTP_URL:
    raise ImproperlyConfigured(
        "SMTP_URL is not set: name the relay that takes your mail, smtp://user:password@host:587."
    )

_host = PUBLIC_URL.split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [_host, "127.0.0.1", "localhost", "[::1]"] if DEVELOPMENT else [_host])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# Application ----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "api",
    "broadcasts",
    "contacts",
    "audiences",
    "domains",
    "outbox",
    "exports",
    "teams",
    "lib",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "lucide",
    "template_partials",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "api.middleware.ProgramsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "teams.middleware.SignInMiddleware",
    "teams.middleware.TeamMiddleware",
    "teams.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "lib.rendering.FormRenderer"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "teams.context.chrome",
            ],
            "builtins": [
                "django.templatetags.static",
                "lib.templatetags.ui",
                "template_partials.templatetags.partials",
            ],
        },
    }
]

# Data -----------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        **dj_database_url.parse(DATABASE_URL or "postgres:///carillon"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
CACHES = {
    "default": {
        "BACKEND": "lib.caching.OpenCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}


def _exports_storage() -> dict[str, Any]:
    """A bucket that all hosts share, or a folder of this one."""
    if not EXPORTS_S3_BUCKET:
        return {
            "BACKEND": "exports.folders.Folder",
            # A proxy that serves the files itself reads them as a member of our group.
            "OPTIONS": {"location": VAR / "files", "file_permissions_mode": 0o640 if EXPORTS_ACCEL else 0o600},
        }
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise ImproperlyConfigured(
            "EXPORTS_S3_BUCKET is set, but what speaks S3 isn't installed: "
            ".venv/bin/pip install --require-hashes -r requirements-s3.lock"
        )
    endpoint = env.str("EXPORTS_S3_ENDPOINT", "")
    if endpoint and not endpoint.startswith(("https://", "http://")):
        raise ImproperlyConfigured("EXPORTS_S3_ENDPOINT must be an address, such as https://s3.example.com.")
    return {
        "BACKEND": "exports.buckets.Bucket",
        "OPTIONS": {
            "bucket_name": EXPORTS_S3_BUCKET,
            "endpoint_url": endpoint or None,
            "path_style": bool(endpoint),
            "region_name": env.str("EXPORTS_S3_REGION", "us-east-1"),
            "access_key": env.str("EXPORTS_S3_KEY", "") or None,
            "secret_key": env.str("EXPORTS_S3_SECRET", "") or None,
        },
    }


EXPORTS_S3_BUCKET = env.str("EXPORTS_S3_BUCKET", "")
# Off: Carillon streams the files itself, for a bucket that browsers can't reach.
EXPORTS_S3_REDIRECT = env.bool("EXPORTS_S3_REDIRECT", True)
# The internal location under which a proxy serves the files itself, /exports say; empty: Carillon streams them.
EXPORTS_ACCEL = env.str("EXPORTS_ACCEL", "").rstrip("/")
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "files", "file_permissions_mode": 0o600},
    },
    "exports": _exports_storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
STATIC_URL = "/static/"
# Development serves the sources; elsewhere `manage.py collectstatic` puts hashed and compressed copies here.
STATIC_ROOT = None if DEVELOPMENT else VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_AUTOREFRESH = DEBUG
FILE_UPLOAD_HANDLERS = ["contacts.receiving.BoundedUploadHandler"]
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", 200 * 1024 * 1024)
# Long texts are checked by the forms, with a sentence; this only bounds what one request may hold in memory.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# Accounts and sessions ------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "teams.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# By a code typed in the session that asked for it: a link would confirm the address for whoever had it sent, once its
# owner pressed a button. Codes are for accounts that must have a confirmed address, and all of ours are made with one.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "/accounts/email/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "teams.passkeys.AddKeyForm"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEVELOPMENT
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "teams.views.general.csrf_failed"

# The browser ----------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 365 * 24 * 3600
SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", not DEVELOPMENT)
BEHIND_PROXY = env.bool("BEHIND_PROXY", not DEVELOPMENT)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Else all people share the proxy's address, and one who mistypes a password locks out the rest.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
X_FRAME_OPTIONS = "DENY"

# Words, numbers, time -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

# Mail -----------------------------------------------------------------------------------------------------------

EMAIL_BACKEND = "mail.backend.EmailBackend"
# An address needs a name for its domain, which a host given as a number isn't.
_mail_domain = _host if re.fullmatch(r"(?:[\w-]+\.)+[A-Za-z][\w-]*", _host) else "carillon.test"
DEFAULT_FROM_EMAIL = env.str("SYSTEM_MAIL_FROM", f"Carillon <carillon@{_mail_domain}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
SMTP_TIMEOUT = env.float("SMTP_TIMEOUT", 30.0)
SMTP_DATA_TIMEOUT = env.float("SMTP_DATA_TIMEOUT", 600.0)
RETURN_PATH_DOMAIN = env.str("RETURN_PATH_DOMAIN", "")
# What in SPF names the hosts from which this installation's mail leaves, "include:spf.relay.example" say.
SPF_SENDERS = " ".join(env.str("SPF_SENDERS", "").split())
# Who is asked about domains' records, as address or address:port; empty: the resolver of this host.
DNS_SERVERS: list[str] = env.list("DNS_SERVERS", [])
OUTBOX_KEEP = env.int("OUTBOX_KEEP", 1000)

# Background work ------------------------------------------------------------------------------------------------

# How long a broadcast waits after the button was pressed, so that it can be taken back; 0: not at all.
SEND_HOLD = env.float("SEND_HOLD", 30.0)
# How long a drain holds a chunk without a sign of life, how long one task drains before it makes room, and when a
# temporary refusal is tried again (seconds after each attempt; the last one repeats until RETRY_FOR is over).
SEND_LEASE = env.float("SEND_LEASE", 60.0)
SEND_SLICE = env.float("SEND_SLICE", 45.0)
SEND_SLICE_SHARED = env.float("SEND_SLICE_SHARED", 5.0)
# Connections of one sender and of all together, senders at one broadcast, messages on one connection; and what the
# relay may be given in a second, an hour and a day. 0: any number.
SEND_CONNECTIONS = env.int("SEND_CONNECTIONS", 32)
SEND_CONNECTIONS_IN_ALL = env.int("SEND_CONNECTIONS_IN_ALL", 0)
SEND_DRAINS = env.int("SEND_DRAINS", 4)
SEND_PER_CONNECTION = env.int("SEND_PER_CONNECTION", 0)
SEND_PER_SECOND = env.float("SEND_PER_SECOND", 0.0)
SEND_PER_HOUR = env.int("SEND_PER_HOUR", 0)
SEND_PER_DAY = env.int("SEND_PER_DAY", 0)
# Off: outcomes are committed without waiting for the disk.
SEND_SYNC = env.bool("SEND_SYNC", True)
SEND_RETRY_DELAYS = [float(each) for each in env.list("SEND_RETRY_DELAYS", ["60", "300", "900", "3600", "14400"])]
SEND_RETRY_FOR = env.float("SEND_RETRY_FOR", 24 * 3600.0)
SWEEP_EVERY = env.float("SWEEP_EVERY", 15.0)
# Requests a team may make in a second (0: any number), how long they stay in the log, and how much of a body does.
API_RATE_LIMIT = env.int("API_RATE_LIMIT", 0)
API_LOG_BODY_BYTES = env.int("API_LOG_BODY_BYTES", 10_000)
KEEP_LOGS_DAYS = env.int("KEEP_LOGS_DAYS", 30)
KEEP_UPLOADS_DAYS = env.int("KEEP_UPLOADS_DAYS", 7)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING")},
    # A form that says no and an address that leads nowhere are nothing an operator has to see.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "CRITICAL"}},
}
