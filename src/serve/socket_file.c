// SPDX-License-Identifier: Apache-2.0
#include "serve/socket_file.h"

#include "base/prelude.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

static int open_socket(int *fd, struct err *err)
{
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return *fd < 0 ? err_set_errno(err, ERR_UNAVAILABLE, errno, "no socket can be made") : 0;
}

// Takes away what a dead server left; a file of another kind stays and is an error.
static int clear_place(const struct sockaddr_un *address, struct err *err)
{
    struct stat st;
    int fd;
    if (lstat(address->sun_path, &st) != 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, ERR_CANNOT_CREATE, "%s is there already and is no socket",
                       address->sun_path);
    int rc = open_socket(&fd, err);
    if (rc)
        return rc;
    bool alive = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                 errno != ECONNREFUSED;
    close(fd);
    if (alive)
        return err_set(err, ERR_UNAVAILABLE, "a server listens on %s; name another socket",
                       address->sun_path);
    if (unlink(address->sun_path) != 0)
        return err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s", address->sun_path);
    return 0;
}

int socket_file_listen(const char *path, int *fd, struct err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path)
        return err_set(err, ERR_CANNOT_CREATE, "the path of the socket is longer than %zu bytes",
                       sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    int rc = clear_place(&address, err);
    if (!rc)
        rc = open_socket(fd, err);
    if (rc)
        return rc;
    mode_t old = umask(0177); // nobody else, from its first moment
    bool made = bind(*fd, (const struct sockaddr *)&address, sizeof address) == 0;
    int why = errno;
    umask(old);
    if (made && listen(*fd, BACKLOG) == 0)
        return 0;
    rc = err_set_errno(err, ERR_CANNOT_CREATE, made ? errno : why, "%s", path);
    if (made)
        unlink(path);
    close(*fd);
    return rc;
}
