"""The WSGI application for the web server."""

import gc
import os

from ptcomplete.lazy_modules import install

# Before any of them is imported.
install()

from django.core.wsgi import get_wsgi_application  # noqa: E402

from ptcomplete.checks import refuse_unsupported_settings  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptcomplete.settings")
django_application = get_wsgi_application()

# Its models can be loaded now.
from analytics.wsgi import BeaconApplication  # noqa: E402
from pagecache.wsgi import PageCacheApplication  # noqa: E402

application = BeaconApplication(PageCacheApplication(django_application))
refuse_unsupported_settings()
# What was loaded stays, so the garbage collector need not look at it again and again.
gc.collect()
gc.freeze()
