// SPDX-License-Identifier: Apache-2.0
// One input, batch by batch: cut a record, parse it, draft a conversation, store it. A batch is one
// transaction that also keeps where to go on, so killing the program loses at most one batch.
#include "ingest/ingest_source.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "ingest/records.h"
#include "ingest/table_header.h"

#define MAX_WARNINGS 20
#define BATCH_SHARE 4     // one batch for so many times as much
#define MAX_BAD_START 100 // bad records before the first good one, until the input is given up

struct reading {
    struct ingest *in;
    struct source *source;
    struct str name;
    struct records *records;
    struct arena kept;   // for the whole source
    struct table_header header;
    const struct format *format;
    struct buf turns;
    struct err first_fault;
    char said[sizeof((struct err *)0)->text]; // of the bad record that was told last
    int64_t n_alike;                          // those behind it that have the same fault
};

static const struct {
    const char *key;
    size_t offset;
} notes[] = {
    { "conversations_read", offsetof(struct tally, n_read) },
    { "bad_records", offsetof(struct tally, n_bad) },
    { "repeated_records", offsetof(struct tally, n_repeated) },
    { "renamed_records", offsetof(struct tally, n_renamed) },
    { "repaired_texts", offsetof(struct tally, n_repaired) },
    { "filtered_out", offsetof(struct tally, n_filtered) },
    { "purged_again", offsetof(struct tally, n_purged) },
    { "without_output", offsetof(struct tally, n_silent) },
    { "odd_times", offsetof(struct tally, n_odd_times) },
    { "impersonal", offsetof(struct tally, n_impersonal) },
    { "wordless", offsetof(struct tally, n_wordless) },
    { "fields_seen", offsetof(struct tally, fields_seen) },
};

static int64_t *count_of(struct tally *tally, size_t i)
{
    return (int64_t *)(void *)((char *)tally + notes[i].offset);
}

int tally_load(struct ingest *in, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(notes); i++)
        rc = vault_get_note(in->run->vault, "ingest", notes[i].key, count_of(&in->tally, i), err);
    return rc;
}

int tally_save(struct ingest *in, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(notes); i++)
        rc = vault_set_note(in->run->vault, "ingest", notes[i].key, *count_of(&in->tally, i), err);
    return rc;
}

static void tell_alike(struct reading *r)
{
    if (r->n_alike)
        log_warning("%.*s: and %lld bad record%s behind it with the same fault",
                    STR_ARG(r->source->path), (long long)r->n_alike, r->n_alike == 1 ? "" : "s");
    r->n_alike = 0;
}

// Of records with the same fault that follow each other one is told, and how many there are.
static void warn(struct reading *r, uint64_t offset, const char *reason)
{
    r->in->tally.n_bad++;
    if (strcmp(r->said, reason) == 0) {
        r->n_alike++;
        return;
    }
    if (r->in->n_warnings >= MAX_WARNINGS)
        return;
    tell_alike(r);
    snprintf(r->said, sizeof r->said, "%s", reason);
    log_warning("%.*s: bad record at byte %llu: %s", STR_ARG(r->source->path),
                (unsigned long long)offset, reason);
    if (++r->in->n_warnings == MAX_WARNINGS)
        log_warning("further bad records are only counted; all are listed in the vault, table "
                    "bad_record");
}

static int note_bad(struct reading *r, uint64_t offset, const char *reason, struct err *err)
{
    r->source->n_bad++;
    if (r->in->strict)
        return err_set(err, ERR_DATA, "%.*s: bad record at byte %llu: %s (--strict)",
                       STR_ARG(r->source->path), (unsigned long long)offset, reason);
    if (!r->first_fault.code)
        err_set(&r->first_fault, ERR_DATA, "%s", reason);
    warn(r, offset, reason);
    return vault_add_bad_record(r->in->run->vault, r->source->id, offset, str_of(reason), err);
}

static int put_turn(struct buf *b, const struct draft_turn *turn, bool first, struct err *err)
{
    int rc = buf_add(b, first ? STR_LIT("[\"") : STR_LIT(",[\""), err);
    if (!rc)
        rc = buf_add(b, str_of(turn_role_name(turn->role)), err);
    if (!rc)
        rc = buf_add(b, STR_LIT("\",\""), err);
    if (!rc)
        rc = buf_add(b, turn->escaped, err);
    return rc ? rc : buf_add(b, STR_LIT("\"]"), err);
}

static int put_turns(struct buf *b, const struct conversation_draft *d, struct err *err)
{
    buf_clear(b);
    int rc = buf_add_char(b, '[', err);
    for (size_t i = 0; !rc && i < d->n_turns; i++)
        rc = put_turn(b, &d->turns[i], i == 0, err);
    return rc ? rc : buf_add_char(b, ']', err);
}

static int64_t count_exchanged(const struct conversation_draft *d)
{
    int64_t n = 0;
    for (size_t i = 0; i < d->n_turns; i++)
        n += d->turns[i].role == TURN_USER || d->turns[i].role == TURN_ASSISTANT;
    return n;
}

// What may be drawn of a conversation: the conversation itself, or each of its outputs.
struct draws {
    int64_t *ranks;
    size_t *n_turns; // of the transcript up to the output; 0: all
    size_t n;        // that may be in the sample
};

static bool is_output(const struct conversation_draft *d, size_t i)
{
    const struct draft_turn *turn = &d->turns[i];
    return turn->role == TURN_ASSISTANT && str_trim(value_unescape(d->a, turn->escaped)).len;
}

// `turns`: as they would be stored.
static struct draws find_draws(const struct ingest *in, const struct conversation_draft *d,
                               struct str turns)
{
    uint64_t record =
        in->sample.size ? sample_record(&in->sample, d->external_id, d->account, turns) : 0;
    size_t room = d->n_turns + 1;
    struct draws draws = { arena_array(d->a, room, sizeof(int64_t)),
                           arena_array(d->a, room, sizeof(size_t)), 0 };
    for (size_t i = 0; i < (in->by_output ? d->n_turns : 1); i++) {
        size_t n_turns = in->by_output ? i + 1 : 0;
        int64_t rank = sample_rank(&in->sample, record, n_turns);
        if ((in->by_output && !is_output(d, i)) || !sample_may_hold(&in->sample, rank))
            continue;
        draws.ranks[draws.n] = rank;
        draws.n_turns[draws.n++] = n_turns;
    }
    return draws;
}

// With --sample-by output a transcript ends with the last answer; *left is false without any.
static void end_with_output(struct ingest *in, struct conversation_draft *d, bool *left)
{
    while (in->by_output && d->n_turns && !is_output(d, d->n_turns - 1))
        d->n_turns--;
    *left = !in->by_output || d->n_turns > 0;
    in->tally.n_silent += !*left;
}

static int add_draws(struct ingest *in, const struct draws *draws, int64_t seq, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && in->sample.size && i < draws->n; i++)
        if (i == 0 || sample_may_hold(&in->sample, draws->ranks[i]))
            rc = vault_add_to_sample(in->run->vault, &in->sample, draws->ranks[i], seq,
                                     draws->n_turns[i], err);
    return rc;
}

static bool has_person(const struct conversation_draft *d)
{
    for (size_t i = 0; i < d->n_turns; i++)
        if (d->turns[i].role == TURN_USER)
            return true;
    return false;
}

// Where no text was found in any turn of the person, it most often has a name that is not known.
static bool is_wordless(const struct conversation_draft *d)
{
    for (size_t i = 0; i < d->n_turns; i++)
        if (d->turns[i].role == TURN_USER && d->turns[i].escaped.len &&
            !str_equal(d->turns[i].escaped, STR_LIT("[other]")))
            return false;
    return has_person(d);
}

static int store(struct reading *r, struct conversation_draft *d, uint64_t offset, struct err *err)
{
    struct ingest *in = r->in;
    enum added added;
    bool left;
    in->tally.n_read++;
    in->tally.n_odd_times += d->odd_time;
    in->tally.n_impersonal += !has_person(d);
    in->tally.n_wordless += is_wordless(d);
    end_with_output(in, d, &left);
    int rc = put_turns(&r->turns, d, err);
    if (rc)
        return rc;
    if (vault_record_is_purged(in->run->vault, &in->purged, d->account, d->external_id,
                               buf_view(&r->turns))) {
        in->tally.n_read--;
        in->tally.n_purged++;
        return 0;
    }
    struct draws draws = find_draws(in, d, buf_view(&r->turns));
    if (!left || !draws.n)
        return 0;
    struct new_conversation c = {
        .seq = in->next_seq,
        .external_id = d->external_id,
        .account = d->account,
        .language = d->language,
        .model = d->model,
        .columns = d->columns,
        .has_time = d->has_time,
        .time = d->time,
        .n_turns = count_exchanged(d),
        .turns = buf_view(&r->turns),
        .source_id = r->source->id,
        .byte_offset = offset,
        .seen_before = in->grows && d->is_numbered ? in->first_new : 0,
    };
    rc = vault_add_conversation(in->run->vault, &c, &added, err);
    if (rc)
        return rc;
    in->next_seq += added != ADDED_NOTHING;
    in->tally.n_repeated += added == ADDED_NOTHING;
    in->tally.n_read -= added == ADDED_NOTHING;
    in->tally.n_renamed += added == ADDED_RENAMED;
    return added == ADDED_NOTHING ? 0 : add_draws(in, &draws, c.seq, err);
}

static bool is_table(const struct reading *r)
{
    return records_state(r->records)->kind == STREAM_TABLE;
}

// Why a row is no conversation, though its column of text is there; `why` is said of JSON.
static void tell_of_row(struct str why, struct err *err)
{
    if (str_starts(why, STR_LIT(SINGLE_MESSAGE)))
        err_set(err, ERR_DATA, SINGLE_MESSAGE "; " TOGETHER);
    else if (!str_starts(why, STR_LIT(MESSAGES_UNREAD)))
        err_set(err, ERR_DATA, "its text is empty");
}

// Opens what is JSON in its texts; *map becomes the user's as this record spells it. Rows are
// spelled as their header is: where a cell is empty, no other column stands for it.
static void open_record(const struct reading *r, struct value *record, struct arena *a,
                        struct field_map *map)
{
    *map = r->header.map;
    if (!is_table(r))
        field_map_spell(map, record, a);
    record_open(record, map, a);
    if (!is_table(r)) // what the path goes on in may have been opened only now
        field_map_spell(map, record, a);
}

static int draft_record(struct reading *r, const struct record *record,
                        struct conversation_draft *d, const struct value **out, struct err *err)
{
    struct ingest *in = r->in;
    struct value *value = NULL;
    size_t n_repaired = 0;
    char delimiter = records_state(r->records)->delimiter;
    int rc = is_table(r) ? table_row(record, delimiter, &r->header, d->a, &value, err)
                         : value_parse(record->text, d->a, &value, &n_repaired, err);
    if (is_table(r)) // a row counts as one text
        n_repaired = !utf8_is_valid(record->text, NULL);
    if (!rc) {
        struct field_map map;
        open_record(r, value, d->a, &map);
        field_map_see(&map, value, &in->tally.fields_seen);
        rc = draft_read(d, value, &map, r->format, &r->format, err);
        if (rc && is_table(r) && !r->format)
            tell_of_row(str_of(err->text), err);
    }
    d->is_numbered = !rc && !d->external_id.ptr;
    if (d->is_numbered)
        d->external_id =
            arena_printf(d->a, "%.*s:%lld", STR_ARG(r->name), (long long)r->source->n_records);
    else if (!rc && in->map.account_is_id_prefix && d->account.len < d->external_id.len)
        in->tally.fields_seen |= PREFIX_SEEN;
    in->tally.n_repaired += rc ? 0 : (int64_t)n_repaired;
    *out = value;
    return rc;
}

// Stores what fits --where and was not purged.
static int judge(struct reading *r, struct conversation_draft *d, const struct value *record,
                 uint64_t offset, struct err *err)
{
    struct ingest *in = r->in;
    bool holds;
    if (vault_is_purged(in->run->vault, &in->purged, d->account, d->external_id,
                        d->has_time ? &d->time : NULL)) {
        in->tally.n_purged++;
        return 0;
    }
    int rc = where_holds(r->in->where, d, record, &holds, err);
    if (!rc && holds)
        return store(r, d, offset, err);
    r->in->tally.n_read++;
    r->in->tally.n_filtered++;
    return rc;
}

static int read_record(struct reading *r, const struct record *record, struct err *err)
{
    struct arena *scratch = &r->in->run->scratch;
    struct arena_mark start = arena_save(scratch);
    struct conversation_draft draft = { .a = scratch, .roles = r->in->map.roles };
    struct err why = { 0 };
    const struct value *value = NULL;
    r->source->n_records++;
    int rc = 0, bad = record->kind == RECORD_BROKEN ? ERR_DATA : 0;
    if (bad)
        err_set(&why, ERR_DATA, "%s", record->fault);
    else
        bad = draft_record(r, record, &draft, &value, &why);
    if (bad)
        rc = note_bad(r, record->offset, why.text, err);
    else
        rc = judge(r, &draft, value, record->offset, err);
    arena_rewind(scratch, start);
    return rc;
}

static int64_t n_good(const struct reading *r)
{
    return r->source->n_records - r->source->n_bad;
}

static int refuse_unknown(const struct reading *r, struct err *err)
{
    struct str fault = str_of(r->first_fault.text);
    if (str_starts(fault, STR_LIT(LIST_INSIDE)) || str_starts(fault, STR_LIT(SINGLE_MESSAGE)))
        return err_set(err, ERR_DATA, "%.*s: %s", STR_ARG(r->source->path), r->first_fault.text);
    return err_set(err, ERR_DATA,
                   "%.*s: none of its %lld records is a conversation (the first: %s); --map says "
                   "where things are, as in --map text=prompt,user=who",
                   STR_ARG(r->source->path), (long long)r->source->n_records, r->first_fault.text);
}

static void show_progress(const struct reading *r)
{
    run_progress(r->in->run, r->in->n_bytes_before + records_state(r->records)->next,
                 r->in->n_bytes_total);
}

// Records up to the size of a batch, or until somebody stops the program. Every batch writes pages
// of the indexes anew that lie anywhere in them, so a batch is a quarter of what is there already:
// else writing would grow with the square. *more = false at the end of the input or of --limit.
static int read_batch(struct reading *r, bool *more, struct err *err)
{
    struct record record = { .kind = RECORD_WHOLE };
    uint64_t start = records_state(r->records)->next;
    uint64_t n_bytes =
        start / BATCH_SHARE > LIMIT_READ_BYTES ? start / BATCH_SHARE : LIMIT_READ_BYTES;
    size_t n_most = size_max(LIMIT_READ_BATCH, (size_t)r->in->next_seq / BATCH_SHARE);
    int rc = 0;
    for (size_t n = 0; !rc && *more && n < n_most && !(n && stop_asked()); n++) {
        if (n % LIMIT_STAGE_BATCH == 0)
            show_progress(r);
        if (records_state(r->records)->next - start >= n_bytes)
            break;
        rc = records_next(r->records, &record, err);
        *more = !rc && record.kind != RECORD_END;
        if (*more)
            rc = read_record(r, &record, err);
        if (!rc && !n_good(r) && r->source->n_bad >= MAX_BAD_START)
            rc = refuse_unknown(r, err);
        *more = *more && !ingest_is_full(r->in);
    }
    return rc;
}

// What is known of the file by its state holds for its content from here on, so that it need not
// be read again when it is only touched (pipeline/inputs.c).
static int know_content(struct reading *r, struct err *err)
{
    struct arena *scratch = &r->in->run->scratch;
    struct arena_mark start = arena_save(scratch);
    char hex[DIGEST_HEX], state[FILE_STATE];
    struct str known = { 0 }, path = r->source->path;
    bool same;
    int rc = records_digest(r->records, hex, state, &same, err);
    if (!rc && same)
        rc = vault_get_content(r->in->run->vault, path, state, scratch, &known, err);
    if (!rc && known.ptr)
        rc = vault_set_content(r->in->run->vault, path, hex, known, err);
    arena_rewind(scratch, start);
    return rc;
}

static int save_batch(struct reading *r, bool more, struct err *err)
{
    const struct records_state *state = records_state(r->records);
    struct source *source = r->source;
    source->n_bytes = (int64_t)state->next;
    source->done = !more;
    source->state = str_make((const char *)state, sizeof *state);
    if (r->format)
        source->format = str_of(r->format->name);
    int rc = vault_update_source(r->in->run->vault, source, err);
    if (!rc && !more && !r->in->grows)
        rc = know_content(r, err);
    return rc ? rc : tally_save(r->in, err);
}

static int read_all(struct reading *r, struct err *err)
{
    struct ingest *in = r->in;
    bool more = !ingest_is_full(in);
    int rc = 0;
    do {
        rc = vault_begin(in->run->vault, err);
        if (!rc)
            rc = read_batch(r, &more, err);
        if (!rc && !more && r->source->n_records && !n_good(r))
            rc = refuse_unknown(r, err);
        if (!rc)
            rc = save_batch(r, more, err);
        if (!rc)
            rc = vault_commit(in->run->vault, err);
        if (rc)
            vault_rollback(in->run->vault);
        else
            show_progress(r);
        if (!rc && more)
            rc = stop_check(err);
    } while (!rc && more);
    return rc;
}

static int go_on(struct reading *r, struct err *err)
{
    struct records_state state;
    if (!r->source->state.len)
        return 0;
    if (r->source->state.len != sizeof state)
        return err_set(err, ERR_DATA,
                       "the vault was begun by another version of clio; name a new "
                       "directory");
    memcpy(&state, r->source->state.ptr, sizeof state);
    return records_resume(r->records, &state, err);
}

int ingest_source(struct ingest *in, struct source *source, struct str name, struct err *err)
{
    struct reading r = { .in = in, .source = source, .name = name };
    buf_init(&r.turns, MAX_TRANSCRIPT, "transcript");
    const char *path = arena_copy(&r.kept, source->path);
    int rc = records_open(&r.records, path, 0, err);
    if (!rc)
        rc = table_header_read(r.records, &in->map, source->path, &r.kept, &r.header, err);
    if (!rc)
        where_begin_input(in->where, is_table(&r) ? &r.header : NULL, &r.kept);
    if (!rc)
        rc = go_on(&r, err);
    if (!rc)
        rc = read_all(&r, err);
    tell_alike(&r);
    records_close(r.records);
    buf_release(&r.turns);
    arena_release(&r.kept);
    return rc;
}
