// SPDX-License-Identifier: Apache-2.0
// The sha256 of a large file that seldom changes, as a model: taken once, and again only when the
// file is another. What is known stands in $XDG_CACHE_HOME/clio/sha256 (else ~/.cache/clio), a line
// a file: device, inode, size, times of change of content and of entry to the nanosecond, digest.
// The kernel sets the last of these times whenever anything is written, and nobody can set it back.
// It is no check of a hostile file: who loads one checks it each time (llm/gguf_check.h).
#ifndef BASE_KNOWN_SHA256_H
#define BASE_KNOWN_SHA256_H

#include "base/hash.h"

// As file_sha256. A file under a megabyte, or changed in the last seconds, is always read, and so
// is every file where there is no home, or where the list is not ours alone (0600).
int known_sha256(const char *path, char hex[DIGEST_HEX], struct err *err) MUST_USE;

#endif
