#!/bin/sh
# Run a management command of the installed site as its user. install.sh copies this to /usr/local/bin/ptcomplete.
set -eu
[ "$(id -u)" = 0 ] || { echo "Run this as root, such as with sudo." >&2; exit 1; }
cd /srv/ptcomplete/app
exec runuser -u ptcomplete -- env HOME=/srv/ptcomplete/data .venv/bin/python manage.py "$@"
