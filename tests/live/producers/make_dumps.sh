#!/usr/bin/env bash
# Makes the small dumps of tests/dumps with the real libraries: one private redis-server per dump, on a unix socket in a
# temporary folder, ended by its process id. Usage: make_dumps.sh [NAME...] (default: those at the end of this file). Needs the packages of README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dumps=$(cd "$here/../../dumps" && pwd)
work=$(mktemp -d)
server=
years=$((10 * 365 * 86400)) # TTLs and locks that do not run out while the dump lies in git

finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# start: an empty server.
start() {
  redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work" --save '' --logfile "$work/redis.log" </dev/null >/dev/null 2>&1 &
  server=$!
  for _ in $(seq 100); do redis-cli -s "$work/redis.sock" ping 2>/dev/null | grep -q PONG && return; sleep 0.1; done
  cat "$work/redis.log" >&2
  return 1
}

# stop: saves and ends the server; what it held is in $work/dump.rdb.
stop() {
  redis-cli -s "$work/redis.sock" shutdown save >/dev/null
  wait "$server" || true
  server=
}

keep() {
  stop
  mv "$work/dump.rdb" "$dumps/$1.rdb"
  mv "$work/reports" "$dumps/$1.ndjson"
  printf '%8d bytes  %s\n' "$(stat -c %s "$dumps/$1.rdb")" "$1.rdb"
}

url() { printf 'unix://%s/redis.sock?db=%s' "$work" "${1:-0}"; }
# run COMMAND...: a producer. What its library says becomes a line of NAME.ndjson, which tests compare with NAME.rdb.
run() { run_in 0 "$@"; }
run_in() {
  local db=$1
  shift
  "$@" --url "$(url "$db")" >"$work/report" 2>"$work/errors" || { cat "$work/errors" >&2; return 1; }
  /usr/bin/python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin), separators=(",", ":")))' <"$work/report" >>"$work/reports"
}

bullmq6_all_states() { start; run node bullmq.mjs --library bullmq6 --parts states,flows,names --lock-ms "$((years * 1000))"; keep "${FUNCNAME[0]}"; }
bullmq5_all_states() { start; run node bullmq.mjs --library bullmq5 --parts states,flows,names --lock-ms "$((years * 1000))"; keep "${FUNCNAME[0]}"; }
bullmq4_all_states() { start; run node bullmq.mjs --library bullmq4 --parts states,flows,names --lock-ms "$((years * 1000))"; keep "${FUNCNAME[0]}"; }
bullmq6_debris() { start; run node bullmq.mjs --library bullmq6 --parts debris --age-days 40; keep "${FUNCNAME[0]}"; }
bullmq5_debris() { start; run node bullmq.mjs --library bullmq5 --parts debris --age-days 40; keep "${FUNCNAME[0]}"; }
bull4_all_states() { start; run node bull.mjs --library bull4 --parts states,names,debris --lock-ms "$((years * 1000))"; keep "${FUNCNAME[0]}"; }
bull3_all_states() { start; run node bull.mjs --library bull3 --parts states,names,debris --lock-ms "$((years * 1000))"; keep "${FUNCNAME[0]}"; }
celery_mixed() { start; run /usr/bin/python3 celery_producer.py --result-ttl "$years"; keep "${FUNCNAME[0]}"; }

others() {
  start
  run /usr/bin/python3 others_rq.py --ttl "$years"
  run ruby others_sidekiq.rb
  run php others_laravel.php
  run node others_resque.mjs
  run /usr/bin/python3 others_by_hand.py
  run /usr/bin/python3 others_django_cache.py --entries 20
  keep "${FUNCNAME[0]}"
}

hostile_names() { start; run /usr/bin/python3 hostile_names.py; keep "${FUNCNAME[0]}"; }

# fill_demo JOBS RESULTS: the past first, the present on top of it. Celery gets its past from faketime; Redis itself does not
# start under it (jemalloc).
fill_demo() {
  start
  run node demo_shop.mjs --stage old --jobs "$1"
  run faketime -f -60d /usr/bin/python3 celery_producer.py --bulk "$(($2 / 2))" --only-bulk --result-ttl "$years"
  run node demo_shop.mjs --stage now --jobs "$1"
  run /usr/bin/python3 celery_producer.py --bulk "$(($2 / 2))" --result-ttl "$years"
  run_in 1 /usr/bin/python3 others_django_cache.py --entries "$(($1 / 5))"
}

# A job costs about 390 bytes in a dump and a result 300: this many stay under 300 KB.
demo() { fill_demo 280 240; keep "${FUNCNAME[0]}"; }
# The same shop in the size of a real one: 1.6 MB, hence compressed (zstd is at hand wherever headroom is built).
demo_full() { fill_demo 1500 2500; keep "${FUNCNAME[0]}"; zstd -q -19 -f --rm "$dumps/demo_full.rdb"; ls -l "$dumps/demo_full.rdb.zst"; }

cd "$here"
# Not among the default ones, to keep the repository small: bullmq4_all_states, bull3_all_states.
default=(bullmq6_all_states bullmq5_all_states bullmq6_debris bullmq5_debris bull4_all_states celery_mixed others hostile_names demo demo_full)
for dump in "${@:-${default[@]}}"; do "$dump"; done
