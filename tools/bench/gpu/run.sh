#!/usr/bin/env bash
# Unpacks Node and the packages (once), then measures: run.sh --help. Needs tar, xz or Python, and nothing from a network.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${SER_GPU_WORK:-${TMPDIR:-/tmp}/ser-gpu-$(id -u)}

fail() {
  echo "run.sh: $1" >&2
  exit 2
}
unpack() { # FILE: to standard output
  if command -v xz >/dev/null; then xz -dc "$1"; else
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"
  fi
}

target=$(cat "$here/target")
[ "$target" = "$(uname -s) $(uname -m)" ] || fail "this pack is for $target, and this machine is $(uname -s) $(uname -m)"
if ! cmp -s "$here/pack.json" "$work/app/pack.json"; then
  rm -rf "$work"
  mkdir -p "$work"
  unpack "$here/node.xz" >"$work/node" || fail "node.xz cannot be unpacked into $work: xz or python3 is needed"
  chmod 755 "$work/node"
  unpack "$here/app.tar.xz" | tar -x --no-same-owner -C "$work" || fail "app.tar.xz cannot be unpacked into $work"
fi
exec "$work/node" "$work/app/bench/run.mjs" "$@"
