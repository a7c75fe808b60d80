#!/usr/bin/env bash
# Install PT Complete on Debian 13 or newer, from the folder that this script is in. docs/operations/install.md explains it.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: deploy/install.sh --domain example.com --email you@example.com [options]

  --domain NAME        the host name of the site; its DNS must already point to this machine
  --email ADDRESS      the owner, who signs in at /admin/
  --database KIND      sqlite (the default) or postgresql, on this machine
  --proxy NAME         caddy (the default), or none to set up a reverse proxy yourself
  --timezone NAME      such as Europe/Zurich; UTC by default

Without a terminal, set OWNER_PASSWORD to create the owner. PTCOMPLETE_PORTS="9000 9001" uses other local ports.
Running it again changes no settings and no data.
HELP
}

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/releases.sh
. "$here/releases.sh"
domain='' email='' database='' proxy=caddy timezone=UTC

read_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --domain | --email | --database | --proxy | --timezone)
            [ $# -ge 2 ] || fail "$1 needs a value."
            printf -v "${1#--}" '%s' "$2"
            shift 2
            ;;
        --help) usage && exit 0 ;;
        *) usage >&2 && fail "There is no option $1." ;;
        esac
    done
    if [ -t 0 ]; then
        [ -n "$domain" ] || read -rp "Domain of the site, such as example.com: " domain
        [ -n "$email" ] || read -rp "Email address of the owner: " email
        [ -n "$database" ] || read -rp "Database, sqlite or postgresql [sqlite]: " database
    fi
    database=${database:-sqlite}
    [[ $domain =~ ^[a-z0-9.-]+$ ]] || fail "Name the domain in lower case, without https://: --domain example.com"
    [[ $email =~ ^[^[:space:]@]+@[^[:space:]@]+$ ]] || fail "Name the owner's email address: --email you@example.com"
    [[ $database =~ ^(sqlite|postgresql)$ ]] || fail "--database is sqlite or postgresql."
    [[ $proxy =~ ^(caddy|none)$ ]] || fail "--proxy is caddy or none."
}

install_packages() {
    local packages=(python3 python3-venv ca-certificates curl git)
    [ "$database" = sqlite ] || packages+=(postgresql)
    [ "$proxy" = none ] || packages+=(caddy)
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${packages[@]}" 9>&- >/dev/null
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 12))' ||
        fail "PT Complete needs Python 3.12 or newer, which Debian has since version 13 (trixie)."
}

create_user_and_folders() {
    id "$SITE_USER" >/dev/null 2>&1 ||
        useradd --system --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin "$SITE_USER"
    install -d -m 755 "$HOME_DIR" "$RELEASES"
    # The proxy may open files in it by path, and nobody else may list them. The database is private.
    install -d -m 711 -o "$SITE_USER" -g "$SITE_USER" "$DATA"
    install -d -m 700 -o "$SITE_USER" -g "$SITE_USER" /srv/backups
}

create_database() {
    [ "$database" = postgresql ] || return 0
    systemctl is-active --quiet postgresql || systemctl start postgresql 9>&-
    # The role has no password: PostgreSQL recognizes the system user of the same name.
    (
        cd /
        runuser -u postgres -- psql -qtAc "SELECT 1 FROM pg_roles WHERE rolname = '$SITE_USER'" | grep -q 1 ||
            runuser -u postgres -- createuser "$SITE_USER"
        runuser -u postgres -- psql -qtAc "SELECT 1 FROM pg_database WHERE datname = '$SITE_USER'" | grep -q 1 ||
            runuser -u postgres -- createdb --owner "$SITE_USER" --encoding UTF8 --template template0 "$SITE_USER"
    )
}

write_settings() {
    [ ! -e "$SETTINGS" ] || return 0
    (
        umask 077
        cat >"$SETTINGS.new" <<SETTINGS
# The settings of the site. docs/settings.md describes all of them. After a change, run:
# systemctl reload 'ptcomplete-web@*.service' && systemctl restart ptcomplete-worker
SECRET_KEY=$(python3 -c 'import secrets; print(secrets.token_urlsafe(50))')
SITE_URL=https://$domain
TRUSTED_PROXIES=1
DATA_DIR=$DATA
TIME_ZONE=$timezone
$([ "$database" = sqlite ] || echo "DATABASE_URL=postgres:///$SITE_USER")
SETTINGS
    )
    chown "root:$SITE_USER" "$SETTINGS.new"
    chmod 640 "$SETTINGS.new"
    mv "$SETTINGS.new" "$SETTINGS"
}

install_services() {
    install -m 644 "$here/ptcomplete-web@.service" "$here/ptcomplete-worker.service" /etc/systemd/system/
    install -m 755 "$here/manage.sh" /usr/local/bin/ptcomplete
    systemctl daemon-reload
}

configure_proxy() {
    local caddyfile=/etc/caddy/Caddyfile
    [ "$proxy" = caddy ] || return 0
    if ! grep -q 'PT Complete' "$caddyfile" 2>/dev/null; then
        [ ! -e "$caddyfile" ] || cp -p "$caddyfile" "$caddyfile.before-ptcomplete"
        sed -e "s|^example\.com {|$domain {|" -e "s|127\.0\.0\.1:8000|127.0.0.1:$(active_port)|" \
            "$here/Caddyfile" >"$caddyfile"
        # Caddy 2.6, which Debian 13 has, uses other words for the same.
        [[ $(caddy version) != 2.6.* ]] || sed -i -E -e 's/request_buffers .*/buffer_requests/' \
            -e 's/^(\s*)response_buffers (.*)/\1buffer_responses\n\1max_buffer_size \2/' "$caddyfile"
    fi
    caddy validate --config "$caddyfile" --adapter caddyfile >/dev/null 2>&1 || fail "caddy validate rejects $caddyfile."
    systemctl enable --quiet caddy
    systemctl restart caddy 9>&- || fail "Caddy does not start. Ports 80 and 443 must be free. See: journalctl -u caddy"
}

create_owner() {
    if [ -n "${OWNER_PASSWORD:-}" ]; then
        OWNER_PASSWORD=$OWNER_PASSWORD manage "$HOME_DIR/app" create_owner "$email" --password-env OWNER_PASSWORD
    elif [ -t 0 ]; then
        echo "Choose a password for $email."
        manage "$HOME_DIR/app" create_owner "$email"
    else
        echo "Create the owner with: ptcomplete create_owner $email"
    fi
}

main() {
    local name
    read_options "$@"
    require_root
    say "Installing Debian's packages"
    install_packages
    create_user_and_folders
    create_database
    write_settings
    name=$(release_name "$here/..")
    say "Installing release $name and its locked requirements"
    add_release "$here/.." "$name"
    if [ -e "$HOME_DIR/app" ]; then
        [ "$(readlink -e "$HOME_DIR/app")" = "$RELEASES/$name" ] ||
            fail "Another release is installed. Use deploy/upgrade.sh."
    fi
    say "Checking the settings, creating the tables"
    manage "$RELEASES/$name" check --deploy --fail-level WARNING
    manage "$RELEASES/$name" migrate --verbosity 0
    install_services
    if [ -z "$(active_port)" ]; then
        say "Starting the web server and the worker"
        switch_to "$RELEASES/$name" || fail "The site is not healthy. See: journalctl -u 'ptcomplete-*'"
    fi
    configure_proxy
    say "Creating the owner"
    create_owner
    cat <<NEXT

PT Complete $name runs at https://$domain. Next:

1. Sign in at https://$domain/admin/ as $email.
2. Create drafts of the standing pages:          ptcomplete create_starter_pages
3. Set EMAIL_URL and EMAIL_FROM in $SETTINGS, add the DNS records of docs/operations/install.md, and test:
                                                 ptcomplete send_test_email $email
4. Set BACKUP_URL and BACKUP_RECIPIENTS as in docs/operations/backup.md, and make a backup: ptcomplete backup
   Keep a copy of SECRET_KEY from $SETTINGS in a password manager.
5. Later, install a newer release with:          deploy/upgrade.sh, see docs/operations/upgrade.md
NEXT
}

main "$@"
