#!/usr/bin/env bash
# Install the site from nothing in a fresh Debian 13, upgrade it and roll it back: deploy/test/install_test.sh [DATABASE...]
#
# Needs root, debootstrap and the network. The mirror and pip's settings are those of this machine. There is no systemd in
# a chroot, so Debian's package systemctl runs the units: it starts what they say as the user they name, without the
# hardening, which tests/test_units.py checks. The site listens on ports 18000 and 18001, Caddy on 80 and 443.
# DEBIAN=FOLDER uses a folder that debootstrap has filled before, and BASE=COMMIT upgrades from another commit.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ "$(id -u)" = 0 ] || { echo "Run this as root." >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "Install debootstrap: apt-get install debootstrap" >&2; exit 1; }
! (exec 3<>/dev/tcp/127.0.0.1/443) 2>/dev/null || { echo "Port 443 is in use." >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || echo "Only what is committed is tested."

suite=${SUITE:-trixie}
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
folder=$(mktemp -d /var/tmp/ptcomplete-install.XXXXXX)
# All processes of a test end with the namespace that they run in, and so do its mounts.
trap 'rm -rf --one-file-system "$folder"' EXIT

if [ -n "${DEBIAN:-}" ]; then
    cp -a "$DEBIAN" "$folder/debian"
else
    echo "Installing Debian $suite in $folder"
    debootstrap --variant=minbase "$suite" "$folder/debian" "$mirror" >"$folder/debootstrap.log" 2>&1 ||
        { tail "$folder/debootstrap.log" >&2; exit 1; }
fi
cp /etc/resolv.conf "$folder/debian/etc/"
cp /etc/pip.conf "$folder/debian/etc/" 2>/dev/null || true
mkdir -p "$folder/debian/usr/local/share/ca-certificates"
cp /usr/local/share/ca-certificates/*.crt "$folder/debian/usr/local/share/ca-certificates/" 2>/dev/null || true
git clone --quiet --no-hardlinks "file://$PWD" "$folder/debian/src"
git -C "$folder/debian/src" checkout --quiet --detach "$(git rev-parse HEAD)"
cp -r deploy/test "$folder/debian/test"

[ $# -gt 0 ] || set -- sqlite postgresql
for database in "$@"; do
    echo "---- $database"
    cp -a "$folder/debian" "$folder/$database"
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child -- sh -c '
        mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/run" && mkdir "$1/run/lock" &&
        exec chroot "$1" env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            PIP_CERT=/etc/ssl/certs/ca-certificates.crt PYTHONWARNINGS=ignore \
            PTCOMPLETE_PORTS="18000 18001" BASE="$3" bash /test/in_debian.sh "$2"
    ' sh "$folder/$database" "$database" "${BASE:-}"
    rm -rf --one-file-system "${folder:?}/$database"
done
