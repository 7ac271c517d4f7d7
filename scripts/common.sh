# Shared by the scripts beside it, which source it: where things are, and how to say something.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dev=$root/.dev # git-ignored: the tools that scripts/setup brings, nothing that the product needs

# The Rust suite finds its helpers by these names.
export HUFU_TEST_PYTHON=$dev/venv/bin/python
export HUFU_BUF=$dev/buf/node_modules/.bin/buf
export HUFU_BROWSER=$dev/browser
export HUFU_CHROMIUM=/usr/bin/chromium

say() { printf '%s\n' "$*" >&2; }
die() {
    say "${0##*/}: $*"
    exit 1
}

# Prints the folder of the newest installed PostgreSQL server's programs; Debian keeps them off the PATH.
postgres_programs() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) $(dirname "$(command -v initdb || echo /none/initdb)"); do
        if [[ -x $folder/initdb && -x $folder/postgres ]]; then
            printf '%s\n' "$folder"
            return
        fi
    done
    return 1
}
