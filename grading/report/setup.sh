#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: Python, the packages that genlab needs, genlab.
set -eu
source="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
venv="$(dirname "$source")/venv"
chmod 700 "$source"
chmod 600 "$source/secret"

export DEBIAN_FRONTEND=noninteractive
apt-get update
python=""
for version in @PYTHON@ 3.12 3.11 3.13; do  # the one that packed this, then whichever the image's Ubuntu has
  if apt-get install -y "python$version" "python$version-venv"; then python="python$version"; break; fi
done
[ -n "$python" ] || { echo "genlab needs Python 3.11 or newer: choose a newer base image"; exit 1; }

"$python" -m venv "$venv"
pip="$venv/bin/python -m pip install --no-cache-dir"
# torch by itself, so that an index with smaller builds can be named when the autograder is packed.
$pip @PIP_ARGS@ $(grep -E '^torch' "$source/requirements.txt")
$pip -r "$source/requirements.txt"
cp -r "$source/lib/." "$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
"$venv/bin/python" -I -c 'import grading.report.gradescope'
