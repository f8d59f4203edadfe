// SPDX-License-Identifier: Apache-2.0
// A Unix socket to listen on, that only its owner may reach. Private to serve/.
#ifndef SERVE_SOCKET_FILE_H
#define SERVE_SOCKET_FILE_H

#include "base/err.h"

// A listening socket at `path` (mode 0600) in *fd; the caller closes it and removes the file. A
// socket that a dead server left is taken over. ERR_UNAVAILABLE when a server lives there,
// ERR_CANNOT_CREATE when something else stands there or the path is too long.
int socket_file_listen(const char *path, int *fd, struct err *err) MUST_USE;

#endif
