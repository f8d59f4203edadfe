// SPDX-License-Identifier: Apache-2.0
// Words of special categories (GDPR, article 9: health, sexual life, religion, politics; and being
// in prison, on drugs, bankrupt or a refugee), in English and the commonest of 19 languages more.
// What a person would not want to be found with. In the mode guarded such a word needs far more
// accounts than others, under far more noise, and where it has them no model chooses a title: a
// published attack (CLIOPATRA, arXiv 2603.09781) lets a model pick one patient's diagnosis among
// those that an attacker's accounts mention. Pure.
#ifndef SCAN_SENSITIVE_H
#define SCAN_SENSITIVE_H

#include "base/text.h"

// Accounts that such a word needs, the noise included, and the noise's scale: one account more
// changes the odds of anything shown by at most exp(1 / SENSITIVE_SCALE) = 1.105.
#define SENSITIVE_FLOOR 350
#define SENSITIVE_SCALE 10

// Whether a text, in any case, holds such a word or its English plural.
bool sensitive_has(struct str text);

#endif
