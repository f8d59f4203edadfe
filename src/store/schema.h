// SPDX-License-Identifier: Apache-2.0
// The text of vault.sql, atlas.sql and safety.sql, embedded at build by cmake/embed.cmake; private
// to store/.
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

const char *schema_vault(void);
const char *schema_atlas(void);
const char *schema_safety(void);
const char *schema_access(void);

#endif
