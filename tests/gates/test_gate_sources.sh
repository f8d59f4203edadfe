# SPDX-License-Identifier: Apache-2.0
# check-headers, check-names and check-paths are seen objecting to planted faults.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/plant.sh"
need_tool gcc nm
copy_tree

# A header that leans on what its includer included before.
printf '#ifndef BASE_PLANTED_H\n#define BASE_PLANTED_H\nsize_t planted(struct str s);\n#endif\n' \
    >"$TREE/src/base/planted.h"
objects 'src/base/planted.h: does not compile alone' "$SOURCE/tools/check-headers" "$TREE"
printf '#include "base/text.h"\nenum { PLANTED };\n' >"$TREE/src/base/planted.h"
objects 'src/base/planted.h: no include guard' "$SOURCE/tools/check-headers" "$TREE"
rm "$TREE/src/base/planted.h"

# Names: twice the same file name, a typedef of a struct, a type in _t.
cp "$TREE/src/base/buf.c" "$TREE/src/store/buf.c"
objects 'buf.c stands twice' "$SOURCE/tools/check-names" "$TREE"
rm "$TREE/src/store/buf.c"
printf 'typedef struct planted planted;\n' >"$TREE/src/base/planted.h"
objects 'src/base/planted.h:1:typedef struct' "$SOURCE/tools/check-names" "$TREE"
printf 'typedef int planted_t;\n' >"$TREE/src/base/planted.h"
objects 'src/base/planted.h:1:typedef int planted_t' "$SOURCE/tools/check-names" "$TREE"
rm "$TREE/src/base/planted.h"

# The library: a name that clio.h does not declare, and one that it declares and nobody wrote.
mkdir -p "$TREE/include"
printf '#ifndef CLIO_H\n#define CLIO_H\nint clio_one(void);\nint clio_two(void);\n#endif\n' \
    >"$TREE/include/clio.h"
touch "$TREE/src/clio.c"
printf 'int clio_one(void) { return 1; }\nint helper(void) { return 2; }\n' >"$TMP/lib.c"
gcc -shared -fPIC -o "$TMP/libclio.so" "$TMP/lib.c"
objects 'helper: declared in include/ or exported' \
    "$SOURCE/tools/check-names" "$TREE" "$TMP/libclio.so"
expect_text "$TMP/gate" 'clio_two: declared in include/ or exported'
expect_no_text "$TMP/gate" 'clio_one:'

# Paths of a machine, hosts of registries, and a source without its licence line.
printf '// SPDX-License-Identifier: Apache-2.0\n// see /ro%s/notes\n' 'ot' \
    >"$TREE/src/base/planted.c"
objects 'src/base/planted.c:2' "$SOURCE/tools/check-paths" "$TREE"
printf '// SPDX-License-Identifier: Apache-2.0\n// https://py%s.org/simple\n' 'pi' \
    >"$TREE/src/base/planted.c"
objects 'src/base/planted.c:2' "$SOURCE/tools/check-paths" "$TREE"
printf 'int planted;\n' >"$TREE/src/base/planted.c"
objects 'src/base/planted.c: no licence line' "$SOURCE/tools/check-paths" "$TREE"
