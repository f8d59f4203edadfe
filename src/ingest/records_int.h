// SPDX-License-Identifier: Apache-2.0
// What records.c, cut_json.c and cut_table.c share. Private to them.
#ifndef INGEST_RECORDS_INT_H
#define INGEST_RECORDS_INT_H

#include "ingest/records.h"
#include "ingest/window.h"

struct records {
    struct window window;
    struct records_state state;
    uint64_t start; // of the record that is being cut
};

// Each cuts the next record of its kind of stream, or says RECORD_END.
int cut_line(struct records *r, struct record *out, struct err *err) MUST_USE;
int cut_json(struct records *r, struct record *out, struct err *err) MUST_USE;
int cut_row(struct records *r, struct record *out, struct err *err) MUST_USE;

// True when byte `offset` is in the window, after reading on if need be; false at the end.
int records_have(struct records *r, uint64_t offset, uint64_t keep, bool *have,
                 struct err *err) MUST_USE;

// Hands out bytes from … to as the record and goes on at `next`.
static inline void records_hand_out(struct records *r, uint64_t from, uint64_t to, uint64_t next,
                                    struct record *out)
{
    *out = (struct record){ RECORD_WHOLE, window_text(&r->window, from, to), from, false, NULL };
    r->state.next = next;
}
static inline void records_report(struct records *r, uint64_t from, const char *fault,
                                  uint64_t next, struct record *out)
{
    *out = (struct record){ RECORD_BROKEN, { NULL, 0 }, from, false, fault };
    r->state.next = next;
}

#define FAULT_TOO_LARGE "the record is larger than 64 MiB, the most that is read"

#endif
