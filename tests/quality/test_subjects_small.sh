#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Texts in other languages than English get no false subjects, nor do titles of their clusters:
# tests/quality/subjects.sh on fewer texts.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3
N=600 "$SOURCE/tests/quality/subjects.sh"
