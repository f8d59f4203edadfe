#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The map of an atlas as an interactive DataMapPlot page: python3 map_peer.py ATLAS OUT.html
Same points (base clusters), sizes, titles on hover, and the titles of the levels above as labels.
Needs datamapplot (bench/peers.txt names the version)."""
import sqlite3
import sys

import datamapplot
import numpy as np


def main():
    db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    rows = {r[0]: r[1:] for r in db.execute(
        "SELECT id, parent_id, level, coalesce(title, 'Withheld'), n_conversations, x, y "
        "FROM cluster")}
    bases = [i for i, r in rows.items() if r[1] == 0 and r[4] is not None]
    points = np.array([[rows[i][4], 1 - rows[i][5]] for i in bases])
    layers, level = [], [rows[i][0] for i in bases]
    while any(level):
        layers.append(np.array([rows[i][2] if i else "Unlabelled" for i in level], dtype=object))
        level = [rows[i][0] if i else None for i in level]
    plot = datamapplot.create_interactive_plot(
        points, *layers, hover_text=np.array([rows[i][2] for i in bases]),
        marker_size_array=np.sqrt(np.array([rows[i][3] for i in bases])), enable_search=True,
        inline_data=True, font_family="sans-serif")
    plot.save(sys.argv[2])


main()
