// SPDX-License-Identifier: Apache-2.0
// ShareGPT: {id, conversations: [{from, value}]}. One conversation is often split over several
// records (…_0, …_57), many begin with the assistant, a few have no turn of a person.
#include "ingest/reader.h"

static bool fits(const struct value *record)
{
    const struct value *list = value_member(record, "conversations");
    return is_message_list(list) &&
           (!list->n || value_member(list->first, "from") || value_member(list->first, "value"));
}

static int read_turns(const struct value *record, struct conversation_draft *d, struct err *err)
{
    int rc = 0;
    if (value_is(value_member(record, "system"), VALUE_TEXT))
        rc = draft_add_content(d, TURN_SYSTEM, value_member(record, "system"), err);
    return rc ? rc : draft_add_messages(d, value_member(record, "conversations"), err);
}

const struct format sharegpt_format = {
    .name = "sharegpt",
    .fields = { "id", ACCOUNT_NAMES, TIME_NAMES, "language lang", "model", "conversations system" },
    .fits = fits,
    .read_turns = read_turns,
};
