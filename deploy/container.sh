#!/bin/sh
# What a container runs: container.sh web | worker | migrate
set -eu
case ${1:-} in
web)
    # The image has the static files. The volume keeps those of earlier images, which cached pages may still name.
    mkdir -p /data/static
    cp -R /app/collected/. /data/static/
    exec python -m ptcomplete.server --host 0.0.0.0 --workers 2 --port 8000
    ;;
worker) exec python manage.py worker ;;
migrate) exec python manage.py migrate --noinput ;;
*)
    echo "Name what to run: web, worker or migrate." >&2
    exit 1
    ;;
esac
