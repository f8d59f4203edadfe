// SPDX-License-Identifier: Apache-2.0
// Shared by the reader and the writer of the atlas; private to store/.
#ifndef STORE_ATLAS_INT_H
#define STORE_ATLAS_INT_H

#include "base/arena.h"
#include "store/sql.h"

#define ATLAS_APPLICATION 1129072961 // 'CLIA', as in atlas.sql
#define ATLAS_VERSION 1

struct atlas {
    struct sql *sql;
};


#endif
