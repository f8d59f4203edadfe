// SPDX-License-Identifier: Apache-2.0
// SQLite's view of an encrypted vault: a file system of its own for one database, on top of the
// system's, that seals what is written and unseals what is read (seal.h). It knows the database and
// its log; any other file (rollback journal, temporary file) it refuses to open, so that nothing
// can be written in the clear. Private to store/.
#ifndef STORE_SEALED_VFS_H
#define STORE_SEALED_VFS_H

#include "store/seal.h"

struct sealed_vfs;
// Registers it with SQLite under a name of its own. `seal` is borrowed and outlives it.
int sealed_vfs_open(struct sealed_vfs **vfs, struct seal *seal, struct err *err) MUST_USE;
void sealed_vfs_close(struct sealed_vfs *vfs); // accepts NULL; after the database was closed
const char *sealed_vfs_name(const struct sealed_vfs *vfs);
// What could not be unsealed, as words: "page 17", "frame 3 of its log (-wal)"; NULL when nothing.
const char *sealed_vfs_damage(const struct sealed_vfs *vfs);
// Whether the log ended in a change that was not written whole (a kill, a full disk).
bool sealed_vfs_cut(const struct sealed_vfs *vfs);

#endif
