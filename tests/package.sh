#!/usr/bin/env bash
# The crates as their users get them: the library packaged, unpacked elsewhere and used by a program that depends on it (the
# README's example), and the command line installed. Dependencies are those compiled already. Usage: tests/package.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$PWD/target
largest=$((10 * 1024 * 1024)) # what crates.io accepts

fail() {
    echo "package.sh: $*" >&2
    exit 1
}

# What is tried is the tree as it is, committed or not.
cargo package --workspace --locked --allow-dirty --no-verify --quiet
version=$(sed -n '0,/^version = "\(.*\)"/s//\1/p' Cargo.toml)
crate=$target/package/thalamo-$version.crate
size=$(stat -c %s "$crate")
((size < largest)) || fail "expected a crate below $largest bytes, given $size; leave large files out of include"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xzf "$crate" -C "$work"
unpacked=$work/thalamo-$version
files=$(cd "$unpacked" && find . -type f | wc -l)

# Every file that the README and the documents show or link to is there.
for page in README.md $(cd "$unpacked" && ls docs/*.md); do
    while read -r link; do
        [[ $link == *://* || -z $link ]] && continue
        [[ -e $unpacked/$(dirname "$page")/$link ]] || fail "$page: expected $link in the package, found none; add it to include"
    done < <(grep -o '](\([^)#]*\)' "$page" | sed 's/^](//')
done

# A program of someone else's, in the same profile so that dependencies need not be compiled again. What is tried is that
# it compiles and runs: thalamo itself, compiled anew, is not optimised.
mkdir -p "$work/user/src"
cat >"$work/user/Cargo.toml" <<TOML
[package]
name = "user"
version = "0.0.0"
edition = "2024"

[dependencies]
thalamo = { path = "$unpacked" }

$(sed -n '/^\[profile\.dev\(\.package\)\?\]$/,/^$/p' Cargo.toml)

[profile.dev.package.thalamo]
opt-level = 0
TOML
cp "$unpacked/Cargo.lock" "$work/user"
sed -n '/^```rust$/,/^```$/{/^```/d;p}' "$unpacked/README.md" >"$work/user/src/main.rs"
[[ -s $work/user/src/main.rs ]] || fail "expected an example in README.md, found none"
printed=$(cd "$work/user" && cargo run --quiet --target-dir "$target")
[[ $(grep -c '^motif [0-9]: RMSE 0\.[0-9]*, from its own start 0\.[0-9]*$' <<<"$printed") == 4 ]] ||
    fail "expected four motifs played by the README's example, given: $printed"

# The command line, installed into an empty folder.
cargo install --quiet --locked --debug --no-track --path crates/cli --root "$work/root" --target-dir "$target"
[[ $("$work/root/bin/thalamo" --version) == "thalamo $version" ]] ||
    fail "expected thalamo $version, given $("$work/root/bin/thalamo" --version)"
(cd "$work" && root/bin/thalamo motifs --count 2 --seed 1 --out motifs.csv)
[[ -s $work/motifs.csv ]] || fail "expected motifs.csv from the program installed, found none"
echo "thalamo-$version.crate: $files files, $size bytes; used and installed"
