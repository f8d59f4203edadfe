// SPDX-License-Identifier: Apache-2.0
// {"id", "user", "time", "text"}: one text of a person a record, with an answer when there is one.
// Rows of tables come here too when their columns have these names.
#include "ingest/reader.h"

static const char *const asked[] = { "text", "prompt", "question", "instruction", "query" };
static const char *const answered[] = { "reply", "response", "completion", "answer", "output" };

static const struct value *text_in(const struct value *record, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (value_is(value_member(record, keys[i]), VALUE_TEXT))
            return value_member(record, keys[i]);
    return NULL;
}

static bool fits(const struct value *record)
{
    return text_in(record, asked, COUNT_OF(asked)) &&
           (text_in(record, answered, COUNT_OF(answered)) || !is_single_message(record));
}

static int read_turns(const struct value *record, struct conversation_draft *d, struct err *err)
{
    const struct value *reply = text_in(record, answered, COUNT_OF(answered));
    int rc = 0;
    if (value_is(value_member(record, "system"), VALUE_TEXT))
        rc = draft_add_content(d, TURN_SYSTEM, value_member(record, "system"), err);
    if (!rc)
        rc = draft_add_content(d, TURN_USER, text_in(record, asked, COUNT_OF(asked)), err);
    if (!rc && reply)
        rc = draft_add_content(d, TURN_ASSISTANT, reply, err);
    return rc;
}

const struct format simple_format = {
    .name = "simple",
    .fields = { "id uuid conversation_id", ACCOUNT_NAMES " hashed_ip", TIME_NAMES " date",
                "language lang", "model",
                "text prompt question instruction query reply response completion answer output "
                "system" },
    .fits = fits,
    .read_turns = read_turns,
};
