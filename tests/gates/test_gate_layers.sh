# SPDX-License-Identifier: Apache-2.0
# tools/check-layers is seen objecting to each kind of forbidden include.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/plant.sh"
copy_tree

gate() { "$SOURCE/tools/check-layers" "$TREE"; }
gate >"$TMP/clean" || { cat "$TMP/clean"; fail "the sources themselves break the layers"; }

plant() { printf '// SPDX-License-Identifier: Apache-2.0\n%s\n' "$2" >"$TREE/src/$1"; }

# A folder that the layers do not allow.
plant base/planted.c '#include "store/vault.h"'
objects 'src/base/planted.c:2: base may not include store/vault.h' gate
rm "$TREE/src/base/planted.c"

# The server and the vault: directly, and through a header of its own.
mkdir -p "$TREE/src/serve"
plant serve/planted.c '#include "store/vault.h"'
objects 'src/serve/planted.c: reaches store/vault.h' gate
plant serve/planted.c '#include "serve/planted.h"'
plant serve/planted.h '#include "store/atlas.h"'
passes 'planted' gate
printf '#include "store/vault_conversation.h"\n' >>"$TREE/src/store/atlas.h"
objects 'reaches store/vault_conversation.h: serve/planted.c > serve/planted.h > store/atlas.h' gate
cp "$SOURCE/src/store/atlas.h" "$TREE/src/store/atlas.h"
# What can name the vault is handed to the server, never named by it.
plant serve/planted.h '#include "inspect/inspect.h"'
objects 'src/serve/planted.h:2: serve may not include inspect/inspect.h' gate
rm "$TREE/src/serve/planted."*

# A foreign library through another door, one without a door, and store's private header.
plant ingest/planted.c '#include <sqlite3.h>' 2>/dev/null || { mkdir "$TREE/src/ingest"
    plant ingest/planted.c '#include <sqlite3.h>'; }
objects 'src/ingest/planted.c:2: only store/sql.c and store/sealed_vfs.c may include sqlite3.h' gate
plant ingest/planted.c '#include <openssl/md5.h>'
objects 'src/ingest/planted.c:2: openssl/md5.h has no door' gate
plant ingest/planted.c '#include "store/sql.h"'
objects 'src/ingest/planted.c:2: store/sql.h is private to store/' gate

# A clean text made outside the release.
plant ingest/planted.c 'struct clean c = { { "x", 1 } };'
objects 'src/ingest/planted.c:2: only privacy/release.c may make a struct clean' gate
