#!/bin/bash
# Runs `make example` and `make test` (or the targets given) on this repository's HEAD in a fresh
# Debian root, as somebody would who just cloned it:
#
#     debootstrap --variant=minbase --include=ca-certificates bookworm ROOT
#     scripts/clean-root-check.sh ROOT [TARGET...]
#
# Needs root, and changes ROOT: give it a copy. The package clients in there get this machine's
# configuration (apt sources, pip indexes, certificates), so it works behind a mirror, too.
set -euo pipefail

[ $# -ge 1 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "Run as root: this binds /dev and uses chroot." >&2; exit 2; }
root=$(realpath "$1")
shift
[ -x "$root/usr/bin/apt-get" ] && [ "$root" != / ] || { echo "$root is no Debian root." >&2; exit 2; }
[ $# -gt 0 ] || set -- example test
repository=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)

bound=()
unbind() {
    local index
    for ((index = ${#bound[@]} - 1; index >= 0; index--)); do
        # A process that still runs in there would keep it busy; it must not keep it bound.
        umount "${bound[index]}" 2>/dev/null || umount --lazy "${bound[index]}"
    done
}
trap unbind EXIT
trap 'exit 130' INT TERM

# Binds alone and takes no part in this machine's mounts: unbinding must not reach them.
bind() {
    local target=$root$1
    [ -e "$target" ] || mkdir -p "$target"
    mount --bind ${2:+-o "$2"} "$1" "$target"
    bound+=("$target")
    mount --make-private "$target"
}

# Copies a file or folder of this machine to the same path in the root.
carry() {
    [ -e "$1" ] || return 0
    mkdir -p "$root$(dirname "$1")"
    cp -RL --remove-destination "$1" "$root$(dirname "$1")/"
}

settings=(
    HOME=/root
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    LANG=C.UTF-8
)

release() { sed -n 's/^VERSION_CODENAME=//p' "$1" 2>/dev/null || true; }

carry_settings() {
    local name file
    for name in $(compgen -e | grep -E '^(PIP_.*|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)$'); do
        settings+=("$name=${!name}")
    done
    for file in "${SSL_CERT_FILE:-}" "${REQUESTS_CA_BUNDLE:-}" "${PIP_CERT:-}" "${PIP_CONFIG_FILE:-}"; do
        [ -z "$file" ] || carry "$file"
    done
    for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt \
        /usr/local/share/ca-certificates /etc/pip.conf; do
        carry "$file"
    done
    for file in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
        [ ! -e "$file" ] || { mkdir -p "$root/root/.config/pip" && cp -L "$file" "$root/root/.config/pip/"; }
    done
    for file in /etc/apt/apt.conf.d/*; do
        carry "$file"
    done
    # Sources of another release would mix the two.
    if [ "$(release /etc/os-release)" = "$(release "$root/etc/os-release")" ]; then
        rm -f "$root/etc/apt/sources.list"
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
            /etc/apt/sources.list.d/*.sources /etc/apt/keyrings/*; do
            carry "$file"
        done
    fi
}

# The folders that pip is told of may be large: bound, not copied, and read-only.
bind_pip_folders() {
    local configuration folder
    configuration=$(cat "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" /etc/pip.conf 2>/dev/null || true)
    configuration+=" ${PIP_FIND_LINKS:-} ${PIP_INDEX_URL:-} ${PIP_EXTRA_INDEX_URL:-}"
    for folder in $(grep -oE '(file://)?/[^[:space:]=,]+' <<<"$configuration" | sed 's|^file://||' | sort -u); do
        # An index lies in simple/ by custom, and links to files beside that folder.
        folder=${folder%/}
        folder=${folder%/simple}
        [ ! -d "$folder" ] || mountpoint -q "$root$folder" || bind "$folder" ro
    done
}

inside() { chroot "$root" env -i "${settings[@]}" "$@"; }

bind /dev
bind /proc
bind /sys
carry_settings
bind_pip_folders

inside apt-get update -qq
inside DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    ca-certificates python3 git make
inside update-ca-certificates

rm -rf "$root/root/clone"
git clone --quiet --no-hardlinks "$repository" "$root/root/clone"
echo "Checking $(git -C "$root/root/clone" log -1 --format='%h %s')"
for target in "$@"; do
    started=$SECONDS
    inside make -C /root/clone "$target"
    echo "make $target: passed in $((SECONDS - started)) s"
done
