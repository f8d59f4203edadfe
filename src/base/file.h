// SPDX-License-Identifier: Apache-2.0
// Whole files, directories and the lock on a run directory. Reading an input piece by piece is
// ingest/records.h. Sentences name the path and what to do.
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"

// The whole file in the arena, at most `max` bytes (else ERR_DATA); a pipe, and standard input as
// "-", are read to their end. ERR_NO_INPUT when it is not there, not readable, or a directory.
int file_read(struct arena *a, const char *path, size_t max, struct str *out, struct err *err)
    MUST_USE;
// The folder of `path` to disk, so that a rename in it is not lost when the power goes. What cannot
// be synced is as it was.
void file_sync_folder(const char *path);
int file_sync(const char *path, struct err *err) MUST_USE; // a file's content, ERR_IO
// Writes beside `path`, renames, and syncs both: a reader sees the old file or the new one, whole.
// Mode 0644 for _write, 0600 for _write_private. ERR_CANNOT_CREATE on failure.
int file_write(const char *path, struct str content, struct err *err) MUST_USE;
int file_write_private(const char *path, struct str content, struct err *err) MUST_USE;
// file_write to a place that a person named: of a link what it points to is replaced and the link
// stays; a pipe or a device is written into and stays what it is.
int file_write_named(const char *path, struct str content, struct err *err) MUST_USE;
// Makes the directory and its parents when missing (mode 0700 for the last).
int file_make_dir(const char *path, struct err *err) MUST_USE;
bool file_exists(const char *path);
bool file_is_dir(const char *path);
int64_t file_size(const char *path); // -1 when it is not there
// What is the same as long as nobody writes to a file or puts another in its place: device, inode,
// size, and times of change of content and of entry (which nobody can set back).
#define FILE_STATE 128
struct stat;
void file_state(const struct stat *st, char text[FILE_STATE]);
struct str path_join(struct arena *a, struct str dir, const char *name);

// One holder at a time for a directory; the lock ends with the process, however it ends.
// ERR_TRY_AGAIN when another process holds it, with what that one says. *lock is a descriptor for
// file_unlock.
int file_lock(const char *path, int *lock, struct err *err) MUST_USE;
// What the holder tells others who ask for the lock: a few plain words, in place of those before.
void file_lock_say(int lock, const char *words);
void file_unlock(int lock);

// A file mapped for reading. `size` 0 gives data NULL.
struct file_map {
    const unsigned char *data;
    size_t size; // bytes
};
int file_map_open(struct file_map *map, const char *path, struct err *err) MUST_USE;
void file_map_close(struct file_map *map);

#endif
