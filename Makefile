# SPDX-License-Identifier: Apache-2.0
# Verbs for people. The build itself is CMake's (CMakeLists.txt, CMakePresets.json).
.PHONY: all
all:
	cmake --preset dev
	cmake --build build/dev
