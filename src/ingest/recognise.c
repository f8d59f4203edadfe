// SPDX-License-Identifier: Apache-2.0
// Which format a record is, by its content and never by a file's name. From the particular to the
// general: the first that fits.
#include "ingest/reader.h"

static const struct format *const formats[] = {
    &sharegpt_format,       &wildchat_format, &lmsys_format,    &claude_export_format,
    &chatgpt_export_format, &batch_format,    &messages_format, &responses_format,
    &call_format,           &simple_format,
};

const struct format *recognise(const struct value *record)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (formats[i]->fits(record))
            return formats[i];
    return NULL;
}
