#!/bin/sh
# Make the controllers that the Ansible tests use: one virtual environment for each ansible-core, from
# hash-pinned requirement files. Made once, then found again; what this machine cannot have is said.
#
#   setup.sh CACHE [NAME...]
#
# Prints one line for each environment: NAME, a tab, its folder or "-", a tab, why it is not there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=$1
shift
[ $# -gt 0 ] || set -- oldest debian newest preview lint
mkdir -p "$cache"

# The first real interpreter (no pyenv shim: ansible-test refuses them) of the versions named.
interpreter() {
    for version in "$@"; do
        for found in "/usr/bin/python$version" "/usr/local/bin/python$version" \
            "$HOME/.pyenv/versions/$version."*/bin/python"$version"; do
            if [ -x "$found" ] && "$found" -c 'import venv, ensurepip' 2>/dev/null; then
                echo "$found"
                return
            fi
        done
    done
}

for name in "$@"; do
    case $name in
        oldest) versions="3.11 3.10" ;;
        debian) versions="3.11 3.12 3.13" ;;
        preview) versions="3.13 3.14" ;;
        *) versions="3.13 3.12" ;;
    esac
    wanted=$here/environments/$name.txt
    place=$cache/$name
    # shellcheck disable=SC2086 # several words are meant
    python=$(interpreter $versions)
    if [ -z "$python" ]; then
        printf '%s\t-\tno Python of %s here\n' "$name" "$versions"
        continue
    fi
    if ! cmp -s "$wanted" "$place/made-from.txt"; then
        rm -rf "$place"
        "$python" -m venv "$place"
        "$place/bin/python" -m pip -qq --disable-pip-version-check install --require-hashes -r "$wanted"
        cp "$wanted" "$place/made-from.txt"
    fi
    printf '%s\t%s\t\n' "$name" "$place"
done
