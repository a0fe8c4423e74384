#!/usr/bin/env bash
# Gradescope copies this file beside source/, submission/ and results/, and runs it for each submission.
set -eu
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
[ -d "$here/source" ] || here="$(dirname "$here")"  # run from within source/, by hand
export OMP_NUM_THREADS=1
exec "${GENLAB_PYTHON:-$here/venv/bin/python}" -I -m grading.report.gradescope "$here"
