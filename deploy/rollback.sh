#!/usr/bin/env bash
# Go back to the release before the last upgrade. docs/operations/upgrade.md explains it.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: deploy/rollback.sh
       deploy/rollback.sh --restore BACKUP --identity KEY_FILE

The first form switches without downtime and keeps the data. If the last upgrade changed the database, use the second form:
it stops the site and also restores BACKUP, the name of a backup or “latest”. What was written since is lost.
HELP
}

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/releases.sh
. "$here/releases.sh"
backup='' identity=''
while [ $# -gt 0 ]; do
    case $1 in
    --restore | --identity)
        [ $# -ge 2 ] || fail "$1 needs a value."
        if [ "$1" = --restore ]; then backup=$2; else identity=$2; fi
        shift 2
        ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && fail "There is no option $1." ;;
    esac
done

# Restore the data with the release that made them.
restore() {
    local release=$1 port key
    [ -r "$identity" ] || fail "Name the file with the secret key of the backups: --identity KEY_FILE"
    port=$(active_port)
    key=$(mktemp /dev/shm/ptcomplete-key.XXXXXX)
    # shellcheck disable=SC2064
    trap "rm -f '$key'" EXIT
    cat "$identity" >"$key"
    chown "$SITE_USER" "$key"
    say "Stopping the site and restoring $backup"
    systemctl stop ptcomplete-worker
    [ -z "$port" ] || systemctl stop "ptcomplete-web@$port"
    if ! manage "$release" restore "$backup" --identity "$key" --yes; then
        [ -z "$port" ] || systemctl start "ptcomplete-web@$port" 9>&-
        systemctl start ptcomplete-worker 9>&-
        fail "The backup was not restored. The site is running as before."
    fi
}

main() {
    local current release changed
    require_root
    current=$(readlink -e "$HOME_DIR/app") || fail "No release is installed."
    release=$(readlink -e "$HOME_DIR/previous" || true)
    if [ -n "$backup" ]; then
        # After a migration whose release did not start, the current release is the one that made the backup.
        [ ! -e "$DATABASE_AHEAD" ] || release=$current
        restore "${release:?There is no previous release.}"
        rm -f "$DATABASE_AHEAD"
    else
        for changed in "$DATABASE_AHEAD" "$current/.migrated"; do
            [ ! -e "$changed" ] ||
                fail "The last upgrade changed the database. Restore the backup that it made first: $(going_back "$changed")"
        done
    fi
    [ -n "$release" ] || fail "There is no previous release."
    say "Starting ${release##*/}"
    switch_to "$release" || fail "${release##*/} is not healthy. See: journalctl -u 'ptcomplete-*'"
    say "Release ${release##*/} is running."
}

main
