#!/usr/bin/env bash
# Opens a report in headless Chromium: its numbers against those of the commands, screenshots in light and dark, wide and on
# a telephone, and print. Installs Debian's chromium where there is none. Usage: tests/browser/report.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=$PWD
out=$(realpath -m "${1:-target/browser}")
rm -rf "$out"
mkdir -p "$out"

root=()
if ((EUID != 0)); then root=(sudo); fi
if ! command -v chromium >/dev/null; then
    if ! command -v apt-get >/dev/null; then
        echo "report.sh: expected chromium, or apt-get to install it, found neither; install chromium" >&2
        exit 1
    fi
    "${root[@]}" apt-get update -q
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium
fi

# As the tests build it: nothing is compiled twice.
cargo test --locked --quiet --no-run --test cli
thalamo=$PWD/target/debug/thalamo
cp tests/browser/measure.html "$out"
cd "$out"
"$thalamo" motifs --count 10 --seed 1 --out motifs.npz --quiet
"$thalamo" build motifs.npz --out model.npz --quiet
"$thalamo" report model.npz --out report.html --quiet
"$thalamo" info model.npz --json >info.json
"$thalamo" certify model.npz >certify.json

# browse FLAG... URL: one run with a profile of its own; what it writes on stdout is kept, its chatter only on failure.
browse() {
    local flags=(--headless=new --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run
        --hide-scrollbars --allow-file-access-from-files --virtual-time-budget=20000 --user-data-dir="$out/profile")
    if ((EUID == 0)); then flags+=(--no-sandbox); fi
    if ! timeout 120 chromium "${flags[@]}" "$@" 2>chromium.log; then
        echo "report.sh: chromium failed" >&2
        tail -20 chromium.log >&2
        return 1
    fi
}

browse --dump-dom "file://$out/report.html" >dom.html
browse --no-pdf-header-footer --print-to-pdf="$out/report.pdf" "file://$out/report.html"

# shoot NAME WIDTH SCHEME: measures the page in a frame of this width, then takes a picture of all of it.
# Chromium's windows have a smallest width; frames have none.
shoot() {
    local scheme=1 url="file://$out/measure.html#$2" height
    if [[ $3 == dark ]]; then scheme=0; fi
    local look=(--blink-settings="preferredColorScheme=$scheme")
    browse "${look[@]}" --window-size=1280,1000 --dump-dom "$url" >"$1.dom"
    height=$(sed -n 's/.*"height":\([0-9]*\).*/\1/p' "$1.dom")
    browse "${look[@]}" --window-size="$(($2 < 500 ? 500 : $2)),${height:-1000}" --screenshot="$out/$1.png" "$url"
}

shoot light 1280 light
shoot dark 1280 dark
shoot phone 390 light
shoot phone-dark 390 dark
rm -rf "$out/profile"
python3 - "$out" <"$here/tests/browser/check.py"
