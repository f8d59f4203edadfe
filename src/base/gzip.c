// SPDX-License-Identifier: Apache-2.0
#include "base/gzip.h"

#include <zlib.h>

#define WINDOW_GZIP (15 + 16) // 32 KiB window, with gzip's head and tail

int gzip_pack(struct str text, enum gzip_effort effort, struct buf *out, struct err *err)
{
    z_stream stream = { 0 };
    if (text.len > UINT32_MAX / 2)
        return err_set(err, ERR_DATA, "%zu bytes are too many to pack", text.len);
    if (deflateInit2(&stream, (int)effort, Z_DEFLATED, WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    size_t most = deflateBound(&stream, text.len);
    char *room = buf_room(out, most, err);
    int status = Z_OK;
    if (room) {
        stream.next_in = (Bytef *)(uintptr_t)text.ptr;
        stream.avail_in = (uInt)text.len;
        stream.next_out = (Bytef *)room;
        stream.avail_out = (uInt)most;
        status = deflate(&stream, Z_FINISH);
        out->len += most - stream.avail_out;
        out->ptr[out->len] = 0;
    }
    deflateEnd(&stream);
    if (!room)
        return (int)err->code;
    return status == Z_STREAM_END ? 0 : err_set(err, ERR_SOFTWARE, "gzip ended with %d", status);
}
