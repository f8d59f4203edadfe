// SPDX-License-Identifier: Apache-2.0
// Cuts any stream of bytes into records, in one pass and bounded memory: one JSON list of objects
// (whole or broken off), JSON lines, objects one behind the other, CSV and TSV. A structural scan
// only: what is inside a record is for value.h. A broken record is handed out with its fault, and
// reading goes on at the next place where a record plausibly begins, so its neighbours are kept.
//
//     struct record record;
//     while (!(rc = records_next(r, &record, err)) && record.kind != RECORD_END)
//         …
//
// Memory: one block, or one record of at most LIMIT_RECORD_BYTES. Cost: one pass; after a fault
// the bytes of that record are looked at again.
#ifndef INGEST_RECORDS_H
#define INGEST_RECORDS_H

#include "base/file.h"
#include "base/hash.h"

enum record_kind { RECORD_WHOLE, RECORD_BROKEN, RECORD_END };
struct record {
    enum record_kind kind;
    struct str text;   // WHOLE: its bytes, borrowed until the next call
    uint64_t offset;   // of its first byte in the stream
    bool literal;      // a table row whose quotes are plain characters
    const char *fault; // BROKEN: why, static text
};

enum stream_kind { STREAM_UNKNOWN, STREAM_JSON_OPEN, STREAM_JSON, STREAM_LINES, STREAM_TABLE };

#define RECORDS_MARK 96
struct mark { // how records begin here, to find the next one after a fault
    uint8_t gap_len, head_len;
    char gap[RECORDS_MARK];  // the space before, and
    char head[RECORDS_MARK]; // '{', space and the first key
};
// All that is needed to go on behind the last record that was handed out; plain data, to be kept.
struct records_state {
    uint64_t next; // offset to go on at
    uint8_t kind;  // enum stream_kind; JSON_OPEN = JSON, lines or not is not yet known
    uint8_t in_list;
    char delimiter;    // of a table
    char line_end;     // of its rows: '\n', or '\r' as old Macs and some exports have it
    uint8_t n_lessons; // records that taught that the mark is not met inside them
    struct mark mark, other; // most records, and the last that began otherwise
    uint64_t single_lines_until; // rows that begin before may not hold line ends
};

struct records;
// "-" is standard input; `block` bytes a read, 0 = LIMIT_READ_BLOCK. ERR_NO_INPUT as window_open
// and for an empty input; ERR_DATA names compressed, binary and UTF-16 input and what to do.
int records_open(struct records **r, const char *path, size_t block, struct err *err) MUST_USE;
void records_close(struct records *r); // accepts NULL
int records_next(struct records *r, struct record *out, struct err *err) MUST_USE;
// As window_digest; no record can be cut behind it.
int records_digest(struct records *r, char hex[DIGEST_HEX], char state[FILE_STATE], bool *same,
                   struct err *err) MUST_USE;
const struct records_state *records_state(const struct records *r);
// Goes on from a state of the same input; the stream may have been read up to there at most.
int records_resume(struct records *r, const struct records_state *state, struct err *err) MUST_USE;

// The cells of a row that records_next cut: quotes undone in place of the arena. At most max_cells
// are stored; returns how many there are.
struct arena;
size_t records_split_row(const struct record *row, char delimiter, struct arena *a,
                         struct str *cells, size_t max_cells);

#endif
