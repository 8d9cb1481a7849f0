#!/bin/sh
# Chromium from unpacked packages: its libraries and fonts lie beside it.
tree=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
folder=$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$tree/usr/lib/$folder:$tree/lib/$folder:$tree/usr/lib/$folder/nss:$tree/usr/lib/$folder/pulseaudio"
export FONTCONFIG_FILE="$tree/etc/fonts/unpacked.conf"
exec "$tree/usr/lib/chromium/chromium" "$@"
