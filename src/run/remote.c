// SPDX-License-Identifier: Apache-2.0
#include "run/remote.h"

#include "base/file.h"
#include "base/log.h"
#include "llm/batch_list.h"

#include <math.h>
#include <stdlib.h>

#define MOST_TABLE ((size_t)1 << 20)

const char *price_table(void); // llm/prices.csv, embedded

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

// OLLAMA_HOST says where a server listens: "host", ":port", "0.0.0.0:11434", or a URL.
static const char *ollama_url(struct arena *a)
{
    const char *given = variable("OLLAMA_HOST");
    if (!given)
        return NULL;
    struct str rest = str_of(given), host;
    if (str_find(rest, STR_LIT("://"), 0) != SIZE_MAX)
        return given;
    bool has_port = strchr(given, ':') != NULL;
    str_cut(&rest, ':', &host);
    if (!host.len || str_equal(host, STR_LIT("0.0.0.0")))
        host = STR_LIT("127.0.0.1");
    return arena_printf(a, "http://%.*s:%.*s", STR_ARG(host),
                        STR_ARG(has_port ? rest : STR_LIT("11434"))).ptr;
}

static const char *openai_url(struct arena *a)
{
    const char *url = variable("OPENAI_BASE_URL");
    if (!url)
        url = variable("OPENAI_API_BASE");
    if (!url && !variable("OPENAI_API_KEY"))
        url = ollama_url(a);
    return url;
}

// Scheme, host and port, as they are written.
static struct str origin_of(const char *url)
{
    struct str s = str_of(url);
    size_t host = str_find(s, STR_LIT("://"), 0);
    size_t end = host == SIZE_MAX ? 0 : host + 3;
    while (end < s.len && !strchr("/?#", s.ptr[end]))
        end++;
    return str_head(s, end);
}

// Whether whoever started this command names the server, too, or it is one that the key is for.
static bool is_named(const char *url)
{
    static const char *const variables[] = { "CLIO_BASE_URL",   "CLIO_EMBEDDINGS_URL",
                                             "OPENAI_BASE_URL", "OPENAI_API_BASE",
                                             "OLLAMA_HOST",     "ANTHROPIC_BASE_URL" };
    static const char *const homes[] = { "https://api.openai.com", "https://api.anthropic.com" };
    struct str origin = origin_of(url);
    bool named = llm_url_is_own(url);
    for (size_t i = 0; i < COUNT_OF(variables); i++)
        named = named ||
                (variable(variables[i]) && str_equal_ci(origin_of(variable(variables[i])), origin));
    for (size_t i = 0; i < COUNT_OF(homes); i++)
        named = named || str_equal_ci(str_of(homes[i]), origin);
    return named;
}

// A run directory may be somebody else's: the address in it does not choose where a key of the
// environment goes. `name`: the setting that the URL is from.
static int check_key(const struct config *config, const char *name, bool has_key, struct err *err)
{
    const char *url = config_text(config, name);
    if (!has_key || !*url || config_origin(config, name) != FROM_RUN || is_named(url))
        return 0;
    return err_set(err, ERR_CONFIG,
                   "the run directory names the server %.200s, and your key would go there. If "
                   "it is the server that you mean, add --%s %.200s; else name another, or unset "
                   "the variable with the key",
                   url, name, url);
}

static bool has_openai(struct arena *a)
{
    return variable("OPENAI_API_KEY") || openai_url(a);
}

static bool has_anthropic(void)
{
    return variable("ANTHROPIC_API_KEY") || variable("ANTHROPIC_AUTH_TOKEN") ||
           variable("ANTHROPIC_BASE_URL");
}

static int choose(const struct config *config, bool asks, struct arena *a,
                  enum llm_dialect *dialect, struct err *err)
{
    const char *provider = config_text(config, "provider"), *base = config_text(config, "base-url");
    bool claude = str_starts(str_of(config_text(config, "model")), STR_LIT("claude"));
    *dialect = LLM_OPENAI;
    if (strcmp(provider, "replay") == 0)
        *dialect = LLM_REPLAY;
    else if (strcmp(provider, "anthropic") == 0)
        *dialect = LLM_ANTHROPIC;
    else if (strcmp(provider, "openai") == 0 || *base)
        return 0;
    else if (has_anthropic() && (claude || !has_openai(a)))
        *dialect = LLM_ANTHROPIC;
    else if (!asks)
        *dialect = claude ? LLM_ANTHROPIC : LLM_OPENAI;
    else if (has_anthropic() && has_openai(a))
        return err_set(err, ERR_CONFIG, "the variables of two providers are set; name one with "
                       "--provider openai or --provider anthropic");
    else if (!has_openai(a))
        return err_set(err, ERR_CONFIG, "no provider is named: set OPENAI_API_KEY, "
                       "ANTHROPIC_API_KEY or OLLAMA_HOST, or give --base-url http://HOST:PORT");
    return 0;
}

int64_t remote_max_ms(const struct config *config)
{
    return (int64_t)ceil(config_number(config, "max-time") * 60000.0);
}

static void set_limits(const struct config *config, struct llm_remote_options *options)
{
    options->model = config_text(config, "model");
    options->max_cost = config_number(config, "max-cost");
    options->max_ms = remote_max_ms(config);
    options->only_loopback = config_on(config, "offline");
    options->most_in_flight = (size_t)config_whole(config, "in-flight");
    options->n_tries = (int)config_whole(config, "tries");
    options->first_wait_ms = (int64_t)(config_number(config, "retry-wait") * 1000.0);
    options->timeout_ms = (int64_t)(config_number(config, "timeout") * 1000.0);
    options->seed = (uint64_t)config_whole(config, "seed");
}

// NULL: as the vendor sets it.
static const char *effort_of(const struct config *config)
{
    const char *word = config_text(config, "effort");
    return strcmp(word, "default") == 0 ? NULL : word;
}

static int choose_named(const struct config *config, bool asks, struct arena *a,
                        enum llm_dialect *dialect, struct err *err)
{
    if (!*config_text(config, "model"))
        return err_set(err, ERR_CONFIG, "profile remote needs the name of a model: --model NAME");
    return choose(config, asks, a, dialect, err);
}

static bool has_key(enum llm_dialect dialect)
{
    if (dialect == LLM_ANTHROPIC)
        return variable("ANTHROPIC_API_KEY") || variable("ANTHROPIC_AUTH_TOKEN");
    return dialect == LLM_OPENAI && variable("OPENAI_API_KEY");
}

int remote_check(const struct run *run, bool asks, struct err *err)
{
    struct arena a = { 0 };
    enum llm_dialect dialect = LLM_OPENAI;
    int rc = choose_named(run->config, asks, &a, &dialect, err);
    if (!rc)
        rc = check_key(run->config, "base-url", has_key(dialect), err);
    if (!rc)
        rc = llm_check_url(config_text(run->config, "base-url"), "--base-url",
                           config_on(run->config, "batch"), err);
    arena_release(&a);
    return rc;
}

int remote_options(const struct run *run, bool asks, struct arena *a,
                   struct llm_remote_options *options, struct err *err)
{
    const struct config *config = run->config;
    const char *base = config_text(config, "base-url");
    *options = llm_remote_defaults();
    set_limits(config, options);
    options->effort = effort_of(config);
    int rc = choose_named(config, asks, a, &options->dialect, err);
    bool anthropic = options->dialect == LLM_ANTHROPIC;
    if (!rc)
        rc = check_key(config, "base-url", has_key(options->dialect), err);
    if (rc)
        return rc;
    options->key = variable(anthropic ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY");
    options->bearer = anthropic ? variable("ANTHROPIC_AUTH_TOKEN") : NULL;
    options->organization = variable("OPENAI_ORG_ID");
    options->project = variable("OPENAI_PROJECT_ID");
    options->url = *base ? base : anthropic ? variable("ANTHROPIC_BASE_URL") : openai_url(a);
    rc = options->url ? llm_check_url(options->url, "--base-url or its variable",
                                      config_on(config, "batch"), err)
                      : 0;
    if (rc)
        return rc;
    options->answers = path_join(a, str_of(run->dir), "answers.jsonl").ptr;
    const char *batches = path_join(a, str_of(run->dir), "batches.jsonl").ptr;
    if (config_on(config, "batch"))
        options->batches = batches;
    else if (file_size(batches) > 0)
        log_warning("batches of an earlier command are under way; without --batch their questions "
                    "are asked, and paid for, again");
    return remote_price(config, options->model, llm_url_is_own(options->url), a, &options->price,
                        err);
}

int remote_mask_batches(struct run *run, size_t *n, struct err *err)
{
    const char *path = path_join(&run->scratch, str_of(run->dir), "batches.jsonl").ptr;
    *n = 0;
    return file_size(path) > 0 ? batch_list_mask(path, vault_answers_key(run->vault), n, err) : 0;
}

int remote_embedding_options(const struct run *run, struct arena *a,
                             struct llm_remote_options *options, struct err *err)
{
    const struct config *config = run->config;
    const char *url = config_text(config, "embeddings-url");
    const char *base = config_text(config, "base-url");
    bool anthropic = strcmp(config_text(config, "provider"), "anthropic") == 0;
    *options = llm_remote_defaults();
    set_limits(config, options);
    options->model = config_text(config, "embedder");
    options->answers = path_join(a, str_of(run->dir), "vectors.jsonl").ptr;
    options->url = *url ? url : *base && !anthropic ? base : openai_url(a);
    options->key = variable("OPENAI_API_KEY");
    options->organization = variable("OPENAI_ORG_ID");
    options->project = variable("OPENAI_PROJECT_ID");
    if (!run_has_profile(run, "remote"))
        return err_set(err, ERR_CONFIG,
                       "--embeddings remote sends text to a server, which only "
                       "--profile remote does");
    if (!*options->model)
        return err_set(err, ERR_CONFIG,
                       "--embeddings remote needs the server's name of a model: "
                       "--embedder NAME");
    if (strcmp(config_text(config, "provider"), "replay") == 0) {
        options->dialect = LLM_REPLAY;
        return 0;
    }
    int rc = check_key(config, *url ? "embeddings-url" : "base-url",
                       options->key && (*url || !anthropic), err);
    if (!rc && options->url)
        rc = llm_check_url(options->url, "--embeddings-url or its variable", false, err);
    if (rc)
        return rc;
    if (!options->url && !options->key)
        return err_set(err, ERR_CONFIG,
                       "no server for embeddings is named: give "
                       "--embeddings-url http://HOST:PORT, or set OPENAI_API_KEY or OLLAMA_HOST");
    return remote_price(config, options->model, llm_url_is_own(options->url), a, &options->price,
                        err);
}

struct str remote_listed_date(void)
{
    return llm_price_date(str_of(price_table()));
}

int remote_price(const struct config *config, const char *name, bool own_machine, struct arena *a,
                 struct llm_price *price, struct err *err)
{
    const char *given = config_text(config, "prices"), *config_home = variable("XDG_CONFIG_HOME");
    const char *home = variable("HOME");
    struct str path = *given         ? str_of(given)
                      : config_home ? arena_printf(a, "%s/clio/prices.csv", config_home)
                                    : arena_printf(a, "%s/.config/clio/prices.csv",
                                                   home ? home : "");
    struct str table = str_of(price_table()), model = str_of(name);
    bool own = *given || file_exists(path.ptr);
    int rc = own ? file_read(a, path.ptr, MOST_TABLE, &table, err) : 0;
    if (!rc)
        rc = llm_find_price(table, model, price, err);
    price->listed = !rc && price->known && !own;
    if (!rc && !price->known && own_machine)
        *price = (struct llm_price){ .known = true, .batch = 1 }; // and 0
    return rc;
}

struct llm_price remote_price_of_most(const struct config *config, const struct llm_price *price)
{
    double share = config_on(config, "batch") ? price->batch : 1;
    return (struct llm_price){ price->known, share * price->in, share * price->out, 1,
                               price->listed };
}

void remote_tell(const struct run *run)
{
    const struct stage_record *record = &run->record;
    struct llm_spend spend;
    struct llm_price price = { 0 };
    struct err ignored = { 0 };
    struct arena a = { 0 };
    if (strcmp(run->stage, "embed") == 0 || !llm_spent(run->llm, &spend) ||
        record->n_prompt_tokens + record->n_reply_tokens == 0)
        return;
    if (remote_price(run->config, config_text(run->config, "model"), false, &a, &price, &ignored))
        price.known = false;
    price = remote_price_of_most(run->config, &price);
    arena_release(&a);
    double dollars = ((double)record->n_prompt_tokens * price.in +
                      (double)record->n_reply_tokens * price.out) / 1e6;
    struct str money = price.known ? arena_printf(&a, ", %.4f dollars", dollars) : STR_LIT("");
    log_note("%s: %lld tokens in, %lld out%.*s (this command: %lld requests sent, %lld answers "
             "from before, %lld lost, at most %zu at a time)", run->stage,
             (long long)record->n_prompt_tokens, (long long)record->n_reply_tokens, STR_ARG(money),
             (long long)spend.n_sent, (long long)spend.n_cached, (long long)spend.n_lost,
             spend.most_in_flight);
    arena_release(&a);
}

void remote_tell_vectors(const struct run *run, int64_t n_tokens)
{
    struct llm_price price = { 0 };
    struct err ignored = { 0 };
    struct arena a = { 0 };
    if (n_tokens == 0)
        return;
    if (remote_price(run->config, config_text(run->config, "embedder"), false, &a, &price,
                     &ignored))
        price.known = false;
    struct str money = STR_LIT("");
    if (price.known)
        money = arena_printf(&a, ", %.4f dollars", (double)n_tokens * price.in / 1e6);
    log_note("%s: %lld tokens in for vectors%.*s", run->stage, (long long)n_tokens, STR_ARG(money));
    arena_release(&a);
}
