// SPDX-License-Identifier: Apache-2.0
// The first stage: files into conversations. Inputs are read in the order given, each once; after
// an interruption reading goes on behind the last batch that was kept. At the end conversations are
// numbered 1, 2, 3 …, and equal transcripts are found: docs/ingest.md.
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "ingest/ingest_source.h"
#include "run/stage.h"
#include "store/vault_past.h"

struct inputs {
    struct str *paths;
    struct str *names; // stand before record numbers
    size_t n;
};

static struct str base_name(struct str path)
{
    const char *slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;
    struct str base = slash ? str_from(path, (size_t)(slash + 1 - path.ptr)) : path;
    return str_equal(base, STR_LIT("-")) ? STR_LIT("stdin") : base;
}

// Inputs of one name are told apart: "log.jsonl", "log.jsonl~2".
static void name_inputs(struct run *run, struct inputs *inputs)
{
    struct map n_same = { 0 };
    for (size_t i = 0; i < inputs->n; i++) {
        struct str name = base_name(inputs->paths[i]);
        size_t at = map_add(&n_same, name, 0, NULL); // which may move the entries
        uint64_t n = ++n_same.entries[at].value;
        inputs->names[i] =
            n == 1 ? name
                   : arena_printf(&run->scratch, "%.*s~%llu", STR_ARG(name), (unsigned long long)n);
    }
    map_release(&n_same);
}

static int list_inputs(struct run *run, struct inputs *inputs, struct err *err)
{
    struct str rest = str_of(config_text(run->config, "input")), path;
    inputs->paths = arena_array(&run->scratch, rest.len + 1, sizeof *inputs->paths);
    inputs->names = arena_array(&run->scratch, rest.len + 1, sizeof *inputs->names);
    inputs->n = 0;
    while (str_cut(&rest, '\n', &path))
        if (path.len)
            inputs->paths[inputs->n++] = path;
    if (!inputs->n)
        return err_set(err, ERR_USAGE, "no input was named; give a file, or - for standard input");
    name_inputs(run, inputs);
    return 0;
}

// A batch of an append that is under way is read whole, behind what is there (pipeline/append.h).
static int find_batch(struct ingest *in, struct err *err)
{
    struct vault_batch batch;
    int rc = vault_get_batch(in->run->vault, &in->run->scratch, &batch, err);
    in->grows = !rc && batch.id && batch.state == BATCH_READING;
    if (in->grows) {
        in->limit = 0;
        in->first_new = batch.first_seq;
    }
    return rc;
}

// Rows of all inputs, when this is the first time.
static int add_sources(struct run *run, const struct inputs *inputs, struct err *err)
{
    struct source source;
    bool there = false;
    int rc = vault_get_source(run->vault, 1, &run->scratch, &source, &there, err);
    if (rc || there)
        return rc;
    rc = vault_begin(run->vault, err);
    for (size_t i = 0; !rc && i < inputs->n; i++)
        rc = vault_add_source(run->vault, (int64_t)i + 1, inputs->paths[i], err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

static int begin(struct ingest *in, const struct inputs *inputs, struct err *err)
{
    struct run *run = in->run;
    in->limit = config_whole(run->config, "limit");
    in->strict = config_on(run->config, "strict");
    in->by_output = strcmp(config_text(run->config, "sample-by"), "output") == 0;
    for (size_t i = 0; i < inputs->n; i++) {
        int64_t size = file_size(arena_copy(&run->scratch, inputs->paths[i]));
        in->n_bytes_total += size > 0 ? (uint64_t)size : 0;
    }
    int rc = find_batch(in, err);
    if (!rc)
        rc = field_map_parse(&in->map, str_of(config_text(run->config, "map")),
                             str_of(config_text(run->config, "account-from")), err);
    in->map.roles = str_of(config_text(run->config, "roles"));
    if (!rc)
        rc = roles_check(in->map.roles, err);
    if (!rc)
        rc = where_open(&in->where, str_of(config_text(run->config, "where")), err);
    if (!rc)
        rc = vault_read_purged(run->vault, &in->purged, err);
    if (!rc)
        rc = add_sources(run, inputs, err);
    if (!rc)
        rc = vault_open_sample(run->vault, in->grows ? 0 : config_whole(run->config, "sample"),
                               (uint64_t)config_whole(run->config, "seed"), &in->sample, err);
    if (!rc)
        rc = vault_last_seq(run->vault, &in->next_seq, err);
    in->next_seq++;
    return rc ? rc : tally_load(in, err);
}

// An unpacked export has other files beside its conversations, and a directory stands for them all.
static void tell_of_others(const struct inputs *inputs, struct err *err)
{
    struct err why = *err;
    if (inputs->n > 1)
        err_set(err, ERR_DATA, "%s. It is one of %zu files: name those that hold conversations",
                why.text, inputs->n);
}

static int read_source(struct ingest *in, const struct inputs *inputs, size_t i, struct err *err)
{
    struct source source;
    bool there = false;
    int rc =
        vault_get_source(in->run->vault, (int64_t)i + 1, &in->run->scratch, &source, &there, err);
    if (!rc && (!there || !str_equal(source.path, inputs->paths[i])))
        rc =
            err_set(err, ERR_CONFIG, "other inputs were begun in this directory; name another one");
    if (!rc && !source.done) {
        rc = ingest_source(in, &source, inputs->names[i], err);
        if (rc == ERR_DATA && !in->strict)
            tell_of_others(inputs, err);
    }
    in->run->record.n_in += source.n_records;
    in->n_bytes_before += rc ? 0 : (uint64_t)source.n_bytes;
    return rc;
}

// A field that was named and never seen is a slip: without accounts the floors count conversations
// only, so it may not pass.
static int check_fields(const struct ingest *in, struct err *err)
{
    const char *name;
    struct str field = field_map_unseen(&in->map, in->tally.fields_seen, &name);
    bool from_flag = strcmp(name = field.ptr ? name : "", "user") == 0 &&
                     str_equal(field, str_of(config_text(in->run->config, "account-from")));
    if (!in->tally.n_read)
        return 0;
    if (in->map.account_is_id_prefix && !(in->tally.fields_seen & PREFIX_SEEN))
        return err_set(err, ERR_DATA,
                       "no id ends in \"_\" and digits, as --account-from id-prefix takes for the "
                       "parts of an account; each conversation would be an account of its own. "
                       "Name the field of the account instead, or leave it out");
    if (!field.ptr)
        return 0;
    return err_set(err, ERR_DATA,
                   "no record has the field \"%.*s\" that --%s%s names; look how it is spelled in "
                   "the input, or leave it out",
                   STR_ARG(str_head(field, 80)), from_flag ? "account-from" : "map ",
                   from_flag ? "" : arena_printf(&in->run->scratch, "%s=", name).ptr);
}

// What was read, but is likely not what was meant.
static void warn_of_odd(const struct ingest *in)
{
    const struct tally *t = &in->tally;
    if (t->n_odd_times)
        log_warning(
            "%lld conversations have a time that cannot be read; they count as without one: "
            "no period shows them and no --keep-days or purge --before takes them "
            "(docs/ingest.md has the forms)",
            (long long)t->n_odd_times);
    if (t->n_purged)
        log_warning("%lld conversations were purged from this run before and are passed over; they "
                    "are still in the input, and a run in another directory would read them",
                    (long long)t->n_purged);
    if (t->n_repaired)
        log_warning(
            "texts that are not in UTF-8: %lld; each byte that cannot be read became a mark in "
            "them, so words are lost where the files are in another encoding. "
            "`iconv -f WINDOWS-1252 -t UTF-8 FILE | clio run -` reads what is usual on Windows",
            (long long)t->n_repaired);
    if (t->n_impersonal && t->n_impersonal >= t->n_read / 10)
        log_warning("%lld of %lld conversations have no turn of a person: the roles are none that "
                    "clio knows, or they are not there; --roles NAME=user,NAME=assistant says what "
                    "they are",
                    (long long)t->n_impersonal, (long long)t->n_read);
    if (t->n_wordless && t->n_wordless >= t->n_read / 10)
        log_warning("%lld of %lld conversations have no text in any turn of a person: it is not "
                    "there, or stands under a name that clio does not know; it knows content, "
                    "text, value, message, parts",
                    (long long)t->n_wordless, (long long)t->n_read);
}

// Left out of a run that draws answers.
static void warn_of_silent(const struct ingest *in)
{
    const struct tally *t = &in->tally;
    if (t->n_silent && t->n_silent >= t->n_read / 10)
        log_warning("%lld of %lld conversations have no answer of the assistant and are left out, "
                    "as --sample-by output draws answers",
                    (long long)t->n_silent, (long long)t->n_read);
}

static int settle_rows(struct ingest *in, struct err *err)
{
    struct run *run = in->run;
    int64_t n_copies = 0;
    bool has_accounts = false;
    int rc = in->grows ? vault_settle_copies(run->vault, err)
                       : vault_settle_conversations(run->vault, err);
    if (!rc)
        rc = vault_count_copies(run->vault, &n_copies, err);
    if (!rc)
        rc = vault_set_note(run->vault, "ingest", "copies", n_copies, err);
    if (!rc)
        rc = vault_has_accounts(run->vault, &has_accounts, err);
    if (!rc)
        rc = vault_set_note(run->vault, "ingest", "no_accounts", !has_accounts, err);
    return rc ? rc : vault_count_conversations(run->vault, &run->record.n_out, err);
}

// Answers were to be drawn, and there is none.
static int refuse_silent(const struct ingest *in, struct err *err)
{
    return err_set(err, ERR_DATA,
                   "none of the %lld conversations%s has an answer of the assistant, and "
                   "--sample-by output draws answers; --sample-by conversation takes conversations "
                   "without them, --map text=NAME,reply=NAME says where answers are, --roles "
                   "NAME=assistant whose turns they are",
                   (long long)in->tally.n_silent, in->tally.n_filtered ? " that fit --where" : "");
}

static int check_read(const struct ingest *in, struct err *err)
{
    const struct run *run = in->run;
    int rc = 0;
    struct str unseen = where_unseen(in->where);
    if (unseen.ptr)
        log_warning("no record has the column \"%.*s\" that --where names", STR_ARG(unseen));
    if (!run->record.n_out && in->tally.n_silent)
        rc = refuse_silent(in, err);
    else if (!run->record.n_out && in->tally.n_filtered)
        rc = err_set(err, ERR_DATA, "none of the %lld conversations in the input fits --where",
                     (long long)in->tally.n_filtered);
    else if (!run->record.n_out && in->tally.n_purged)
        rc = err_set(err, ERR_DATA, "all %lld conversations in the input were purged before",
                     (long long)in->tally.n_purged);
    else if (!run->record.n_out)
        rc = err_set(err, ERR_DATA, "there is no conversation in the input");
    return rc ? rc : check_fields(in, err);
}

// What is not let pass leaves no trace: it is looked at before anything is kept.
static int settle(struct ingest *in, struct err *err)
{
    struct run *run = in->run;
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = settle_rows(in, err);
    if (!rc)
        rc = check_read(in, err);
    if (!rc) // the files of the next append are looked at by themselves
        rc = vault_set_note(run->vault, "ingest", "fields_seen", 0, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc) {
        vault_rollback(run->vault);
        return rc;
    }
    warn_of_odd(in);
    warn_of_silent(in);
    return 0;
}

// What is read for the first time is written once (sql_fill). A batch of an append is not: others
// may look at the vault.
static int begin_to_fill(struct ingest *in, struct err *err)
{
    int rc = in->grows ? 0 : vault_fill(in->run->vault, true, err);
    return rc || in->grows ? rc : vault_drop_indexes(in->run->vault, err);
}

static int read_all(struct ingest *in, const struct inputs *inputs, struct err *err)
{
    struct err other = { 0 };
    int rc = begin_to_fill(in, err);
    for (size_t i = 0; !rc && i < inputs->n; i++)
        rc = read_source(in, inputs, i, err);
    if (!rc && !in->grows)
        rc = vault_sort_indexes(in->run->vault, err);
    if (!rc)
        rc = settle(in, err);
    int after = vault_fill(in->run->vault, false, rc ? &other : err);
    return rc ? rc : after;
}

static int ingest(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct ingest in = { .run = run };
    struct inputs inputs;
    run->record.n_in = 0;
    int rc = list_inputs(run, &inputs, err);
    if (!rc)
        rc = begin(&in, &inputs, err);
    if (!rc)
        rc = read_all(&in, &inputs, err);
    where_close(in.where);
    vault_purged_release(&in.purged);
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage ingest_stage = {
    .name = "ingest",
    .summary = "reads conversations from files",
    .reads = "",
    .writes = "copy conversation renamed account bad_record source sample_rank",
    .settings = "input map account-from roles limit sample sample-by where seed strict "
                "rule:answers_beside rule:capitals_of_names",
    .run = ingest,
};
