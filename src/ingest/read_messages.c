// SPDX-License-Identifier: Apache-2.0
// {messages: [{role, content}]} of OpenAI and Anthropic, as logs, fine-tuning and evaluation files
// have them; under other keys too (conversation, conversations, items, turns, chat, dialogue).
// Batch lines: {custom_id, body: {messages}} and {custom_id, params: {messages}}. Logs of the
// Responses API: {input, output}, lists of items or texts.
#include "ingest/reader.h"

#define ACCOUNTS                                                                                   \
    ACCOUNT_NAMES " metadata.user_id metadata.user body.user "                                     \
                  "body.metadata.user_id "                                                         \
                  "params.metadata.user_id hashed_ip"
#define IDS "id conversation_id custom_id uuid chat_id session_id thread_id"
#define ANSWERS "response response_body responseBody output outputs reply completion"
#define TIMES TIME_NAMES " create_time created date"

const struct value *message_list(const struct value *map)
{
    struct str rest = STR_LIT(MESSAGE_LISTS), key;
    while (str_cut(&rest, ' ', &key)) {
        const struct value *list = value_path(map, key);
        if (is_message_list(list))
            return list;
    }
    return NULL;
}

static bool fits(const struct value *record)
{
    return message_list(record) != NULL;
}

int draft_add_asked(struct conversation_draft *d, const struct value *holder, struct err *err)
{
    const struct value *system = value_member(holder, "system");
    int rc = 0;
    if (system && system->kind != VALUE_NULL)
        rc = draft_add_content(d, TURN_SYSTEM, system, err);
    if (!rc)
        rc = draft_add_messages(d, message_list(holder), err);
    return rc;
}

// A text beside a list that ends with an answer may be anything: a gold answer, another model's.
static bool may_answer(const struct value *v, bool ended)
{
    return value_is(v, VALUE_TEXT) ? !ended : v != NULL;
}

// The answer where it is logged beside the messages: {messages, choices}, {messages, response}. It
// is the last turn, if it is not that already.
static int read_answer(const struct value *record, struct conversation_draft *d, struct err *err)
{
    struct str rest = STR_LIT(ANSWERS), key;
    const struct draft_turn none = { TURN_OTHER, { NULL, 0 } };
    size_t before = d->n_turns;
    struct draft_turn last = before ? d->turns[before - 1] : none;
    int rc = draft_add_choice(d, record, err);
    while (!rc && d->n_turns == before && str_cut(&rest, ' ', &key)) {
        const struct value *answer = value_find(record, key);
        if (may_answer(answer, last.role == TURN_ASSISTANT))
            rc = draft_add_answer(d, answer, err);
    }
    if (!rc && before && d->n_turns == before + 1 && d->turns[before].role == last.role &&
        str_equal(d->turns[before].escaped, last.escaped))
        d->n_turns = before;
    return rc;
}

static int read_turns(const struct value *record, struct conversation_draft *d, struct err *err)
{
    int rc = draft_add_asked(d, record, err);
    return rc ? rc : read_answer(record, d, err);
}

const struct format messages_format = {
    .name = "messages",
    .fields = { IDS, ACCOUNTS, TIMES, "language lang", "model",
                MESSAGE_LISTS " system tools functions choices response" },
    .fits = fits,
    .read_turns = read_turns,
};

static const struct value *batch_body(const struct value *record)
{
    const struct value *body = value_member(record, "body");
    return body ? body : value_member(record, "params");
}

static bool fits_batch(const struct value *record)
{
    return value_member(record, "custom_id") && message_list(batch_body(record));
}

static int read_batch(const struct value *record, struct conversation_draft *d, struct err *err)
{
    int rc = draft_add_asked(d, batch_body(record), err);
    return rc ? rc : read_answer(record, d, err);
}

const struct format batch_format = {
    .name = "batch",
    .fields = { IDS, ACCOUNTS, TIMES, "language lang", "model body.model params.model",
                "body params method url response" },
    .fits = fits_batch,
    .read_turns = read_batch,
};

bool is_item_list(const struct value *v)
{
    return value_is(v, VALUE_LIST) && (!v->n || value_member(v->first, "type"));
}

static bool fits_responses(const struct value *record)
{
    const struct value *input = value_member(record, "input");
    bool asked = value_is(input, VALUE_TEXT) || is_message_list(input) || is_item_list(input);
    return asked && is_item_list(value_member(record, "output"));
}

static bool is_message(struct str type)
{
    return !type.ptr || str_equal(type, STR_LIT("message"));
}

// Parts of one message where messages could be: [{type: "text", text}], and no message.
static bool is_parts(const struct value *items)
{
    bool has_text = false;
    for (const struct value *item = items->first; item; item = item->next) {
        struct str type = value_text(value_member(item, "type"));
        if (is_message(type))
            return false;
        has_text |= str_equal(type, STR_LIT("text")) || str_equal(type, STR_LIT("output_text")) ||
                    str_equal(type, STR_LIT("input_text"));
    }
    return has_text;
}

int draft_add_items(struct conversation_draft *d, enum turn_role role, const struct value *items,
                    struct err *err)
{
    int rc = 0;
    if (is_parts(items))
        return draft_add_content(d, role, items, err);
    for (const struct value *item = items->first; !rc && item; item = item->next) {
        struct str type = value_text(value_member(item, "type"));
        if (is_message(type))
            rc = draft_add_message(d, item, err);
        else if (str_equal(type, STR_LIT("function_call_output")))
            rc = draft_add_content(d, TURN_TOOL, value_member(item, "output"), err);
    }
    return rc;
}

int draft_add_prompt(struct conversation_draft *d, const struct value *body,
                     const struct value *prompt, struct err *err)
{
    const struct value *rules = value_member(body, "instructions");
    int rc = 0;
    if (value_is(rules, VALUE_TEXT))
        rc = draft_add_content(d, TURN_SYSTEM, rules, err);
    if (rc)
        return rc;
    return prompt->kind == VALUE_TEXT ? draft_add_content(d, TURN_USER, prompt, err)
                                      : draft_add_items(d, TURN_USER, prompt, err);
}

static int read_responses(const struct value *record, struct conversation_draft *d, struct err *err)
{
    int rc = draft_add_prompt(d, record, value_member(record, "input"), err);
    return rc ? rc : draft_add_items(d, TURN_ASSISTANT, value_member(record, "output"), err);
}

const struct format responses_format = {
    .name = "responses",
    .fields = { IDS, ACCOUNTS, TIMES, "language lang", "model", "input output instructions tools" },
    .fits = fits_responses,
    .read_turns = read_responses,
};
