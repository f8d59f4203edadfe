// SPDX-License-Identifier: Apache-2.0
// WildChat-1M and 4.8M, rows of the Parquet files as JSON lines: {conversation_hash, model,
// timestamp, conversation: [{content, role, hashed_ip, turn_identifier …}], language,
// openai_moderation, detoxify_moderation, toxic, redacted, state, country, hashed_ip, header}.
// conversation_hash is not unique: it says what was asked, so records that differ get a suffix when
// they are stored. The account is hashed_ip. Classifier columns are kept.
#include "ingest/reader.h"

static bool fits(const struct value *record)
{
    return is_message_list(value_member(record, "conversation")) &&
           value_member(record, "conversation_hash");
}

static int read_turns(const struct value *record, struct conversation_draft *d, struct err *err)
{
    return draft_add_messages(d, value_member(record, "conversation"), err);
}

const struct format wildchat_format = {
    .name = "wildchat",
    .fields = { "conversation_hash", "hashed_ip conversation.0.hashed_ip",
                "timestamp conversation.0.timestamp conversation.1.timestamp", "language", "model",
                "conversation turn" },
    .fits = fits,
    .read_turns = read_turns,
};
