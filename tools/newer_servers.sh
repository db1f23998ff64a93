#!/usr/bin/env bash
# Servers newer than the one that the system installs, for tests: build/servers/NAME/redis-server, one folder a server. They come from
# Debian's own archive, fetched and verified by apt with a configuration and a state of its own, and are unpacked beside the system:
# nothing is installed and the machine's sources stay as they are (docs/decisions/016). What cannot be had is said in one line and
# written to build/servers/missing, which the tests that skip quote. ./dev setup runs this; it never fails.
set -euo pipefail
cd "$(dirname "$0")/.."
servers=$PWD/build/servers
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# A server: name, suite of the archive, package. The server's binary is its redis-check-rdb under another name.
wanted=("redis-8.0 trixie redis-tools" "valkey-8.0 bookworm-backports valkey-tools" "valkey-8.1 trixie valkey-tools")
libraries=(libc6 libstdc++6 libgcc-s1 libjemalloc2)  # of trixie, for servers that this system's own are too old for

missing() {
  echo "newer servers are not here, their tests are skipped: $*" >&2
  mkdir -p "$servers" && echo "$*" >"$servers/missing"
  exit 0
}
trap 'missing "line $LINENO of tools/newer_servers.sh failed"' ERR

[ "$servers/complete" -nt tools/newer_servers.sh ] && exit 0
rm -rf "$servers"
[ "$(uname -m)" = x86_64 ] || missing "unpacked for x86_64 only"
[ -r "$keyring" ] || missing "no keyring of Debian's archive ($keyring)"
for tool in apt-get dpkg-deb; do command -v $tool >/dev/null || missing "no $tool"; done
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# The mirror is the one that this machine's own sources name.
mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
  awk -v release="$codename" '$1 == release && $2 ~ /\/debian\/?$/ && !found { print $2; found = 1 }') || mirror=
[ -n "$mirror" ] || missing "this system's apt sources name no mirror of Debian"

state=$servers/apt
mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/packages"
touch "$state/status"
for suite in trixie bookworm-backports; do echo "deb [signed-by=$keyring] $mirror $suite main"; done >"$state/sources.list"
cat >"$state/apt.conf" <<CONF
Dir::State "$state";
Dir::State::status "$state/status";
Dir::State::lists "$state/lists";
Dir::Cache "$state/cache";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
APT::Update::Error-Mode "any";
Acquire::Retries "2";
Acquire::http::Timeout "20";
APT::Sandbox::User "";
APT::Get::AllowUnauthenticated "false";
CONF
quiet_apt() { APT_CONFIG="$state/apt.conf" apt-get -qq "$@" >>"$state/log" 2>&1; }
fetch() { # suite package folder: the package unpacked into that folder
  rm -f "$state/packages/$2"_*
  (cd "$state/packages" && quiet_apt download "$2/$1") && mkdir -p "$3" && dpkg-deb -x "$state/packages/$2"_*.deb "$3"
}

quiet_apt update || missing "Debian's archive could not be read ($state/log)"
for library in "${libraries[@]}"; do
  fetch trixie "$library" "$servers/trixie" || missing "$library could not be fetched ($state/log)"
done
for server in "${wanted[@]}"; do
  read -r name suite package <<<"$server"
  fetch "$suite" "$package" "$servers/$name/unpacked" || missing "$package of $suite could not be fetched ($state/log)"
  program=$servers/$name/redis-server
  binary=$(echo "$servers/$name/unpacked/usr/bin/"*-check-rdb)
  # It runs as it is, or by the loader and the C library it was built for. exec keeps the pid.
  cp "$binary" "$program"
  "$program" --version >/dev/null 2>&1 && continue
  mv "$program" "$servers/$name/program"
  loader=$servers/trixie/usr/lib/x86_64-linux-gnu
  printf '#!/bin/sh\nexec "%s" --argv0 redis-server --library-path "%s" "%s" "$@"\n' \
    "$loader/ld-linux-x86-64.so.2" "$loader" "$servers/$name/program" >"$program"
  chmod +x "$program"
  "$program" --version >/dev/null 2>&1 || missing "$name does not start on this system"
done
rm -rf "$state/lists" "$state/cache" "$state/packages" "$servers"/*/unpacked
touch "$servers/complete"
