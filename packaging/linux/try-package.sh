#!/bin/sh
# Installs a Debian package, tests the programs in it, and removes it: try-package.sh server|app FILE.deb
#
# As root, on a computer or in a container that is made for it. The app needs dbus-run-session, xvfb-run and curl.
set -eu
kind=$1 package=$(realpath -- "$2")
folder=$(mktemp -d)
running=
finish() {
  [ -z "$running" ] || kill -- "-$running" 2>/dev/null || true
  # The session's document portal, where there is one, mounts itself below XDG_RUNTIME_DIR.
  ! mountpoint -q "$folder/doc" 2>/dev/null || umount "$folder/doc"
  rm -rf -- "$folder"
}
trap finish EXIT

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  left=$1
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "not within the time: $*" >&2; exit 1; }
    sleep 1
  done
}

# gone PID: the processes that were started under it have ended.
gone() { ! kill -0 -- "-$1" 2>/dev/null; }

# carries_a_file URL: a file that is uploaded there can be downloaded again.
carries_a_file() {
  echo "from a package" > "$folder/sent"
  curl --silent --show-error --fail --upload-file "$folder/sent" "$1sent.txt" > /dev/null
  curl --silent --show-error --fail "$1sent.txt" | cmp - "$folder/sent"
}

apt-get install -y --no-install-recommends "$package"
case $kind in
  server)
    name=potluck-server
    potluck-server --version
    potluck-server --config /etc/potluck/potluck.toml --exit cfg
    mkdir "$folder/files"
    setsid potluck-server -v "$folder/files::rw" -i 127.0.0.1 -p 4870 --state "$folder/state" > "$folder/log" 2>&1 &
    running=$!
    wait_for 30 curl --silent --fail http://127.0.0.1:4870/
    carries_a_file http://127.0.0.1:4870/
    ;;
  app)
    name=potluck
    potluck --version
    mkdir "$folder/files" "$folder/home"
    # Settings as the app writes them once the questions of its first start are answered.
    cat > "$folder/settings.toml" <<SETTINGS
# Potluck keeps its settings here and writes this file anew with every change.

[network]
listen = ["127.0.0.1"]
ports = [4871]

[[volume]]
source = "$folder/files"
mount = "/"
access = ["rw: *"]
SETTINGS
    HOME=$folder/home XDG_RUNTIME_DIR=$folder setsid dbus-run-session -- xvfb-run --auto-servernum \
      potluck --hidden --settings "$folder/settings.toml" --state-folder "$folder/state" > "$folder/log" 2>&1 &
    running=$!
    wait_for 60 curl --silent --fail http://127.0.0.1:4871/
    carries_a_file http://127.0.0.1:4871/
    ;;
  *)
    echo "server or app?" >&2
    exit 2
    ;;
esac
# All of its session: a display and a bus of its own end with the app.
kill -- "-$running"
wait_for 30 gone "$running"
running=
apt-get remove -y "$name"
[ ! -e "/usr/bin/$name" ] || { echo "the package is removed, but /usr/bin/$name is still there" >&2; exit 1; }
echo "$name: installed, used and removed"
