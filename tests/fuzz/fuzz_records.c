// SPDX-License-Identifier: Apache-2.0
// Any bytes as an input file: cut into records, parsed, drafted. The first byte chooses the size of
// the blocks that are read. Nothing may crash, hang, or depend on the blocks.
#include "ingest/reader.h"
#include "ingest/records.h"
#include "ingest/table_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    uint64_t sum;
    size_t n;
};

static void look(const struct records *r, const struct record *record, struct arena *a,
                 struct outcome *o)
{
    struct conversation_draft draft = { .a = a };
    struct field_map map = { 0 };
    const struct table_header numbered = { 0 };
    const struct format *format = NULL;
    struct value *value = NULL;
    struct err err = { 0 };
    size_t n_repaired = 0;
    o->n++;
    o->sum = (o->sum + record->offset + record->kind) * 0x9E3779B97F4A7C15u;
    if (record->kind != RECORD_WHOLE)
        return;
    o->sum += hash_text(record->text);
    int rc = records_state(r)->kind == STREAM_TABLE
                 ? table_row(record, records_state(r)->delimiter, &numbered, a, &value, &err)
                 : value_parse(record->text, a, &value, &n_repaired, &err);
    if (!rc) {
        map.id = STR_LIT("Conversations.0.VALUE");
        map.account = STR_LIT("ID");
        field_map_spell(&map, value, a);
        record_open(value, &map, a);
        rc = draft_read(&draft, value, &map, NULL, &format, &err);
    }
    if (rc && (rc != ERR_DATA || !err.text[0]))
        abort();
}

static struct outcome read_file(const char *path, size_t block, size_t size)
{
    struct outcome o = { 0 };
    struct arena a = { 0 };
    struct err err = { 0 };
    struct records *r = NULL;
    struct record record = { .kind = RECORD_WHOLE };
    int rc = records_open(&r, path, block, &err);
    while (!rc && !(rc = records_next(r, &record, &err)) && record.kind != RECORD_END) {
        look(r, &record, &a, &o);
        arena_release(&a);
        if (o.n > size + 1) // every record takes at least a byte
            abort();
    }
    records_close(r);
    o.sum += (uint64_t)rc;
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (!size) {
        close(fd);
        return 0;
    }
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct outcome whole = read_file(path, 4096, size);
    struct outcome pieces = read_file(path, 1 + data[0] % 64u, size);
    if (whole.sum != pieces.sum || whole.n != pieces.n)
        abort();
    close(fd);
    return 0;
}
