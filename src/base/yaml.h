// SPDX-License-Identifier: Apache-2.0
// A small YAML file as a tree in an arena. base/yaml.c is the one door to libyaml. The input is
// hostile: size, depth and the number of nodes are bounded, and what such a file does not need is
// refused: anchors and aliases (which can blow up), tags, several documents, keys twice.
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/arena.h"

#define YAML_MOST_BYTES ((size_t)256 << 10)
#define YAML_MOST_NODES ((size_t)4096)
#define YAML_MOST_DEPTH ((size_t)8)

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };
struct yaml_node {
    enum yaml_kind kind;
    size_t line;             // 1, 2, 3 …
    struct str key;          // of a member of a map
    struct str text;         // YAML_TEXT: without quotes; every scalar is text here
    struct yaml_node *first; // of a list or map, in the order of the file
    struct yaml_node *next;
};

// `name` stands in errors before the line. ERR_CONFIG says what is wrong, where, and what to do.
int yaml_read(struct str text, const char *name, struct arena *a, struct yaml_node **root,
              struct err *err) MUST_USE;
// NULL when there is none, or when the node is NULL or no map.
const struct yaml_node *yaml_member(const struct yaml_node *map, const char *key);

#endif
