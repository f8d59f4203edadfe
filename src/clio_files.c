// SPDX-License-Identifier: Apache-2.0
// The façade's lists of input files. A directory stands for the files in it: those of its own, not
// of directories below, without hidden ones, in the order of the bytes of their names.
#include "clio_int.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct folder {
    struct arena a;
    const char **paths;
    size_t n, n_room;
};

static void add_path(struct folder *folder, const char *dir, const char *name)
{
    const char *path = path_join(&folder->a, str_of(dir), name).ptr;
    if (name[0] == '.' || file_is_dir(path))
        return;
    if (folder->n == folder->n_room) {
        size_t size = folder->n_room * sizeof *folder->paths;
        folder->n_room = folder->n_room ? 2 * folder->n_room : 64;
        folder->paths =
            arena_grow(&folder->a, folder->paths, size, folder->n_room * sizeof *folder->paths);
    }
    folder->paths[folder->n++] = path;
}

static int read_folder(struct folder *folder, const char *path, struct err *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return err_set_errno(err, ERR_NO_INPUT, errno, "%s cannot be opened", path);
    for (const struct dirent *entry; (entry = readdir(dir));)
        add_path(folder, path, entry->d_name);
    closedir(dir);
    if (!folder->n)
        return err_set(err, ERR_NO_INPUT,
                       "%s is a directory without files of its own; name the files, or a "
                       "directory that holds them",
                       path);
    qsort(folder->paths, folder->n, sizeof *folder->paths, by_name);
    return 0;
}

// `use` for each file that is named, and for each in a directory that is.
static int each_file(const char *const *files, size_t n_files,
                     int (*use)(const char *path, struct buf *list, struct err *err),
                     struct buf *list, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n_files; i++) {
        struct folder folder = { 0 };
        if (strcmp(files[i], "-") == 0 || !file_is_dir(files[i]))
            rc = use(files[i], list, err);
        else
            rc = read_folder(&folder, files[i], err);
        for (size_t j = 0; !rc && j < folder.n; j++)
            rc = use(folder.paths[j], list, err);
        arena_release(&folder.a);
    }
    return rc;
}

// Nothing is opened: that would take a named pipe from who writes into it.
static int check_file(const char *path, struct buf *list, struct err *err)
{
    (void)list;
    return strcmp(path, "-") == 0 || access(path, R_OK) == 0
               ? 0
               : err_set_errno(err, ERR_NO_INPUT, errno, "%s cannot be opened", path);
}

int facade_check_files(const char *const *files, size_t n_files, struct err *err)
{
    return each_file(files, n_files, check_file, NULL, err);
}

// Files are remembered by where they are, not by how that was said, so that the run can be gone on
// with from any directory; a link keeps its name. "-", pipes and devices stay as given.
static struct str absolute(struct arena *a, const char *file)
{
    struct stat info;
    const char *slash = strrchr(file, '/');
    struct str folder = slash ? str_make(file, (size_t)(slash + 1 - file)) : STR_LIT(".");
    char *real = stat(file, &info) == 0 && S_ISREG(info.st_mode)
                     ? realpath(arena_copy(a, folder), NULL)
                     : NULL;
    struct str path = real ? path_join(a, str_of(real), slash ? slash + 1 : file) : str_of(file);
    free(real);
    return path;
}

static int list_one(const char *file, struct buf *list, struct err *err)
{
    struct arena a = { 0 };
    struct str path = absolute(&a, file);
    int rc = memchr(path.ptr, '\n', path.len)
                 ? err_set(err, ERR_USAGE, "a file name may not hold a line end")
                 : buf_printf(list, err, "%s%.*s", list->len ? "\n" : "", STR_ARG(path));
    arena_release(&a);
    return rc;
}

int facade_list_files(const char *const *files, size_t n_files, struct buf *list, struct err *err)
{
    return each_file(files, n_files, list_one, list, err);
}
