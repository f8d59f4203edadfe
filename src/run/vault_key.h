// SPDX-License-Identifier: Apache-2.0
// The key of an encrypted vault, from where the settings `vault-key` and `vault-passphrase-from`
// say. A passphrase is never an argument of the command: it comes from the terminal, a descriptor
// or a variable.
#ifndef RUN_VAULT_KEY_H
#define RUN_VAULT_KEY_H

#include "run/config.h"
#include "store/secret.h"

struct vault_key_room {
    struct seal_secret secret;
    char passphrase[1024];
};
// room->secret.kind is SEAL_NO_SECRET when neither setting is given. `is_new`: there is no vault
// yet; a key file that is not there is made (mode 0600), and a passphrase is asked for twice.
// `dir` is the run's directory, where the key must not lie. Wipe *room after use.
int vault_key_read(const struct config *config, const char *dir, bool is_new,
                   struct vault_key_room *room, struct err *err) MUST_USE;

#endif
