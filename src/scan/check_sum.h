// SPDX-License-Identifier: Apache-2.0
// Check digits. Digits come as text; what is no digit or letter between them is passed over.
#ifndef SCAN_CHECK_SUM_H
#define SCAN_CHECK_SUM_H

#include "base/text.h"

bool check_luhn(struct str s); // ISO/IEC 7812-1 annex B: payment cards
// Base58 of 21 bytes and the first four of their SHA-256 twice over: an address of Bitcoin.
bool check_base58(struct str s);
bool check_bech32(struct str s); // the newer form, bc1…: BIP 173 and 350
bool check_iban(struct str s); // ISO 13616: 15 … 34 characters, ISO 7064 mod 97-10
size_t count_digits(struct str s);

#endif
