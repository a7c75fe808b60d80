#!/usr/bin/env bash
# Install the release in the folder that this script is in, without downtime. docs/operations/upgrade.md explains it.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: deploy/upgrade.sh [--without-backup]

Run it from the folder of the newer release. Before it changes the database, it makes a backup, which needs BACKUP_URL.
If the new release is not healthy, the old one keeps running.
HELP
}

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/releases.sh
. "$here/releases.sh"
without_backup=
case ${1:-} in
'') ;;
--without-backup) without_backup=yes ;;
--help) usage && exit 0 ;;
*) usage >&2 && fail "There is no option $1." ;;
esac

# Back up with the code that fits the tables, and remember that going back takes more than switching.
migrate() {
    local release=$1 old=$2 made=
    if [ -z "$without_backup" ]; then
        say "Making a backup before the database changes"
        made=$(manage "$old" backup) || fail "Without a backup, nothing was changed. To go on, use --without-backup."
        echo "$made"
        made=$(sed -n 's/^\(ptcomplete-[^:]*\.tar\.age\):.*/\1/p' <<<"$made")
    fi
    say "Changing the database"
    # After an upgrade that failed, the backup made before that one is what the old release can restore.
    [ -e "$DATABASE_AHEAD" ] || echo "$made" >"$DATABASE_AHEAD"
    manage "$release" migrate --verbosity 1 || fail "The migration failed, and the old release is still running.
See docs/operations/upgrade.md, 'When something fails'. To go back: $(going_back "$DATABASE_AHEAD")"
}

main() {
    local name release old pending back=deploy/rollback.sh
    require_root
    old=$(readlink -e "$HOME_DIR/app") || fail "No release is installed. Use deploy/install.sh."
    name=$(release_name "$here/..")
    release=$RELEASES/$name
    [ "$release" != "$old" ] || fail "Release $name is already installed."
    say "Installing release $name and its locked requirements"
    add_release "$here/.." "$name"
    say "Checking it"
    manage "$release" check --deploy --fail-level WARNING
    pending=$(pending_migrations "$release")
    if [ -n "$pending" ]; then
        printf 'Pending migrations:\n%s\n' "$pending"
        migrate "$release" "$old"
    fi
    install -m 644 "$here/ptcomplete-web@.service" "$here/ptcomplete-worker.service" /etc/systemd/system/
    say "Starting it beside ${old##*/}"
    if ! switch_to "$release"; then
        [ ! -e "$DATABASE_AHEAD" ] || echo "The database has been migrated.
If ${old##*/} now shows errors, restore the backup:
$(going_back "$DATABASE_AHEAD")" >&2
        fail "Release $name is not healthy. ${old##*/} is still running. See: journalctl -u 'ptcomplete-*'"
    fi
    # Also if an upgrade before this one changed the database and then failed.
    if [ -e "$DATABASE_AHEAD" ]; then
        mv "$DATABASE_AHEAD" "$release/.migrated"
        back=$(going_back "$release/.migrated")
    fi
    prune_releases
    say "Release $name is running. To go back to ${old##*/}: $back"
}

main
