"""The WSGI application for the web server."""

import os

from django.core.wsgi import get_wsgi_application

from ptcomplete.checks import refuse_unsupported_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptcomplete.settings")
application = get_wsgi_application()
refuse_unsupported_settings()
