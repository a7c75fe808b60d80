# What install.sh, upgrade.sh and rollback.sh share: unpacking a release and switching between releases.
#
# /srv/ptcomplete/releases/NAME   the code of a release with its virtual environment, owned by root
# /srv/ptcomplete/app             a link to the current release
# /srv/ptcomplete/previous        a link to the release before
# /srv/ptcomplete/data            DATA_DIR, the only folder that the site may write to
# /etc/ptcomplete.env             the settings; each release has a link to it
# shellcheck shell=bash

HOME_DIR=/srv/ptcomplete
RELEASES=$HOME_DIR/releases
DATA=$HOME_DIR/data
SETTINGS=/etc/ptcomplete.env
SITE_USER=ptcomplete
# Exists after a migration whose release did not start: the database is newer than the current release. It contains the name
# of the backup that was made before, like .migrated in the folder of a release that changed the database.
# shellcheck disable=SC2034
DATABASE_AHEAD=$HOME_DIR/.database-ahead
# During a switch, the old release answers on one port and the new one on the other.
read -ra PORTS <<<"${PTCOMPLETE_PORTS:-8000 8001}"
HEALTH_SECONDS=90
DRAIN_SECONDS=3
KEPT_RELEASES=3

say() { printf '\n==> %s\n' "$*"; }

fail() {
    printf '\nError: %s\n' "$*" >&2
    exit 1
}

require_root() {
    [ "$(id -u)" = 0 ] || fail "Run this script as root."
    exec 9>/run/lock/ptcomplete-release
    flock --nonblock 9 || fail "Another installation or upgrade is running."
}

# Run a command in a release as the site's user: as_site RELEASE COMMAND...
as_site() {
    local release=$1
    shift
    (cd "$release" && runuser -u "$SITE_USER" -- env HOME="$DATA" "$@" 9>&-)
}

# Run a management command of a release.
manage() {
    local release=$1
    shift
    as_site "$release" .venv/bin/python manage.py "$@"
}

# Print the name of the release in a folder: the version, and the commit if it is a Git clone.
release_name() {
    local version commit
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$1/pyproject.toml")
    [ -n "$version" ] || fail "$1 has no pyproject.toml with a version. Name the folder of a release."
    commit=$(git_in "$1" rev-parse --short=10 HEAD 2>/dev/null) || commit=
    printf '%s\n' "$version${commit:+-$commit}"
}

git_in() {
    local folder=$1
    shift
    git -c "safe.directory=$(realpath "$folder")" -C "$folder" "$@"
}

# Copy the release in a folder to RELEASES/NAME and install its locked requirements. Of a Git clone, copy the commit.
add_release() {
    local source=$1 release=$RELEASES/$2
    [ ! -e "$release/.complete" ] || return 0
    rm -rf "$release"
    install -d -m 755 "$release"
    if git_in "$source" rev-parse HEAD >/dev/null 2>&1; then
        git_in "$source" archive HEAD | tar -x -C "$release" --no-same-owner
    else
        tar -c -C "$source" --exclude=./data --exclude=./.venv --exclude=./node_modules --exclude=./.git --exclude=./.env . |
            tar -x -C "$release" --no-same-owner
    fi
    ln -sfn "$SETTINGS" "$release/.env"
    python3 -m venv "$release/.venv"
    "$release/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes \
        -r "$release/requirements.txt"
    # The site cannot write here, so Python could not keep what it compiles.
    "$release/.venv/bin/python" -m compileall -q "$release" -x '/\.venv/'
    chmod -R u=rwX,go=rX "$release"
    touch "$release/.complete"
}

# Print how to go back to the release before a migration. The file names the backup, unless none was made.
going_back() {
    local backup
    backup=$(cat "$1")
    echo "deploy/rollback.sh --restore ${backup:-BACKUP} --identity KEY_FILE"
}

# Print the migrations of a release that the database does not have.
pending_migrations() {
    local plan
    plan=$(manage "$1" showmigrations --plan) || fail "The database does not answer."
    sed -n 's/^\[ \] *//p' <<<"$plan"
}

point_to() {
    ln -sfn "$2" "$1.new"
    mv -T "$1.new" "$1"
}

# Print the port of the running web server, or nothing.
active_port() {
    local port
    for port in "${PORTS[@]}"; do
        if systemctl is-active --quiet "ptcomplete-web@$port"; then
            echo "$port"
            return
        fi
    done
}

# Wait until /healthz on a port returns 200, which needs a database without pending migrations and a home page.
wait_until_healthy() {
    local host deadline=$((SECONDS + HEALTH_SECONDS)) answer=
    host=$(sed -nE 's|^SITE_URL=["'\'']?https?://([^/"'\'']*).*|\1|p' "$SETTINGS")
    while [ "$SECONDS" -lt "$deadline" ]; do
        answer=$(curl --silent --max-time 10 --header "Host: $host" --write-out ' %{http_code}' \
            "http://127.0.0.1:$1/healthz" 9>&-) || true
        [ "${answer##* }" != 200 ] || return 0
        sleep 1
    done
    echo "/healthz on port $1 returned: $answer" >&2
    return 1
}

# Have Caddy and nginx, where they are set up, send requests to a port. A reload interrupts no request.
point_proxies_to() {
    local port other name file
    for name in caddy:/etc/caddy/Caddyfile nginx:/etc/nginx/conf.d/ptcomplete.conf; do
        file=${name#*:}
        name=${name%%:*}
        for other in "${PORTS[@]}"; do
            if [ "$other" != "$1" ] && grep -qs "127\.0\.0\.1:$other\b" "$file"; then
                sed -i "s|127\.0\.0\.1:$other\b|127.0.0.1:$1|" "$file"
                ! systemctl is-active --quiet "$name" || systemctl reload "$name" 9>&- || return 1
            fi
        done
    done
}

# Start a release on a port and point the proxies to it.
start() {
    # New names beside the old ones, so that both releases find their files.
    manage "$1" collectstatic --noinput --verbosity 0 || return 1
    point_to "$HOME_DIR/app" "$1"
    systemctl daemon-reload
    systemctl start "ptcomplete-web@$2" 9>&- && wait_until_healthy "$2" && point_proxies_to "$2"
}

# Serve a release. The old one keeps answering until the new one is healthy. If that fails, nothing has changed.
switch_to() {
    local release=$1 before old port=${PORTS[0]}
    before=$(readlink -e "$HOME_DIR/app" || true)
    old=$(active_port)
    [ "$old" != "$port" ] || port=${PORTS[1]}
    if ! start "$release" "$port"; then
        [ -z "$old" ] || point_proxies_to "$old" || true
        systemctl stop "ptcomplete-web@$port" || true
        [ -z "$before" ] || make_current "$before"
        return 1
    fi
    systemctl enable --quiet "ptcomplete-web@$port" ptcomplete-worker
    if [ -n "$old" ]; then
        # nginx returns from a reload before its new processes have taken over.
        sleep "$DRAIN_SECONDS"
        systemctl disable --quiet "ptcomplete-web@$old"
        systemctl stop "ptcomplete-web@$old"
    fi
    systemctl restart ptcomplete-worker 9>&-
    [ -z "$before" ] || [ "$before" = "$release" ] || point_to "$HOME_DIR/previous" "$before"
}

# Make a release the current one again, with its list of static files, in case its processes are restarted.
make_current() {
    point_to "$HOME_DIR/app" "$1"
    manage "$1" collectstatic --noinput --verbosity 0 || true
}

# Delete all releases but the newest, the current and the previous one.
prune_releases() {
    local release
    find "$RELEASES" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n "+$((KEPT_RELEASES + 1))" |
        cut -d' ' -f2- | while read -r release; do
        case $release in
        "$(readlink -e "$HOME_DIR/app")" | "$(readlink -e "$HOME_DIR/previous")") ;;
        *) rm -rf "$release" ;;
        esac
    done
}
