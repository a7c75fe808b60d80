"""Django settings, read from the environment. Defaults suit production; .env.example lists every variable."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from ptcomplete.account_settings import *  # noqa: F403
from ptcomplete.analytics_settings import *  # noqa: F403
from ptcomplete.cache_settings import caches
from ptcomplete.database_settings import complete
from ptcomplete.editor_settings import EDITOR_EXTENSIONS
from ptcomplete.email_settings import anymail, mailers
from ptcomplete.logging_settings import logging_settings
from ptcomplete.media_settings import media_origins, media_url, storages
from ptcomplete.security_settings import hsts_policy

BASE_DIR = Path(__file__).resolve().parent.parent

# ---- Environment -------------------------------------------------------------------------------
# FileAwareEnv also reads NAME_FILE, so a secret can be in a file instead of the environment.
env = environ.FileAwareEnv()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
# Everything that changes is in this folder, so it can be moved and backed up as a whole.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data"))).resolve()
# New files hold accounts and subscribers, so only the user of the site may read them.
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

SECRET_KEY = env.str("SECRET_KEY", default="development-only" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "Set SECRET_KEY (or SECRET_KEY_FILE) to a long random string, or DEBUG=1 for development."
    )

# The keys before SECRET_KEY: what they signed and encrypted stays valid.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# Key for hashing erased subscriber addresses, so they are never re-imported. Keep the old value when you rotate
# SECRET_KEY.
EMAIL_HASH_KEY = env.str("EMAIL_HASH_KEY", default="") or SECRET_KEY

SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000" if DEBUG else "").rstrip("/")
if urlsplit(SITE_URL).scheme not in {"http", "https"} or not urlsplit(SITE_URL).hostname:
    raise ImproperlyConfigured("Set SITE_URL to the public URL of the site, such as https://example.com.")
IS_HTTPS = SITE_URL.startswith("https://")
# Refuses settings that would give each machine separate data.
SEVERAL_MACHINES = env.bool("SEVERAL_MACHINES", default=False)
# The server's supervisor asks for /healthz at 127.0.0.1.
ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname, "127.0.0.1", *env.list("ALLOWED_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# ---- Applications ------------------------------------------------------------------------------
INSTALLED_APPS = [
    "ptcomplete",
    "wordpress",
    "site_export",
    "comments",
    "feedback",
    "contact",
    "indexnow",
    "instagram",
    "ads",
    "layout",
    "newsletter",
    "search",
    "affiliates",
    "pages",
    "blog",
    "evidence",
    "exercises",
    "analytics",
    "publishing",
    "accounts",
    "images",
    "outbox",
    "siteinfo",
    "backups",
    "richtext",
    "public_forms",
    "redirects",
    "pagecache",
    "operations",
    "privacy",
    "plaintext",
    "ptcomplete.apps.PTCompleteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_prose_editor",
    "imagefield",
    "js_asset",
    "solo",
    "taggit",
]
MIDDLEWARE = [
    "operations.middleware.RequestIdMiddleware",
    "ptcomplete.slow_clients.SlowClientMiddleware",
    "ptcomplete.database_retry.DatabaseRetryMiddleware",
    # Around the page cache, whose pages expire at midnight.
    "ptcomplete.local_time.LocalTimeMiddleware",
    "pagecache.middleware.PageCacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "ptcomplete.cross_origin.ResourcePolicyMiddleware",
    # Before the policies of pages, which are longer than some static files.
    "ptcomplete.staticfiles_middleware.StaticFilesMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "wordpress.legacy_urls.LegacyUrlMiddleware",
    "ptcomplete.speculation_rules.SpeculationRulesMiddleware",
    "pagecache.compression.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before the CSRF check, which reads the body.
    "public_forms.body_limits.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "ptcomplete.local_time.SiteLocalTimeMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.second_factor.RequireSecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "ptcomplete.maintenance.MaintenanceMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ptcomplete.full_disk.FullDiskMiddleware",
    "richtext.missing_texts.missing_text_middleware",
]
ROOT_URLCONF = "ptcomplete.urls"
WSGI_APPLICATION = "ptcomplete.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "siteinfo.context_processors.site",
                "images.context_processors.site_images",
                "layout.navigation.navigation",
            ],
            # Dates look as the owner chose, everywhere.
            "builtins": ["siteinfo.templatetags.local_dates"],
        },
    }
]

# Find widget templates in the same folders as all other templates.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# ---- Database ----------------------------------------------------------------------------------
DATABASES = {
    "default": complete(
        env.db_url("DATABASE_URL", default=f"sqlite:///{quote(str(DATA_DIR / 'db.sqlite3'))}"),
        # The most connections to PostgreSQL that a process opens. 0 keeps one open for each thread.
        pool_size=env.int("DATABASE_POOL_SIZE", default=32),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- Page cache ---------------------------------------------------------------------------------
# The cache server that several processes or hosts share, such as redis://127.0.0.1:6379/0.
CACHE_URL = env.str("CACHE_URL", default="")
CACHES = caches(CACHE_URL)
PAGE_CACHE_IS_SHARED = bool(CACHE_URL)
# The memory for cached pages in each process. A page takes about 10 kB per content encoding.
PAGE_CACHE_BYTES = env.int("PAGE_CACHE_MB", default=8) * 1024 * 1024
# How long a CDN or a caching proxy may serve a page without asking. Visitors see changes that much later.
CDN_MAX_AGE = env.int("CDN_MAX_AGE", default=0)
PAGE_CACHE_CONTROL = f"public, max-age=0, {f's-maxage={CDN_MAX_AGE}' if CDN_MAX_AGE else 'must-revalidate'}"
# Apps and models that no public page shows. A write to any other model invalidates cached pages.
PAGE_CACHE_IGNORED_MODELS = [
    "admin",
    "auth",
    "account",
    "mfa",
    "usersessions",
    "accounts.User",
    "accounts.AccountEmail",
    "accounts.AuditEvent",
    "ads.AdCount",
    "analytics",
    "backups",
    "affiliates.BrokenLinksEmail",
    "affiliates.ClickCount",
    "affiliates.Earning",
    "blog.PostViewCount",
    "pagecache",
    "contact",
    "contenttypes",
    "operations",
    "publishing.Autosave",
    "publishing.PendingEdit",
    "publishing.ReviewNote",
    "publishing.Revision",
    "publishing.Submission",
    "richtext",
    "feedback",
    "public_forms",
    "indexnow",
    "newsletter.ConsentEvent",
    "newsletter.ConsentText",
    "newsletter.Delivery",
    "newsletter.Enrollment",
    "newsletter.Sequence",
    "newsletter.SequenceEmail",
    "newsletter.SubscriberEmail",
    "newsletter.AnnouncedPost",
    "newsletter.SendWindow",
    "newsletter.NewsletterSettings",
    "newsletter.Subscriber",
    "newsletter.Subscription",
    "newsletter.Suppression",
    "newsletter.Topic",
    "newsletter.TestEmail",
    "newsletter.WebhookEvent",
    "redirects",
    "sessions",
    "site_export",
    "wordpress",
]
# Paths below these are never cached. Clicks and downloads are counted; the others are no pages.
PAGE_CACHE_IGNORED_PATHS = ("/go/", "/ads/", "/files/", "/admin/", "/static/", "/media/", "/healthz", "/wp-", "/xmlrpc")
# Apps and models made from the texts of documents. A write to them invalidates search results, feeds and sitemaps.
PAGE_CACHE_TEXT_MODELS = ["search"]

# Where people sign in, which is possible during maintenance. Only owners get further.
MAINTENANCE_OPEN_PATHS = ("/admin/",)

# ---- Analytics and references -------------------------------------------------------------------
# How long counts of page views are kept, and the folder of views that were not counted yet, on a local disk.
ANALYTICS_DAYS = env.int("ANALYTICS_DAYS", default=1096)
PAGE_VIEW_DIR = DATA_DIR / "page-views"
# Whether the worker asks PubMed, doi.org and Crossref about references. It sends them only PMIDs and DOIs.
REFERENCE_LOOKUPS = env.bool("REFERENCE_LOOKUPS", default=True)

# ---- Users -------------------------------------------------------------------------------------
# Roles that must have a passkey or an authenticator app. Without one, such a person can only add one.
SECOND_FACTOR_ROLES = env.list("SECOND_FACTOR_ROLES", default=["owner", "editor"] if IS_HTTPS else [])
# How long the audit log remembers who did what.
AUDIT_LOG_DAYS = env.int("AUDIT_LOG_DAYS", default=365)

# ---- Email -------------------------------------------------------------------------------------
email_url = env.str("EMAIL_URL", default="") or ("console" if DEBUG else "")
MAILERS = mailers(email_url)
# EMAIL_WEBHOOK_SECRET is the user:password that the provider sends to /newsletter/webhooks/.
ANYMAIL = anymail(email_url, webhook_secret=env.str("EMAIL_WEBHOOK_SECRET", default=""))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="") or f"no-reply@{urlsplit(SITE_URL).hostname}"
SILENCED_SYSTEM_CHECKS = [
    "mail.W001",  # outbox.I001 reports the same and names EMAIL_URL.
    "security.W005",  # HSTS_INCLUDE_SUBDOMAINS is the owner's choice,
    "security.W021",  # and so is HSTS_PRELOAD.
]

# The delivery journal: after a crash, it shows what each connection was sending. Must be on a local disk.
NEWSLETTER_JOURNAL_DIR = DATA_DIR / "newsletter"
# Whether to fsync the delivery journal before each email: slower, but safe if the power fails.
NEWSLETTER_FSYNC = env.bool("NEWSLETTER_FSYNC", default=False)
# How many processes of a worker send campaigns. They share the connections of the newsletter settings.
NEWSLETTER_PROCESSES = max(1, env.int("NEWSLETTER_PROCESSES", default=1))

# ---- Language and time -------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en-us")
# Until the owner chooses another one in the admin.
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
FORMAT_MODULE_PATH = "ptcomplete.formats"
USE_TZ = True

# ---- Files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Compressing source maps and unhashed files too would triple the time of the first start.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "jpeg", "png", "gif", "webp", "woff", "woff2", "map", "txt")
# Other sites need not load fonts and scripts from here.
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_ROOT = DATA_DIR / "media"
# The bucket for uploads, which several hosts share: s3://key:secret@bucket/prefix?endpoint_url=https://host.
STORAGE_URL = env.str("STORAGE_URL", default="")
# The public URL of the bucket's media folder, or of a CDN. Without it, the site serves uploads.
MEDIA_URL = media_url(env.str("MEDIA_URL", default=""), SITE_URL)
MEDIA_ORIGINS = media_origins(MEDIA_URL)
STORAGES: dict[str, dict[str, Any]] = storages(STORAGE_URL, DATA_DIR) | {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "ptcomplete.staticfiles_storage.BundlingStorage"
    },
}
# What someone signed in as staff may send at once, files included. Visitors get far less (public_forms.body_limits).
STAFF_BODY_BYTES = env.int("MAX_UPLOAD_MB", default=512) * 1024 * 1024
# The limit for form data without files. Texts have a smaller one, so that the form can show them again.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o644

# ---- Backups -----------------------------------------------------------------------------------
# A folder, or s3://key:secret@bucket/prefix?endpoint_url=https://host. Without it, no backups are made.
BACKUP_URL = env.str("BACKUP_URL", default="")
# The public keys of age that backups are encrypted for. The server does not need the secret key.
BACKUP_RECIPIENTS = env.list("BACKUP_RECIPIENTS", default=[])
# How often the worker makes a backup; 0 leaves that to the command.
BACKUP_EVERY_HOURS = env.int("BACKUP_EVERY_HOURS", default=24)
# The last backup of each of so many days, weeks and months is kept.
BACKUP_KEEP_DAILY = env.int("BACKUP_KEEP_DAILY", default=7)
BACKUP_KEEP_WEEKLY = env.int("BACKUP_KEEP_WEEKLY", default=4)
BACKUP_KEEP_MONTHLY = env.int("BACKUP_KEEP_MONTHLY", default=6)

# ---- Security ----------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
if IS_HTTPS:
    # Browsers accept these names only from this host over HTTPS, so no other subdomain can set them.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Other subdomains of the domain may not support HTTPS, and browsers would refuse to open them. Covering them takes
# an explicit setting.
hsts = hsts_policy(
    env.str("HSTS_SECONDS", default=""),
    include_subdomains=env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False),
    preload=env.bool("HSTS_PRELOAD", default=False),
)
SECURE_HSTS_SECONDS = hsts.seconds if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = hsts.include_subdomains
SECURE_HSTS_PRELOAD = hsts.preload
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# How many reverse proxies a request passes. Each appends the address that it sees to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES < 0:
    raise ImproperlyConfigured("Set TRUSTED_PROXIES to the number of reverse proxies in front of the site, or to 0.")
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
    "img-src": [CSP.SELF, *MEDIA_ORIGINS],
    "media-src": [CSP.SELF, *MEDIA_ORIGINS],
    # Videos play in a frame after a click on their thumbnail.
    "frame-src": ["https://www.youtube-nocookie.com", "https://player.vimeo.com"],
}
# The editor needs inline styles. Scripts need a nonce.
ADMIN_CSP = SECURE_CSP | {
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:", "blob:", *MEDIA_ORIGINS],
    # The image picker opens in a frame of the same origin.
    "frame-ancestors": [CSP.SELF],
    "frame-src": [CSP.SELF],
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
}

# ---- Libraries ---------------------------------------------------------------------------------
TAGGIT_CASE_INSENSITIVE = True
IMAGEFIELD_AUTOGENERATE = False
IMAGEFIELD_BIN_DEPTH = 2
# images.uploads has already decoded and re-encoded the upload.
IMAGEFIELD_VALIDATE_ON_SAVE = False
DJANGO_PROSE_EDITOR_EXTENSIONS = EDITOR_EXTENSIONS

# ---- Logging -----------------------------------------------------------------------------------
# LOG_FORMAT is "line" for people, or "json" for programs that collect logs.
LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING")
LOGGING = logging_settings(LOG_LEVEL, env.str("LOG_FORMAT", default="line"))
# Who gets an email about errors, without personal data, and how many at most per hour about the same one.
ADMINS = env.list("ERROR_EMAILS_TO", default=[])
ERROR_EMAILS_PER_HOUR = env.int("ERROR_EMAILS_PER_HOUR", default=3)
# Errors are also sent to Sentry, or to a service with the same protocol.
SENTRY_DSN = env.str("SENTRY_DSN", default="")
