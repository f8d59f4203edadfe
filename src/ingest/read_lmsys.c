// SPDX-License-Identifier: Apache-2.0
// LMSYS-Chat-1M, rows of the Parquet files as JSON lines: {conversation_id, model, conversation:
// [{content, role}], turn, language, openai_moderation, redacted}. It has no time and no account.
#include "ingest/reader.h"

static bool fits(const struct value *record)
{
    return is_message_list(value_member(record, "conversation")) &&
           value_member(record, "conversation_id");
}

static int read_turns(const struct value *record, struct conversation_draft *d, struct err *err)
{
    return draft_add_messages(d, value_member(record, "conversation"), err);
}

const struct format lmsys_format = {
    .name = "lmsys",
    .fields = { "conversation_id", "user_id hashed_ip", "timestamp tstamp", "language", "model",
                "conversation turn" },
    .fits = fits,
    .read_turns = read_turns,
};
