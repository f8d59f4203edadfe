// SPDX-License-Identifier: Apache-2.0
// Every ceiling in one list. What the input can size is checked against one of these, or against
// --memory, before the first byte is allocated.
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#ifdef CLIO_HOSTILE // the `hostile` preset shrinks limits to give some bugs a chance
#define LIMIT_ARENA_CHUNK ((size_t)256)
#define LIMIT_READ_BLOCK ((size_t)23)
#define LIMIT_STAGE_BATCH ((size_t)2)
#define LIMIT_READ_BATCH ((size_t)3)
#define LIMIT_MODEL_BATCH ((size_t)3)
#define LIMIT_SERVER_BATCH ((size_t)5)
#else
#define LIMIT_ARENA_CHUNK ((size_t)64 << 10)
#define LIMIT_READ_BLOCK ((size_t)1 << 18)
#define LIMIT_STAGE_BATCH ((size_t)1024)
#define LIMIT_READ_BATCH ((size_t)16384) // records between commits: fewer write index pages anew
// Conversations that a model is asked about between commits.
#define LIMIT_MODEL_BATCH ((size_t)64)   // in this process: four groups of the provider's
#define LIMIT_SERVER_BATCH ((size_t)2048) // many times what is in flight: stragglers cost little
#endif

#define LIMIT_RECORD_BYTES ((size_t)64 << 20) // one conversation record in an input file
#define LIMIT_READ_BYTES ((uint64_t)64 << 20) // of input between commits
#define LIMIT_RECORD_VALUES ((size_t)1 << 20) // JSON values of one record: 64 bytes of memory each
#define LIMIT_COLUMNS ((size_t)1024)          // of a table
#define LIMIT_JSON_DEPTH 256                  // nesting of one record
#define LIMIT_MESSAGE_BYTES ((size_t)1 << 20) // one line of log or error text
#define LIMIT_PATH_BYTES ((size_t)4096)
#define LIMIT_PROMPT_FILE ((size_t)1 << 20)
#define LIMIT_MODEL_FILE ((size_t)64 << 30)
#define LIMIT_THREADS 256
#define LIMIT_EMBED_TOKENS 512 // longest sequence of a BERT-type encoder
#define LIMIT_CLUSTERS ((size_t)1 << 20)

#endif
