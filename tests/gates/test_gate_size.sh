# SPDX-License-Identifier: Apache-2.0
# tools/check-size is seen objecting to what is too large, and letting a stated exception pass.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/plant.sh"
need_tool ctags
copy_tree
gate() { "$SOURCE/tools/check-size" "$TREE"; }

# lines N: a function body of N statements.
lines() { for ((i = 0; i < $1; i++)); do printf '    x += %d;\n' "$i"; done; }

{ printf 'int long_one(int x)\n{\n' && lines 87 && printf '    return x;\n}\n'; } \
    >"$TREE/src/base/planted.c"
objects 'src/base/planted.c:1: long_one: function 91, at most 80' gate
printf 'src/base/planted.c:long_one function 95 a table that reads best whole\n' \
    >>"$TREE/docs/decisions/exceptions.txt"
passes 'long_one' gate

{ printf 'int many(int x)\n{\n'
    for ((i = 0; i < 20; i++)); do printf '    if (x == %d && x)\n        return 1;\n' "$i"; done
    printf '    return x;\n}\n'; } >"$TREE/src/base/planted.c"
objects 'src/base/planted.c:1: many: complexity 41, at most 20' gate

lines 701 >"$TREE/src/base/planted.c"
objects 'src/base/planted.c: lines 701, at most 700' gate
lines 151 >"$TREE/src/base/planted.h"
objects 'src/base/planted.h: header 151, at most 150' gate
printf '// %098d\n' 0 >"$TREE/src/base/planted.c"
objects 'src/base/planted.c:1: columns 101, at most 100' gate
printf '// é%096d\n' 0 >"$TREE/src/base/planted.c"
passes 'planted.c' gate
