// SPDX-License-Identifier: Apache-2.0
// What opens an encrypted vault: a key out of a file, or a passphrase. run/vault_key.h gets it from
// the person; seal.h uses it.
#ifndef STORE_SECRET_H
#define STORE_SECRET_H

#include "base/crypto.h"

enum seal_secret_kind { SEAL_NO_SECRET, SEAL_KEY_FILE, SEAL_PASSPHRASE };
struct seal_secret { // wipe after use
    enum seal_secret_kind kind;
    struct seal_key key;   // SEAL_KEY_FILE
    struct str passphrase; // SEAL_PASSPHRASE; borrowed
};

#endif
