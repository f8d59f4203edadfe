// SPDX-License-Identifier: Apache-2.0
#include "base/stranger.h"

static const struct {
    const char *bytes;
    size_t n;
    const char *what, *tool; // how to make text of it; NULL: in words
} strangers[] = {
    { "\x1F\x8B", 2, "is compressed", "zcat" },
    { "\x28\xB5\x2F\xFD", 4, "is compressed", "zstdcat" },
    { "BZh", 3, "is compressed", "bzcat" },
    { "\xFD"
      "7zXZ",
      5, "is compressed", "xzcat" },
    { "PK\x03\x04", 4,
      "is a zip archive, as a workbook of Excel is one, too: unpack it first, or save the sheet as "
      "CSV UTF-8",
      NULL },
    { "\xD0\xCF\x11\xE0", 4, "is a document of Office (.xls, .doc); save its sheet as CSV UTF-8",
      NULL },
    { "%PDF-", 5, "is a PDF; look for the same as text, JSON or CSV", NULL },
    { "PAR1", 4,
      "is Parquet; make JSON lines of it first, in DuckDB: "
      "COPY (FROM 'FILE.parquet') TO 'FILE.jsonl' (FORMAT json)",
      NULL },
    { "SQLite format 3", 15,
      "is a database; write its conversations as JSON first: "
      "sqlite3 -json FILE 'SELECT …' >FILE.json",
      NULL },
    { "\xFF\xFE", 2, "is UTF-16", "iconv -f UTF-16 -t UTF-8" },
    { "\xFE\xFF", 2, "is UTF-16", "iconv -f UTF-16 -t UTF-8" },
};

int stranger_refuse(struct str head, const char *path, const char *verb, const char *what,
                    struct err *err)
{
    head = str_head(head, STRANGER_HEAD);
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        if (!str_starts(head, str_make(strangers[i].bytes, strangers[i].n)))
            continue;
        if (!strangers[i].tool)
            return err_set(err, ERR_DATA, "%s %s", path, strangers[i].what);
        return err_set(err, ERR_DATA, "%s %s; use: %s FILE | clio %s -", path, strangers[i].what,
                       strangers[i].tool, verb);
    }
    if (head.len && memchr(head.ptr, 0, head.len))
        return err_set(err, ERR_DATA,
                       "%s is not text; %s can be read. Where it is text but for bytes of zero, as "
                       "at byte %zu: tr -d '\\000' <FILE | clio %s -",
                       path, what, (size_t)((const char *)memchr(head.ptr, 0, head.len) - head.ptr),
                       verb);
    return 0;
}
