// SPDX-License-Identifier: Apache-2.0
// The table of settings. Flags, variables, --help and the man page are all made from it: to add a
// setting add a row, and name it in the `settings` of the stages whose result it changes.
#include "run/config.h"

#include "base/file.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>

#define LARGEST 9007199254740991.0 // 2^53 - 1
#define LARGEST_FLOOR 1000000      // and bound; noise is drawn to its scale (base/noise.c: 2^20)

static const struct setting settings[] = {
    { "profile", SETTING_CHOICE, "embedded", "embedded|gguf|remote|none",
      "who answers: a small model in this process (facets; titles when asked), a GGUF file of "
      "yours in this "
      "process, a server, or rules without any model",
      0, 0 },
    { "out", SETTING_TEXT, "", "DIR",
      "directory of the run; made when missing (default: $XDG_DATA_HOME/clio/runs/NAME-DIGITS, by "
      "the files)",
      0, 0 },
    { "replace", SETTING_SWITCH, "no", "",
      "take the files named in place of those that the run directory was made from", 0, 0 },
    { "seed", SETTING_WHOLE, "1", "N", "seed of everything that is drawn", 0, LARGEST },
    { "limit", SETTING_WHOLE, "0", "N", "read only the first N conversations (0 = all)", 0,
      LARGEST },
    { "sample", SETTING_WHOLE, "0", "N",
      "keep N conversations drawn at random with the seed (0 = all)", 0, LARGEST },
    { "sample-by", SETTING_CHOICE, "conversation", "conversation|output",
      "draw whole conversations, or answers of the assistant, each with what came before it", 0,
      0 },
    { "where", SETTING_TEXT, "", "TESTS",
      "read only what fits: REGEX on the text, or NAME~REGEX and NAME!~REGEX, joined by &&", 0, 0 },
    { "screen", SETTING_TEXT, "", "QUESTION",
      "go on only with conversations of which the model says yes to this question", 0, 0 },
    { "threads", SETTING_WHOLE, "0", "N", "threads to work with (0 = one a core)", 0,
      LIMIT_THREADS },
    { "memory", SETTING_SIZE, "0", "SIZE",
      "most memory that vectors may take, as 500M or 2G (0 = what the machine gives)", 0, 0 },
    { "min-accounts", SETTING_WHOLE, "5", "N",
      "floor: distinct accounts that a cluster, phrase or number needs", 1, LARGEST_FLOOR },
    { "min-conversations", SETTING_WHOLE, "15", "N",
      "floor: conversations that a cluster or number needs", 1, LARGEST_FLOOR },
    { "privacy", SETTING_CHOICE, "guarded", "guarded|local|dp",
      "guarded: accounts are bounded and floors of words are noisy; local: for your own data, "
      "exact "
      "floors; dp: differential privacy for every account, as --epsilon says",
      0, 0 },
    { "epsilon", SETTING_NUMBER, "8", "E", "mode dp: what one release may cost", 0.01, 100 },
    { "delta", SETTING_NUMBER, "1e-6", "D",
      "mode dp: the part of chance that epsilon does not cover, for all releases together", 1e-12,
      0.01 },
    { "budget", SETTING_NUMBER, "0", "E",
      "mode dp: what all releases of this run directory may cost together (0 = one release)", 0,
      1000 },
    { "noise-seed", SETTING_WHOLE, "0", "N",
      "mode dp, for tests: noise from a seed; protects nobody, so publish refuses (0 = secret)", 0,
      LARGEST },
    { "max-per-account", SETTING_WHOLE, "5", "N",
      "most conversations of one account that count, drawn with the seed (0 = all)", 0,
      LARGEST_FLOOR },
    { "near-copies", SETTING_CHOICE, "once", "once|all",
      "whether prompts that are nearly the same count once or each", 0, 0 },
    { "keep-days", SETTING_WHOLE, "0", "N",
      "retention: conversations older than N days are purged whenever the run is worked on (0 = "
      "kept)",
      0, 36500 },
    { "vault-key", SETTING_TEXT, "", "FILE",
      "encrypt the vault, or open an encrypted one, with the key in FILE (made for a new vault)", 0,
      0 },
    { "vault-passphrase-from", SETTING_TEXT, "", "ask|fd:N|env:NAME",
      "the same with a passphrase: asked for on the terminal, from a descriptor or a variable", 0,
      0 },
    { "clusters", SETTING_TEXT, "auto", "N|auto", "number of base clusters", 0, 0 },
    { "top-level", SETTING_WHOLE, "10", "N", "most clusters at the top of the tree", 1, 1000 },
    { "facets", SETTING_TEXT, "", "FILE.yaml",
      "facets of your own, and other words for the built-in ones: docs/facet.md", 0, 0 },
    { "facet-calls", SETTING_CHOICE, "one", "one|each",
      "all facets of a conversation in one call to a server, or one call a facet", 0, 0 },
    { "cluster-facet", SETTING_TEXT, "auto", "auto|NAME[,NAME…]",
      "facets that are clustered, a tree each: request, task, or text facets of --facets (auto: "
      "the request, and what --facets says clustered: yes of)",
      0, 0 },
    { "language-of-titles", SETTING_TEXT, "English", "LANGUAGE",
      "language that a strong model writes facets, titles and summaries in, whatever people wrote",
      0, 0 },
    { "titles", SETTING_CHOICE, "auto", "auto|phrases|worded|model",
      "titles as the released phrases stand, put into a line by the small model, or written by a "
      "strong model with the paper's prompt (auto: model in profiles gguf and remote, else "
      "phrases)",
      0, 0 },
    { "tree", SETTING_CHOICE, "auto", "auto|linkage|model",
      "levels above the base by linkage of vectors, or by a strong model as in the paper (auto: "
      "model where it writes the titles)",
      0, 0 },
    { "auditor", SETTING_CHOICE, "auto", "auto|program|model",
      "texts judged by program, or by program and then by a strong model too (auto: model where it "
      "writes the titles)",
      0, 0 },
    { "model", SETTING_TEXT, "", "FILE.gguf|NAME",
      "language model: a file (default: SmolLM2-135M as installed; ORG/NAME/FILE.gguf of the cache "
      "of Hugging Face), or the server's name of one",
      0, 0 },
    { "provider", SETTING_CHOICE, "auto", "auto|openai|anthropic|replay",
      "how the server of profile remote is spoken to; auto: by the variables that are set", 0, 0 },
    { "effort", SETTING_CHOICE, "default", "default|none|low|medium|high",
      "how much a server's model thinks before it answers; default: as its vendor sets it", 0, 0 },
    { "base-url", SETTING_TEXT, "", "URL",
      "address of the server, with or without /v1 (default: OPENAI_BASE_URL, ANTHROPIC_BASE_URL …)",
      0, 0 },
    { "offline", SETTING_SWITCH, "no", "", "send nothing to any other machine", 0, 0 },
    { "batch", SETTING_SWITCH, "no", "",
      "profile remote: ask by the vendor's batches, at half the price, within a day; the vendor "
      "keeps them meanwhile",
      0, 0 },
    { "max-cost", SETTING_NUMBER, "0", "DOLLARS",
      "most that asking a server may cost in this command; the next one counts anew; then the rest "
      "goes without it (0 = no ceiling)",
      0, LARGEST },
    { "max-time", SETTING_NUMBER, "0", "MINUTES",
      "longest time for asking a server; then the rest goes without it (0 = no ceiling)", 0, 1e6 },
    { "prices", SETTING_TEXT, "", "FILE",
      "table of lines NAME,dollars in,dollars out a million tokens (default: list prices)", 0, 0 },
    { "measure", SETTING_WHOLE, "0", "N",
      "`clio estimate` asks about N conversations first; their answers are kept", 0, 100000 },
    { "in-flight", SETTING_WHOLE, "256", "N", "most requests to a server at a time", 1, 4096 },
    { "tries", SETTING_WHOLE, "8", "N", "most times that one request is sent", 1, 100 },
    { "retry-wait", SETTING_NUMBER, "0.5", "SECONDS",
      "bound of the random wait before a second try; doubles with each", 0, 3600 },
    { "timeout", SETTING_NUMBER, "300", "SECONDS", "longest time that a server may send nothing", 1,
      86400 },
    { "embedder", SETTING_TEXT, "", "DIR|NAME",
      "directory with model.safetensors and vocab.txt (default: all-MiniLM-L6-v2 as installed; "
      "ORG/NAME of the cache of Hugging Face), or with --embeddings remote the server's name of a "
      "model",
      0, 0 },
    { "embeddings", SETTING_CHOICE, "own", "own|remote",
      "vectors by clio itself, or in profile remote by a server's /v1/embeddings", 0, 0 },
    { "embeddings-url", SETTING_TEXT, "", "URL",
      "address of that server (default: --base-url, OPENAI_BASE_URL, OLLAMA_HOST)", 0, 0 },
    { "precision", SETTING_CHOICE, "auto", "auto|fp32|bf16|int16|int8",
      "arithmetic of the embedder; auto takes bf16 or int16, where the CPU is fast at one; int8 is "
      "faster only with AMX or VNNI",
      0, 0 },
    { "account-from", SETTING_TEXT, "", "id-prefix|FIELD",
      "where the account of a conversation stands when the format does not say", 0, 0 },
    { "map", SETTING_TEXT, "", "NAME=FIELD,…",
      "columns of a CSV, TSV or JSONL file: id, user, time, language, model, text, reply, system, "
      "messages; header=yes where columns are named by number and the first row is no record",
      0, 0 },
    { "roles", SETTING_TEXT, "", "NAME=ROLE,…",
      "what names of roles mean that clio does not know: user, assistant, system or tool", 0, 0 },
    { "least-score", SETTING_NUMBER, "45", "SCORE",
      "`clio safety coordinated` lists groups of at least this score", 30, 100 },
    { "address-columns", SETTING_TEXT, "address ip ip_hash client_ip hashed_ip remote_addr",
      "NAMES", "columns of the input that hold a client's address or a hash of it", 0, 0 },
    { "agent-columns", SETTING_TEXT, "agent user_agent user-agent header.user-agent", "NAMES",
      "columns of the input that hold a client's user agent", 0, 0 },
    { "column", SETTING_TEXT, "flagged", "NAME",
      "column of the input with a classifier's label or score, as flagged, toxic, or a.b for a "
      "column in a column",
      0, 0 },
    { "classifier", SETTING_TEXT, "", "COLUMN",
      "publish how much of each cluster a classifier flagged: the column of the input with its "
      "label or score, as flagged, toxic, or a.b (default: none)",
      0, 0 },
    { "flag-from", SETTING_NUMBER, "0.5", "SCORE",
      "a score of a classifier counts as flagged from here on", -1e9, 1e9 },
    { "flag-words", SETTING_TEXT, "", "WORD,…",
      "texts of a classifier's label that count as flagged (default: true, yes, 1, flagged, toxic)",
      0, 0 },
    { "least-concern", SETTING_NUMBER, "1.75", "GRADE",
      "clusters of lower mean concern are hidden beside a classifier", 1, 5 },
    { "alert-file", SETTING_TEXT, "", "FILE",
      "new alerts of watches are appended to it, as JSON lines", 0, 0 },
    { "mail-to", SETTING_TEXT, "", "ADDRESS,…",
      "new alerts of watches are mailed there, through the relay of this machine", 0, 0 },
    { "mail-from", SETTING_TEXT, "clio@localhost", "ADDRESS", "sender of these mails", 0, 0 },
    { "mail-port", SETTING_WHOLE, "25", "N", "port of the relay on 127.0.0.1", 1, 65535 },
    { "webhook", SETTING_TEXT, "", "URL", "new alerts of watches are posted to it", 0, 0 },
    { "webhook-hosts", SETTING_TEXT, "", "HOST,…",
      "hosts that a webhook may have; a private address only when it stands here itself", 0, 0 },
    { "strict", SETTING_SWITCH, "no", "", "stop at the first bad record with exit code 65", 0, 0 },
    { "recluster", SETTING_CHOICE, "auto", "auto|no|warm|anew",
      "append: find the base clusters again, from where they are or from nothing; auto: from where "
      "they are when the run has grown by half since; what is the same keeps its id",
      0, 0 },
    { "quiet", SETTING_SWITCH, "no", "", "say only warnings and errors", 0, 0 },
    { "verbose", SETTING_SWITCH, "no", "", "say more", 0, 0 },
    { "json", SETTING_SWITCH, "no", "", "results as JSON on standard output", 0, 0 },
    { "input", SETTING_TEXT, "", "FILES", "files to read, one a line; set by the command", 0, 0 },
};
#define N_SETTINGS COUNT_OF(settings)

struct config {
    char *values[N_SETTINGS];
    enum setting_origin origins[N_SETTINGS];
};

const struct setting *config_settings(size_t *n)
{
    *n = N_SETTINGS;
    return settings;
}

static size_t find(struct str name)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (str_equal(name, str_of(settings[i].name)))
            return i;
    return SIZE_MAX;
}

const struct setting *config_find(struct str name)
{
    size_t i = find(name);
    return i == SIZE_MAX ? NULL : &settings[i];
}

static size_t must_find(const char *name)
{
    size_t i = find(str_of(name));
    if (i == SIZE_MAX)
        BUG("no setting is called \"%s\"", name);
    return i;
}

// Checks a value against the row; the sentence says what is allowed.
static int check_choice(const struct setting *s, struct str value, enum err_code code,
                        struct err *err)
{
    struct str rest = str_of(s->value), choice;
    while (str_cut(&rest, '|', &choice))
        if (str_equal(choice, value))
            return 0;
    return err_set(err, code, "--%s is one of %s, not \"%.*s\"", s->name, s->value,
                   STR_ARG(str_head(value, 60)));
}

// Whole numbers with all their digits.
static void put_limit(double limit, char text[32])
{
    bool whole = limit >= -LARGEST && limit <= LARGEST && (double)(int64_t)limit == limit;
    if (whole)
        snprintf(text, 32, "%lld", (long long)limit);
    else
        snprintf(text, 32, "%.12g", limit);
}

static int check_number(const struct setting *s, struct str value, enum err_code code,
                        struct err *err)
{
    double number = 0;
    int64_t whole = 0;
    bool ok = s->kind == SETTING_WHOLE ? str_to_i64(value, &whole) : str_to_f64(value, &number);
    if (ok && s->kind == SETTING_WHOLE)
        number = (double)whole;
    if (ok && number >= s->low && number <= s->high)
        return 0;
    char low[32], high[32];
    put_limit(s->low, low);
    put_limit(s->high, high);
    return err_set(err, code, "--%s takes a %s from %s to %s, not \"%.*s\"", s->name,
                   s->kind == SETTING_WHOLE ? "whole number" : "number", low, high,
                   STR_ARG(str_head(value, 60)));
}

static int check_switch(const struct setting *s, struct str value, enum err_code code,
                        struct err *err)
{
    if (str_equal(value, STR_LIT("yes")) || str_equal(value, STR_LIT("no")))
        return 0;
    return err_set(err, code, "--%s is yes or no, not \"%.*s\"", s->name,
                   STR_ARG(str_head(value, 60)));
}

// "500M", "2G", "1048576": bytes. False when it is no size.
static bool parse_size(struct str value, size_t *bytes)
{
    int shift = 0;
    int64_t n;
    if (value.len) {
        const char *units = "KMGT", *unit = strchr(units, value.ptr[value.len - 1] & ~0x20);
        if (unit && *unit) {
            shift = 10 * (int)(unit - units + 1);
            value.len--;
        }
    }
    if (!str_to_i64(value, &n) || n < 0 || n > INT64_MAX >> shift)
        return false;
    *bytes = (size_t)n << shift;
    return true;
}

static int check_size(const struct setting *s, struct str value, enum err_code code,
                      struct err *err)
{
    size_t bytes;
    if (parse_size(value, &bytes))
        return 0;
    return err_set(err, code, "--%s takes a size like 500M or 2G, not \"%.*s\"", s->name,
                   STR_ARG(str_head(value, 60)));
}

static int check(const struct setting *s, struct str value, enum err_code code, struct err *err)
{
    if (value.len && memchr(value.ptr, 0, value.len))
        return err_set(err, code, "--%s may not hold a NUL byte", s->name);
    switch (s->kind) {
    case SETTING_CHOICE:
        return check_choice(s, value, code, err);
    case SETTING_WHOLE:
    case SETTING_NUMBER:
        return check_number(s, value, code, err);
    case SETTING_SWITCH:
        return check_switch(s, value, code, err);
    case SETTING_SIZE:
        return check_size(s, value, code, err);
    case SETTING_TEXT:
        break;
    }
    return 0;
}

int config_set(struct config *config, struct str name, struct str value, enum setting_origin origin,
               struct err *err)
{
    enum err_code code = origin == FROM_FLAG ? ERR_USAGE : ERR_CONFIG;
    size_t i = find(name);
    if (i == SIZE_MAX)
        return err_set(err, code, "there is no setting \"%.*s\"; `clio help` lists them",
                       STR_ARG(str_head(name, 60)));
    int rc = check(&settings[i], value, code, err);
    if (rc || origin < config->origins[i])
        return rc;
    char *copy = strndup(value.ptr ? value.ptr : "", value.len);
    if (!copy)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    free(config->values[i]);
    config->values[i] = copy;
    config->origins[i] = origin;
    return 0;
}

static int set_variables(struct config *config, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < N_SETTINGS; i++) {
        char name[64] = "CLIO_";
        size_t at = 5;
        for (const char *p = settings[i].name; *p && at < sizeof name - 1; p++)
            name[at++] = *p == '-' ? '_' : (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
        name[at] = 0;
        const char *value = getenv(name);
        if (value)
            rc = config_set(config, str_of(settings[i].name), str_of(value), FROM_VARIABLE, err);
        if (rc)
            err_add(err, "variable %s", name);
    }
    return rc;
}

static int set_line(struct config *config, struct str line, struct err *err)
{
    struct str name;
    line = str_trim(line);
    if (!line.len || line.ptr[0] == '#')
        return 0;
    struct str rest = line;
    str_cut(&rest, '=', &name);
    if (!rest.ptr)
        return err_set(err, ERR_CONFIG, "a line is not \"name = value\"");
    return config_set(config, str_trim(name), str_trim(rest), FROM_FILE, err);
}

static int read_config_file(struct config *config, struct err *err)
{
    const char *home = getenv("XDG_CONFIG_HOME"), *user = getenv("HOME");
    struct arena a = { 0 };
    struct str path = home && *home ? arena_printf(&a, "%s/clio/config", home)
                                    : arena_printf(&a, "%s/.config/clio/config", user ? user : "");
    struct str text, line;
    int rc = 0, number = 0;
    if (file_exists(path.ptr))
        rc = file_read(&a, path.ptr, LIMIT_PROMPT_FILE, &text, err);
    else
        text = str_make(NULL, 0);
    while (!rc && str_cut(&text, '\n', &line)) {
        number++;
        rc = set_line(config, line, err);
        if (rc)
            err_add(err, "%s, line %d", path.ptr, number);
    }
    arena_release(&a);
    return rc;
}

int config_open(struct config **out, struct err *err)
{
    struct config *config = calloc(1, sizeof *config);
    if (!config)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = 0;
    for (size_t i = 0; !rc && i < N_SETTINGS; i++)
        rc = config_set(config, str_of(settings[i].name), str_of(settings[i].initial), FROM_DEFAULT,
                        err);
    if (!rc)
        rc = read_config_file(config, err);
    if (!rc)
        rc = set_variables(config, err);
    if (rc) {
        config_close(config);
        return rc;
    }
    *out = config;
    return 0;
}

void config_close(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < N_SETTINGS; i++)
        free(config->values[i]);
    free(config);
}

const char *config_text(const struct config *config, const char *name)
{
    return config->values[must_find(name)];
}

int64_t config_whole(const struct config *config, const char *name)
{
    size_t i = must_find(name);
    int64_t value = 0;
    if (settings[i].kind != SETTING_WHOLE || !str_to_i64(str_of(config->values[i]), &value))
        BUG("setting \"%s\" is no whole number", name);
    return value;
}

double config_number(const struct config *config, const char *name)
{
    size_t i = must_find(name);
    double value = 0;
    if (!str_to_f64(str_of(config->values[i]), &value))
        BUG("setting \"%s\" is no number", name);
    return value;
}

size_t config_bytes(const struct config *config, const char *name)
{
    size_t i = must_find(name), bytes = 0;
    if (settings[i].kind != SETTING_SIZE || !parse_size(str_of(config->values[i]), &bytes))
        BUG("setting \"%s\" is no size", name);
    return bytes;
}

bool config_on(const struct config *config, const char *name)
{
    return strcmp(config->values[must_find(name)], "yes") == 0;
}

enum setting_origin config_origin(const struct config *config, const char *name)
{
    return config->origins[must_find(name)];
}
