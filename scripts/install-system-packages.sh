#!/bin/sh
# Installs what pip cannot: libwim, tools for NTFS, FAT and disks, a Samba server and client for the tests, and
# Python's venv. Does nothing where all is there.
set -eu

PYTHON=${PYTHON:-python3}
# mkntfs and mount helpers lie in the administrators' folders.
PATH=$PATH:/usr/sbin:/sbin

has_program() { command -v "$1" >/dev/null 2>&1; }

# Asks the linker as ctypes will; a library may be there without its tools.
has_library() { "$PYTHON" -c "import ctypes, sys; ctypes.CDLL(sys.argv[1])" "$1" 2>/dev/null; }

# venv can be imported on Debian without python3-venv, but cannot put pip into what it makes.
has_venv() { "$PYTHON" -c "import venv, ensurepip" 2>/dev/null; }

missing=
need() { missing="$missing $1"; }
has_program "$PYTHON" || need python3
has_venv || need python3-venv
has_library libwim.so.15 || need libwim15
has_program wimlib-imagex || need wimtools
{ has_program ntfs-3g && has_program mkntfs; } || need ntfs-3g
has_program smbd || need samba
has_program smbclient || need smbclient
{ has_program fusermount3 || has_program fusermount; } || need fuse3
# Whole disks: virtual ones are read through QEMU's storage daemon.
has_program qemu-storage-daemon || need qemu-system-common
has_program partx || need util-linux
# The tests make disks of their own.
has_program sfdisk || need fdisk
has_program qemu-img || need qemu-utils
has_program mkfs.fat || need dosfstools
has_program mcopy || need mtools
{ has_program 7z || has_program 7zz; } || need p7zip-full

[ -n "$missing" ] || exit 0

if ! has_program apt-get; then
    echo "Missing here, by their Debian names:$missing" >&2
    echo "Install them with this machine's package manager. Elsewhere they are often called" >&2
    echo "python3, wimlib or wimlib-utils (library and wimlib-imagex), ntfs-3g with ntfsprogs, samba, fuse3." >&2
    exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! has_program sudo; then
        echo "Missing:$missing. Run as root: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "Installing$missing"
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086  # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
