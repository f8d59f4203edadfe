// SPDX-License-Identifier: Apache-2.0
// Models that are named by ORG/NAME lie in the cache of Hugging Face's programs: which of its
// places counts, which revision, what is none, and what such a model is called.
#include "check.h"

#include "base/arena.h"
#include "run/model_path.h"

#include <sys/stat.h>

static char dir[256];
static struct arena a;

static void shell(const char *commands)
{
    char line[2000];
    snprintf(line, sizeof line, "cd '%s' && %s", dir, commands);
    assert_int_equal(system(line), 0);
}

// What the setting finds, into *path.
static int look(const char *setting, const char *value, struct str *path, struct err *err)
{
    struct config *config = NULL;
    struct err none = { 0 };
    setenv("XDG_CONFIG_HOME", dir, 1);
    assert_int_equal(config_open(&config, &none), 0);
    assert_int_equal(config_set(config, str_of(setting), str_of(value), FROM_FLAG, &none), 0);
    int rc = strcmp(setting, "model") == 0 ? model_path_llm(&a, config, path, err)
                                           : model_path_embedder(&a, config, path, err);
    config_close(config);
    return rc;
}

static void finds(const char *setting, const char *value, const char *want)
{
    struct err err = { 0 };
    struct str path;
    char full[600];
    snprintf(full, sizeof full, "%s/%s", dir, want);
    assert_ok(look(setting, value, &path, &err));
    assert_text(path, full);
}

static void refuses(const char *setting, const char *value, const char *text)
{
    struct err err = { 0 };
    struct str path;
    assert_error(look(setting, value, &path, &err), ERR_CONFIG);
    if (!strstr(err.text, text))
        print_error("%s\n", err.text);
    assert_non_null(strstr(err.text, text));
}

static void the_cache_has_it(void **state)
{
    (void)state;
    finds("embedder", "org/fine-model", "hf/hub/models--org--fine-model/snapshots/12ab");
    finds("model", "org/fine-model/small.gguf",
          "hf/hub/models--org--fine-model/snapshots/12ab/small.gguf");
    finds("model", "org/fine-model/q4/small.gguf",
          "hf/hub/models--org--fine-model/snapshots/12ab/q4/small.gguf");
    refuses("model", "org/fine-model/large.gguf", "is not there");
    refuses("model", "org/fine-model", "name the GGUF file in it");
    const char *const none[] = { "org/other",       "fine-model", "org/",
                                 "/org/fine-model", "org",        "../org/fine-model",
                                 "org/elsewhere",   "org/loose" };
    for (size_t i = 0; i < COUNT_OF(none); i++)
        refuses("embedder", none[i], "is not there");
}

// A pipe, which nobody writes into, would be waited for.
static void a_pipe_is_no_model(void **state)
{
    (void)state;
    char pipe[600];
    snprintf(pipe, sizeof pipe, "%s/pipe.gguf", dir);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    refuses("model", pipe, "is no file");
    assert_int_equal(unlink(pipe), 0);
}

static void a_path_comes_first(void **state)
{
    (void)state;
    char here[600];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(dir), 0);
    shell("mkdir -p org/fine-model");
    struct err err = { 0 };
    struct str path;
    assert_ok(look("embedder", "org/fine-model", &path, &err));
    assert_text(path, "org/fine-model");
    shell("rm -r org");
    assert_int_equal(chdir(here), 0);
}

static void places_in_their_order(void **state)
{
    (void)state;
    char place[300];
    shell("mkdir -p own home/.cache/huggingface home/x/huggingface && cp -R hf/hub/. own && "
          "cp -R hf/hub home/.cache/huggingface/ && cp -R hf/hub home/x/huggingface/");
    snprintf(place, sizeof place, "%s/own", dir);
    setenv("HF_HUB_CACHE", place, 1);
    finds("embedder", "org/fine-model", "own/models--org--fine-model/snapshots/12ab");
    unsetenv("HF_HUB_CACHE");
    unsetenv("HF_HOME");
    snprintf(place, sizeof place, "%s/home", dir);
    setenv("HOME", place, 1);
    unsetenv("XDG_CACHE_HOME");
    finds("embedder", "org/fine-model",
          "home/.cache/huggingface/hub/models--org--fine-model/snapshots/12ab");
    snprintf(place, sizeof place, "%s/home/x", dir);
    setenv("XDG_CACHE_HOME", place, 1);
    finds("embedder", "org/fine-model",
          "home/x/huggingface/hub/models--org--fine-model/snapshots/12ab");
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name;
    } cases[] = { { "/m/hub/models--org--fine-model/snapshots/12ab", "fine-model" },
                  { "/m/hub/models--org--fine-model/snapshots/12ab/", "fine-model" },
                  { "/m/hub/models--org--fine-model/snapshots/12ab/small.gguf", "small.gguf" },
                  { "/m/all-minilm-l6-v2", "all-minilm-l6-v2" },
                  { "/m/all-minilm-l6-v2/", "all-minilm-l6-v2" },
                  { "snapshots/12ab", "12ab" },
                  { "models--/snapshots/12ab", "12ab" },
                  { "small.gguf", "small.gguf" },
                  { "", "" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_text(model_path_name(str_of(cases[i].path)), cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cache_has_it),
        cmocka_unit_test(a_pipe_is_no_model),
        cmocka_unit_test(a_path_comes_first),
        cmocka_unit_test(places_in_their_order), // the last: changes where things are
        cmocka_unit_test(names),
    };
    char home[300];
    make_dir(dir);
    snprintf(home, sizeof home, "%s/hf", dir);
    setenv("HF_HOME", home, 1);
    unsetenv("HF_HUB_CACHE");
    shell("mkdir -p hf/hub/models--org--fine-model/snapshots/12ab/q4 "
          "hf/hub/models--org--fine-model/refs hf/hub/models--org--fine-model/blobs "
          "hf/hub/models--org--loose/snapshots/12ab hf/hub/models--org--elsewhere/refs && "
          "cd hf/hub/models--org--fine-model && echo 12ab >refs/main && echo x >blobs/b && "
          "ln -s ../../blobs/b snapshots/12ab/small.gguf && "
          "ln -s ../../../blobs/b snapshots/12ab/q4/small.gguf && "
          "cd ../models--org--elsewhere && "
          "printf ../../models--org--fine-model/snapshots/12ab >refs/main");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&a);
    remove_dir(dir);
    return failed;
}
