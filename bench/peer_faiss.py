# SPDX-License-Identifier: Apache-2.0
"""faiss as fast as this CPU lets it be: its wheel has an old OpenBLAS of its own, which takes a
virtual CPU that it does not know for one of 2004 and is then three times slower."""
import os


def load():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        flags = next((line for line in file if line.startswith("flags")), "").split()
    for flag, core in (("avx512f", "SkylakeX"), ("avx2", "Haswell")):
        if flag in flags:
            os.environ.setdefault("OPENBLAS_CORETYPE", core)  # read when it is loaded
    import faiss
    return faiss
