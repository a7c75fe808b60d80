#!/usr/bin/env bash
# The part of install_test.sh that runs inside the fresh Debian: in_debian.sh DATABASE
set -euo pipefail
database=$1
HOME_DIR=/srv/ptcomplete
PASSWORD=correct-horse-battery-staple
export OWNER_PASSWORD=$PASSWORD
checks=0

say() { printf '\n######## %s\n' "$*"; }
fail() {
    echo "NOT OK: $*" >&2
    tail -n 30 /var/log/journal/ptcomplete-* 2>/dev/null || true
    exit 1
}
check() {
    local what=$1
    shift
    "$@" || fail "$what"
    checks=$((checks + 1))
    echo "ok: $what"
}
fetch() { curl --silent --insecure --max-time 30 "$@"; }
status() { fetch --output /dev/null --write-out '%{http_code}' "$@"; }
returns() { [ "$(status "https://localhost$2")" = "$1" ]; }
mode_is() { [ "$(stat -c '%a %U:%G' "$2")" = "$1" ]; }
current() { basename "$(readlink -e $HOME_DIR/app)"; }
release_of_source() { bash -c '. /src/deploy/releases.sh && release_name /src'; }
refuses() { ! "$@"; }

owner_can_sign_in() {
    local jar page token url
    jar=$(mktemp)
    page=$(fetch --cookie-jar "$jar" https://localhost/admin/login/)
    token=$(sed -nE 's/.*name="csrfmiddlewaretoken" value="([^"]+)".*/\1/p' <<<"$page" | head -n 1)
    fetch --output /dev/null --cookie "$jar" --cookie-jar "$jar" --referer https://localhost/admin/login/ \
        --data-urlencode "csrfmiddlewaretoken=$token" --data-urlencode login=owner@example.com \
        --data-urlencode "password=$PASSWORD" https://localhost/admin/login/
    # Owners are asked to set up a second factor first.
    url=$(fetch --location --cookie "$jar" --cookie-jar "$jar" --output /dev/null --write-out '%{http_code} %{url_effective}' \
        https://localhost/admin/)
    [[ $url == "200 https://localhost/admin/"* && $url != */login/* ]]
}

# The worker deletes expired rows in its first round.
worker_works() {
    systemctl is-active --quiet ptcomplete-worker || return 1
    ptcomplete shell --no-imports -c "
from datetime import timedelta
from django.contrib.sessions.models import Session
from django.utils import timezone
Session.objects.create(session_key='expired-in-test', session_data='', expire_date=timezone.now() - timedelta(days=1))"
    systemctl restart ptcomplete-worker
    for _ in $(seq 60); do
        [ "$(ptcomplete shell --no-imports -c "
from django.contrib.sessions.models import Session
print(Session.objects.filter(session_key='expired-in-test').count())")" = 0 ] && return
        sleep 1
    done
    return 1
}

site_works() {
    check "the home page answers through Caddy" returns 200 /
    check "plain HTTP is redirected" [ "$(status http://localhost/)" = 308 ]
    check "the owner can sign in" owner_can_sign_in
    check "the worker works" worker_works
}

commit() {
    git -C /src -c user.name=Test -c user.email=test@example.com commit --quiet --all --message "$1"
}

add_migration() {
    local last
    last=$(find /src/contact/migrations -name '0*.py' | sort | tail -n 1)
    cat >/src/contact/migrations/9999_test.py <<MIGRATION
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("contact", "$(basename "$last" .py)")]
    operations = [migrations.RunSQL("CREATE TABLE added_by_upgrade (id integer)", "DROP TABLE added_by_upgrade")]
MIGRATION
    git -C /src add --all
    commit "Add a migration"
}

break_home_page() {
    echo '{% no_such_tag %}' >>/src/templates/site/home.html
    commit "Break the home page"
}

has_table() {
    ptcomplete shell --no-imports -c "
from django.db import connection
raise SystemExit('added_by_upgrade' not in connection.introspection.table_names())"
}

newest_backup() { find /srv/backups -type f | sort | tail -n 1; }

# The backup that rollback.sh asks for.
named_backup() { (/src/deploy/rollback.sh 2>&1 || true) | grep -oE 'ptcomplete-[0-9TZ]+\.tar\.age'; }

restore_backup() { /src/deploy/rollback.sh --restore "$1" --identity /tmp/backup-key.txt; }

upgrade_under_load() {
    rm -f /tmp/stop
    python3 /test/constant_rate.py https://localhost/ 20 /tmp/stop >/tmp/rate.txt &
    local client=$!
    sleep 3
    "$@" || fail "$*"
    sleep 3
    touch /tmp/stop
    local ended=0
    wait "$client" || ended=1
    cat /tmp/rate.txt
    return "$ended"
}

say "Install ($database)"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends systemctl git ca-certificates procps caddy \
    libcap2-bin >/dev/null
setcap cap_net_bind_service=+ep /usr/bin/caddy
# This systemctl has no templates, not every type of service, and gives Caddy no capability.
for port in 18000 18001; do
    sed "s/%i/$port/g" /src/deploy/ptcomplete-web@.service >"/etc/systemd/system/ptcomplete-web@$port.service"
done
sed -i 's/conf.get("Service", "Type", "simple").lower()/&.replace("exec", "simple")/' /usr/bin/systemctl
# It also has no generators, which Debian starts PostgreSQL's clusters with.
if [ "$database" = postgresql ]; then
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends postgresql >/dev/null
    pg_ctlcluster "$(ls /etc/postgresql)" main start
fi
update-ca-certificates >/dev/null 2>&1
git config --global --add safe.directory /src
head=$(git -C /src rev-parse HEAD)
base=$(git -C /src rev-parse "${BASE:-HEAD~1}")
git -C /src cat-file -e "$base:deploy/install.sh" 2>/dev/null || fail "There is no deploy/install.sh before this commit."
git -C /src checkout --quiet "$base"
install=(/src/deploy/install.sh --domain localhost --email owner@example.com --database "$database")
"${install[@]}" </dev/null
old=$(current)
site_works
check "a static file is sent by Caddy" fetch --fail --output /dev/null \
    "https://localhost$(fetch https://localhost/ | grep -oE '/static/site/css/[^"]+\.css' | head -n 1)"
check "the list of static files is not public" returns 404 /static/staticfiles.json
check "the settings are private" mode_is "640 root:ptcomplete" /etc/ptcomplete.env
check "the data folder can be entered, not listed" mode_is "711 ptcomplete:ptcomplete" $HOME_DIR/data
[ "$database" != sqlite ] || check "the database is private" mode_is "600 ptcomplete:ptcomplete" $HOME_DIR/data/db.sqlite3
check "the site cannot change its code" refuses runuser -u ptcomplete -- touch $HOME_DIR/app/manage.py
check "other users cannot read the settings" refuses runuser -u nobody -- cat /etc/ptcomplete.env 2>/dev/null
check "no process of the site runs as root" refuses pgrep -u root -f 'ptcomplete.server|manage.py worker'

say "Install again"
before=$(sha256sum /etc/ptcomplete.env /etc/caddy/Caddyfile)
"${install[@]}" </dev/null >/dev/null
check "nothing has changed" [ "$before" = "$(sha256sum /etc/ptcomplete.env /etc/caddy/Caddyfile)" ]
site_works

say "Set up backups"
(cd $HOME_DIR/app && .venv/bin/python manage.py create_backup_key) >/tmp/backup-key.txt
echo "BACKUP_URL=/srv/backups" >>/etc/ptcomplete.env
echo "BACKUP_RECIPIENTS=$(grep -oE 'age1[a-z0-9]+' /tmp/backup-key.txt | head -n 1)" >>/etc/ptcomplete.env
check "a backup can be made" ptcomplete backup

say "Upgrade from the commit before, under load"
git -C /src checkout --quiet "$head"
check "no request failed during the upgrade" upgrade_under_load /src/deploy/upgrade.sh
new=$(current)
check "the new release is running" [ "$new" != "$old" ]
site_works
check "installing a release again is refused" refuses /src/deploy/upgrade.sh

say "Roll back and upgrade again, under load"
check "no request failed during the rollback" upgrade_under_load /src/deploy/rollback.sh
check "the old release is running" [ "$(current)" = "$old" ]
/src/deploy/upgrade.sh >/dev/null
check "the new release is running again" [ "$(current)" = "$new" ]

say "A release that cannot show the home page"
break_home_page
sed -i 's/^HEALTH_SECONDS=.*/HEALTH_SECONDS=15/' /src/deploy/releases.sh
check "it is refused without failed requests" upgrade_under_load refuses /src/deploy/upgrade.sh
check "the release before is still running" [ "$(current)" = "$new" ]
site_works

say "A release with a migration"
git -C /src checkout --quiet --force "$head"
add_migration
backup=$(newest_backup)
check "no request failed during the migration" upgrade_under_load /src/deploy/upgrade.sh
check "a backup was made first" [ "$(newest_backup)" != "$backup" ]
check "the table was added" has_table
migrated=$(current)
check "a daily backup can be made" ptcomplete backup
check "going back without a backup is refused" refuses /src/deploy/rollback.sh
check "going back with a backup of the newer release is refused" refuses restore_backup latest
check "the newer release is still running" [ "$(current)" = "$migrated" ]
check "going back with the backup works" restore_backup "$(named_backup)"
check "the release before is running" [ "$(current)" = "$new" ]
check "the table is gone" refuses has_table
site_works

say "A release with a migration that cannot show the home page"
break_home_page
sed -i 's/^HEALTH_SECONDS=.*/HEALTH_SECONDS=15/' /src/deploy/releases.sh
check "it is refused" refuses /src/deploy/upgrade.sh
check "the release before is still running" [ "$(current)" = "$new" ]
site_works
check "switching alone is refused" refuses /src/deploy/rollback.sh
check "the backup can be restored" restore_backup "$(named_backup)"
check "the release before is running with its data" [ "$(current)" = "$new" ]
check "the table is gone" refuses has_table
site_works

say "A corrected release after one that changed the database and could not show the home page"
check "the broken release is refused" refuses /src/deploy/upgrade.sh
backup=$(named_backup)
git -C /src checkout --quiet deploy/releases.sh
sed -i '$d' /src/templates/site/home.html
commit "Correct the home page"
/src/deploy/upgrade.sh
check "the corrected release is running" [ "$(current)" = "$(release_of_source)" ]
check "going back without a backup is still refused" refuses /src/deploy/rollback.sh
check "it asks for the backup made before the first attempt" [ "$(named_backup)" = "$backup" ]
check "that backup can be restored" restore_backup "$backup"
check "the release before is running again" [ "$(current)" = "$new" ]
site_works

say "Stop"
check "everything stops" systemctl stop "ptcomplete-web@18000" "ptcomplete-web@18001" ptcomplete-worker caddy
echo "$checks checks passed on $database ($old, $new, $migrated)"
