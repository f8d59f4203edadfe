// SPDX-License-Identifier: Apache-2.0
// From one record to one conversation. A format says how its records are recognised and where
// things are in them; what all have in common is in draft.c. A new format: read_x.c and a row in
// recognise.c. Everything a draft holds lives in the arena of its record.
#ifndef INGEST_READER_H
#define INGEST_READER_H

#include "base/limits.h"
#include "ingest/value.h"
#include "store/vault_conversation.h"

#define MAX_TRANSCRIPT (4 * LIMIT_RECORD_BYTES) // a repaired byte takes three

struct draft_turn {
    enum turn_role role;
    struct str escaped; // well-formed UTF-8 with the escapes of value_put_text, without quotes
};
struct conversation_draft {
    struct arena *a;
    struct str external_id, account, language, model; // ptr NULL = not there
    bool has_time;
    bool is_numbered;   // it has no id of its own, only its place in the file
    int64_t time;       // unix seconds, UTC
    struct str columns; // JSON map of what else the record holds; ptr NULL = nothing
    struct draft_turn *turns;
    size_t n_turns, n_room;
    bool odd_time;    // a time is there that cannot be read
    struct str roles; // "client=user,operator=assistant": what the user said about names of roles
};

// Paths (value_path) in lists separated by spaces: the first that is there is taken.
struct fields {
    const char *id, *account, *time, *language, *model;
    const char *used; // top-level keys that hold the turns: not kept as columns
};
struct format {
    const char *name;
    struct fields fields;
    bool (*fits)(const struct value *record);
    // ERR_DATA: why the record is none of these, in words without its text.
    int (*read_turns)(const struct value *record, struct conversation_draft *d, struct err *err);
};
extern const struct format call_format;
extern const struct format sharegpt_format, wildchat_format, lmsys_format, claude_export_format,
    chatgpt_export_format, batch_format, responses_format, messages_format, simple_format;
// The format of the record, by its content; NULL when it is none that is known.
const struct format *recognise(const struct value *record);

// Names that accounts and times go by, as of snake and camel.
#define ACCOUNT_NAMES "user user_id userId account account_id accountId"
#define TIME_NAMES "time timestamp created_at createdAt"

// What the user said about fields: --map and --account-from.
struct field_map {
    struct str id, account, time, language, model; // paths; ptr NULL = as the format has it
    struct str text, reply, system, messages;      // where the turns are, instead
    bool account_is_id_prefix;
    struct str roles; // names of roles: --roles
    bool by_number;   // columns of tables are named 1, 2, 3 …
    bool has_header;  // the first row names them all the same, and is none of the records
};
// `map`: "user=hashed_ip,text=prompt", also with line ends between, or blanks where the next NAME=
// begins: a name of a column may hold some. ERR_USAGE.
int field_map_parse(struct field_map *map, struct str text, struct str account_from,
                    struct err *err) MUST_USE;
// Spells the fields named as the record does (value_spell); new spellings are of `a`.
void field_map_spell(struct field_map *map, const struct value *record, struct arena *a);
// Sets the bits in *seen of the fields named that the record has.
void field_map_see(const struct field_map *map, const struct value *record, int64_t *seen);
// A field named of which the bit is not set, ptr NULL when there is none; *name is what it was to
// be: "user".
struct str field_map_unseen(const struct field_map *map, int64_t seen, const char **name);

#define LIST_INSIDE "it is a map around a list of records" // how such a fault begins
#define SINGLE_MESSAGE "the record is one message of a conversation"
#define TOGETHER "docs/ingest.md says how those of one are put together"
#define MESSAGES_UNREAD "the messages are a text that is no JSON"
// Fills d from the record. `preferred` (may be NULL) is tried before the others; *used tells which
// format it was. ERR_DATA: why not.
int draft_read(struct conversation_draft *d, const struct value *record,
               const struct field_map *map, const struct format *preferred,
               const struct format **used, struct err *err) MUST_USE;
void draft_add_turn(struct conversation_draft *d, enum turn_role role, struct str escaped);
// Turns from a list of messages in any of the spellings in use; see message.c.
int draft_add_messages(struct conversation_draft *d, const struct value *list,
                       struct err *err) MUST_USE;
// One message as a turn; `system` prompts given as text or blocks.
int draft_add_message(struct conversation_draft *d, const struct value *message,
                      struct err *err) MUST_USE;
int draft_add_content(struct conversation_draft *d, enum turn_role role,
                      const struct value *content, struct err *err) MUST_USE;
// The system prompt and messages of a map that has a message_list, as OpenAI and Anthropic are
// asked.
int draft_add_asked(struct conversation_draft *d, const struct value *holder,
                    struct err *err) MUST_USE;
// Items of the Responses API: messages become turns, results of calls too; reasoning is left out.
// Parts of one message (texts) are one turn of that role.
bool is_item_list(const struct value *v); // say their type; the first may be reasoning
int draft_add_items(struct conversation_draft *d, enum turn_role role, const struct value *items,
                    struct err *err) MUST_USE;
// What the Responses API is asked: `instructions` of the body, and its prompt, a text or items.
int draft_add_prompt(struct conversation_draft *d, const struct value *body,
                     const struct value *prompt, struct err *err) MUST_USE;
// What a model answered, the assistant's where it does not say whose it is: of a body its first
// choice (OpenAI, Gemini), or all that an answer may be. Where there is none, nothing.
int draft_add_choice(struct conversation_draft *d, const struct value *body,
                     struct err *err) MUST_USE;
int draft_add_answer(struct conversation_draft *d, const struct value *answered,
                     struct err *err) MUST_USE;
bool is_message_list(const struct value *v); // a list whose first element looks like a message
bool is_message_or_list(const struct value *v); // one with a role and a text, or a list of such
bool is_single_message(const struct value *record); // who says it by a role, and what: a log row
// The list of messages in a map, by the names that it goes by; NULL: it has none.
#define MESSAGE_LISTS "messages conversation conversations items turns chat dialogue dialog"
const struct value *message_list(const struct value *map);
// Logs of calls keep what was sent and what came back under names that belong together; the second
// of the nth pair. NULL: there are no more.
const char *call_names(size_t n, const char **answered);
bool is_call(const struct value *asked); // what was sent, as a program sends it to a model
// Where a text of the record is JSON itself, as in tables, and has the messages or what a path of
// `map` leads to, it is taken for that JSON. The record's own tree changes; what is new in it is
// of `a`.
void record_open(struct value *record, const struct field_map *map, struct arena *a);
// By `own`, "client=user,operator=assistant", then by the names in use.
enum turn_role role_named(struct str name, struct str own);
int roles_check(struct str own, struct err *err) MUST_USE; // ERR_USAGE: what --roles wants

// A list of maps as one map of the same keys: true where any is, the largest number; other values
// as in the first. As JSON. Anything else as value_put has it.
int put_condensed(struct buf *out, const struct value *list, struct arena *a,
                  struct err *err) MUST_USE;

#endif
