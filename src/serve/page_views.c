// SPDX-License-Identifier: Apache-2.0
// What the explorer asks for (docs/explorer.md, "Addresses"): first an index of all clusters in
// columns, then cells, time and details as the reader goes; the one-file report holds all four.
// All of it was released into the atlas; nothing is computed here.
#include "serve/page.h"

#include "base/json.h"

// Where text goes; after an error nothing more does.
struct out {
    struct buf *buf;
    struct err *err;
    int rc;
};

static void put(struct out *o, const char *text)
{
    if (!o->rc)
        o->rc = buf_add(o->buf, str_of(text), o->err);
}

static void put_str(struct out *o, struct str s)
{
    if (!o->rc)
        o->rc = json_put_str(o->buf, s, o->err);
}

static void put_int(struct out *o, int64_t v)
{
    if (!o->rc)
        o->rc = buf_add_i64(o->buf, v, o->err);
}

// Numbers of a page need six digits, not seventeen.
static void put_real(struct out *o, double v)
{
    if (!o->rc)
        o->rc = buf_printf(o->buf, o->err, "%.6g", v);
}

static void put_comma(struct out *o, size_t i)
{
    if (i)
        put(o, ",");
}

// "NAME":[ … one value a cluster … ]
enum column {
    COLUMN_ID,
    COLUMN_PARENT,
    COLUMN_LEVEL,
    COLUMN_TITLE,
    COLUMN_N,
    COLUMN_ACCOUNTS,
    COLUMN_X,
    COLUMN_Y,
    N_COLUMNS
};

// A ten-thousandth of the map is less than a pixel.
static void put_place(struct out *o, const struct atlas_cluster *c, double v)
{
    if (!c->placed)
        put(o, "null");
    else if (!o->rc)
        o->rc = buf_printf(o->buf, o->err, "%.4g", v);
}

static void put_value(struct out *o, const struct atlas_cluster *c, enum column column)
{
    switch (column) {
    case COLUMN_ID:
        put_int(o, c->id);
        break;
    case COLUMN_PARENT:
        put_int(o, c->parent_id);
        break;
    case COLUMN_LEVEL:
        put_int(o, c->level);
        break;
    case COLUMN_TITLE:
        c->withheld ? put(o, "null") : put_str(o, c->title);
        break;
    case COLUMN_N:
        put_int(o, c->n_conversations);
        break;
    case COLUMN_ACCOUNTS:
        c->n_accounts < 0 ? put(o, "null") : put_int(o, c->n_accounts);
        break;
    case COLUMN_X:
        put_place(o, c, c->x);
        break;
    case COLUMN_Y:
        put_place(o, c, c->y);
        break;
    case N_COLUMNS:
        break;
    }
}

// Without the column of ids when they are 1, 2, 3 …, as the stage publish numbers them.
static void put_columns(struct out *o, const struct atlas_cluster *list, size_t n)
{
    bool counted = true;
    for (size_t i = 0; i < n; i++)
        counted = counted && list[i].id == (int64_t)i + 1;
    static const char *const names[N_COLUMNS] = { "\"id\":[",      "\"parent\":[",
                                                  "],\"level\":[", "],\"title\":[",
                                                  "],\"n\":[",     "],\"accounts\":[",
                                                  "],\"x\":[",     "],\"y\":[" };
    put(o, "\"clusters\":{");
    for (int column = 0; column < N_COLUMNS; column++) {
        if (column == COLUMN_ID && counted)
            continue;
        put(o, names[column]);
        for (size_t i = 0; i < n; i++) {
            put_comma(o, i);
            put_value(o, &list[i], (enum column)column);
        }
        put(o, column == COLUMN_ID ? "]," : "");
    }
    put(o, "]}");
}

static void put_run(struct out *o, struct atlas *atlas, struct arena *a)
{
    struct atlas_info *info;
    size_t n = 0;
    if (!o->rc)
        o->rc = atlas_run_info(atlas, a, &info, &n, o->err);
    put(o, "{\"run\":{");
    for (size_t i = 0; !o->rc && i < n; i++) {
        put_comma(o, i);
        put_str(o, info[i].key);
        put(o, ":");
        put_str(o, info[i].value);
    }
    put(o, "},");
}

// The facets that are clustered, where there are several.
static void put_trees(struct out *o, struct atlas *atlas, struct arena *a)
{
    struct atlas_tree *list;
    size_t n = 0;
    if (!o->rc)
        o->rc = atlas_trees(atlas, a, &list, &n, o->err);
    if (n < 2)
        return;
    put(o, "\"trees\":[");
    for (size_t i = 0; !o->rc && i < n; i++) {
        put_comma(o, i);
        put_str(o, list[i].facet);
    }
    put(o, "],");
}

static void put_corpus_facets(struct out *o, struct atlas *atlas, struct arena *a)
{
    struct atlas_facet *list;
    size_t n = 0;
    if (!o->rc)
        o->rc = atlas_corpus_facets(atlas, a, &list, &n, o->err);
    put(o, ",\"facets\":{");
    for (size_t i = 0; !o->rc && i < n; i++) {
        bool first = i == 0 || !str_equal(list[i].facet, list[i - 1].facet);
        if (first) {
            put(o, i ? "]," : "");
            put_str(o, list[i].facet);
        }
        put(o, first ? ":[[" : ",[");
        put_str(o, list[i].value);
        put(o, ",");
        put_int(o, list[i].n_conversations);
        put(o, ",");
        put_real(o, list[i].share);
        put(o, "]");
    }
    put(o, n ? "]}" : "}");
}

static void put_density(struct out *o, struct atlas *atlas, struct arena *a)
{
    struct atlas_cell *cells;
    size_t n = 0;
    if (!o->rc)
        o->rc = atlas_density(atlas, a, &cells, &n, o->err);
    put(o, ",\"density\":[");
    for (size_t i = 0; !o->rc && i < n; i++)
        o->rc = buf_printf(o->buf, o->err, "%s[%d,%d,%.3g]", i ? "," : "", cells[i].i_x,
                           cells[i].i_y, cells[i].weight);
}

static void put_stages(struct out *o, struct atlas *atlas, struct arena *a)
{
    struct atlas_stage *list;
    size_t n = 0;
    if (!o->rc)
        o->rc = atlas_stages(atlas, a, &list, &n, o->err);
    put(o, "],\"stages\":[");
    for (size_t i = 0; !o->rc && i < n; i++) {
        put(o, i ? ",[" : "[");
        put_str(o, list[i].name);
        put(o, ",");
        put_int(o, list[i].n_in);
        put(o, ",");
        put_int(o, list[i].n_out);
        put(o, "]");
    }
}

// The rows from `from` of the same facet or measure.
static size_t end_of_facet(const struct atlas_row *rows, size_t n, size_t from)
{
    size_t end = from;
    while (end < n && str_equal(rows[end].a, rows[from].a))
        end++;
    return end;
}

// "measures":{"coherence":{"cluster":[…],"value":[…]}}}, the end of the answer
static void put_measures(struct out *o, struct atlas *atlas, struct arena *a)
{
    struct atlas_row *rows;
    size_t n = 0;
    if (!o->rc)
        o->rc = atlas_rows(atlas, ATLAS_MEASURE_ROWS, a, &rows, &n, o->err);
    put(o, ",\"measures\":{");
    for (size_t i = 0, end; !o->rc && i < n; i = end) {
        end = end_of_facet(rows, n, i);
        put_comma(o, i);
        put_str(o, rows[i].a);
        put(o, ":{\"cluster\":[");
        for (size_t j = i; j < end; j++) {
            put_comma(o, j - i);
            put_int(o, rows[j].cluster_id);
        }
        put(o, "],\"value\":[");
        for (size_t j = i; j < end; j++) {
            put_comma(o, j - i);
            put_real(o, (double)rows[j].number / 1000);
        }
        put(o, "]}");
    }
    put(o, "}}");
}

static struct str find_info(struct out *o, struct atlas *atlas, struct arena *a, const char *key)
{
    struct atlas_info *info;
    size_t n = 0;
    if (!o->rc)
        o->rc = atlas_run_info(atlas, a, &info, &n, o->err);
    for (size_t i = 0; !o->rc && i < n; i++)
        if (str_equal(info[i].key, str_of(key)))
            return info[i].value;
    return STR_LIT("");
}

static void put_periods(struct out *o, struct atlas *atlas, struct arena *a)
{
    struct atlas_period *list;
    size_t n = 0;
    if (!o->rc)
        o->rc = atlas_periods(atlas, a, &list, &n, o->err);
    struct str step = find_info(o, atlas, a, "period_step");
    if (o->rc || !n) {
        put(o, "],\"periods\":null");
        return;
    }
    put(o, "],\"periods\":{\"step\":");
    put_str(o, step);
    put(o, ",\"first\":[");
    for (size_t i = 0; i < n; i++) {
        put_comma(o, i);
        put_str(o, list[i].first_day);
    }
    put(o, "],\"n\":[");
    for (size_t i = 0; i < n; i++) {
        put_comma(o, i);
        list[i].n_conversations < 0 ? put(o, "null") : put_int(o, list[i].n_conversations);
    }
    put(o, "]}");
}

// ,"lineage":{"releases":[[id,day,n,base],…],"events":[[release,kind,id,other,title],…]}}, the end
// of the answer; null for an atlas that never grew
static void put_lineage(struct out *o, struct atlas *atlas, struct arena *a)
{
    struct atlas_release *releases;
    struct atlas_event *events;
    size_t n = 0, n_events = 0;
    if (!o->rc)
        o->rc = atlas_releases(atlas, a, &releases, &n, o->err);
    if (!o->rc)
        o->rc = atlas_lineage(atlas, a, &events, &n_events, o->err);
    if (o->rc || !n) {
        put(o, ",\"lineage\":null}");
        return;
    }
    put(o, ",\"lineage\":{\"releases\":[");
    for (size_t i = 0; i < n; i++) {
        put(o, i ? ",[" : "[");
        put_int(o, releases[i].id);
        put(o, ",");
        releases[i].last_day.len ? put_str(o, releases[i].last_day) : put(o, "null");
        put(o, ",");
        put_int(o, releases[i].n_conversations);
        put(o, ",");
        put_int(o, releases[i].n_base);
        put(o, "]");
    }
    put(o, "],\"events\":[");
    for (size_t i = 0; i < n_events; i++) {
        put(o, i ? ",[" : "[");
        put_int(o, events[i].release_id);
        put(o, ",");
        put_str(o, events[i].kind);
        put(o, ",");
        put_int(o, events[i].cluster_id);
        put(o, ",");
        events[i].other_id ? put_int(o, events[i].other_id) : put(o, "null");
        put(o, ",");
        events[i].title.len ? put_str(o, events[i].title) : put(o, "null");
        put(o, "]");
    }
    put(o, "]}}");
}

int page_index(struct atlas *atlas, struct buf *buf, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_cluster *list;
    size_t n = 0;
    struct out o = { buf, err, 0 };
    o.rc = atlas_clusters(atlas, &a, &list, &n, err);
    put_run(&o, atlas, &a);
    put_trees(&o, atlas, &a);
    put_columns(&o, list, n);
    put_corpus_facets(&o, atlas, &a);
    put_density(&o, atlas, &a);
    put_stages(&o, atlas, &a);
    put_periods(&o, atlas, &a);
    put_lineage(&o, atlas, &a);
    arena_release(&a);
    return o.rc;
}

// "FACET":{"values":[…],"cluster":[…],"value":[…],"n":[…]}
static void put_facet_columns(struct out *o, const struct atlas_row *rows, size_t n)
{
    int64_t value = -1;
    put_str(o, rows[0].a);
    put(o, ":{\"values\":[");
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_equal(rows[i].b, rows[i - 1].b)) {
            put_comma(o, i);
            put_str(o, rows[i].b);
        }
    put(o, "],\"cluster\":[");
    for (size_t i = 0; i < n; i++) {
        put_comma(o, i);
        put_int(o, rows[i].cluster_id);
    }
    put(o, "],\"value\":[");
    for (size_t i = 0; i < n; i++) {
        put_comma(o, i);
        value += i == 0 || !str_equal(rows[i].b, rows[i - 1].b);
        put_int(o, value);
    }
    put(o, "],\"n\":[");
    for (size_t i = 0; i < n; i++) {
        put_comma(o, i);
        put_int(o, rows[i].n_conversations);
    }
    put(o, "]}");
}

static void put_pairs(struct out *o, const struct atlas_pair *list, size_t n)
{
    put(o, "},\"pairs\":[");
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || !str_equal(list[i].facet_a, list[i - 1].facet_a) ||
                     !str_equal(list[i].facet_b, list[i - 1].facet_b);
        if (first) {
            put(o, i ? "]},{\"a\":" : "{\"a\":");
            put_str(o, list[i].facet_a);
            put(o, ",\"b\":");
            put_str(o, list[i].facet_b);
        }
        put(o, first ? ",\"cells\":[[" : ",[");
        put_str(o, list[i].value_a);
        put(o, ",");
        put_str(o, list[i].value_b);
        put(o, ",");
        put_int(o, list[i].n_conversations);
        put(o, "]");
    }
    put(o, n ? "]}]" : "]");
}

int page_cells(struct atlas *atlas, struct buf *buf, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_row *rows;
    struct atlas_pair *pairs;
    size_t n = 0, n_pairs = 0;
    struct out o = { buf, err, 0 };
    o.rc = atlas_rows(atlas, ATLAS_FACET_ROWS, &a, &rows, &n, err);
    if (!o.rc)
        o.rc = atlas_pairs(atlas, &a, &pairs, &n_pairs, err);
    put(&o, "{\"facets\":{");
    for (size_t i = 0, end; !o.rc && i < n; i = end) {
        end = end_of_facet(rows, n, i);
        put_comma(&o, i);
        put_facet_columns(&o, rows + i, end - i);
    }
    if (!o.rc)
        put_pairs(&o, pairs, n_pairs);
    put_measures(&o, atlas, &a);
    arena_release(&a);
    return o.rc;
}

int page_time(struct atlas *atlas, struct buf *buf, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_row *rows;
    size_t n = 0;
    struct out o = { buf, err, 0 };
    o.rc = atlas_rows(atlas, ATLAS_TIME_ROWS, &a, &rows, &n, err);
    static const char *const names[] = { "{\"cluster\":[", "],\"period\":[", "],\"n\":[" };
    for (size_t column = 0; column < COUNT_OF(names); column++) {
        put(&o, names[column]);
        for (size_t i = 0; !o.rc && i < n; i++) {
            put_comma(&o, i);
            put_int(&o, column == 0   ? rows[i].cluster_id
                        : column == 1 ? rows[i].number
                                      : rows[i].n_conversations);
        }
    }
    put(&o, "]}");
    arena_release(&a);
    return o.rc;
}

// Rows in the order of clusters, and how far they were taken.
struct rows {
    struct atlas_row *list;
    size_t n, i;
};
static bool next_row(struct rows *rows, int64_t cluster_id, struct atlas_row *row)
{
    while (rows->i < rows->n && rows->list[rows->i].cluster_id < cluster_id)
        rows->i++;
    if (rows->i >= rows->n || rows->list[rows->i].cluster_id != cluster_id)
        return false;
    *row = rows->list[rows->i++];
    return true;
}

struct detail_rows {
    struct rows phrases, near, facets, times;
};

static void put_detail_facets(struct out *o, const struct atlas_cluster *c, struct rows *rows)
{
    struct atlas_row row;
    struct str facet = STR_LIT("");
    bool any = false;
    put(o, "],\"facets\":{");
    while (next_row(rows, c->id, &row)) {
        bool first = !any || !str_equal(row.a, facet);
        if (first) {
            put(o, any ? "]," : "");
            put_str(o, row.a);
        }
        put(o, first ? ":[[" : ",[");
        put_str(o, row.b);
        put(o, ",");
        put_int(o, row.n_conversations);
        put(o, ",");
        put_real(o, (double)row.n_conversations / (double)c->n_conversations);
        put(o, "]");
        facet = row.a;
        any = true;
    }
    put(o, any ? "]}" : "}");
}

// "phrases":[…],"support":[…], as many of both; 0: not told
static void put_phrases(struct out *o, int64_t id, struct rows *rows)
{
    struct atlas_row row;
    size_t first = rows->i;
    put(o, ",\"phrases\":[");
    for (size_t i = 0; next_row(rows, id, &row); i++) {
        put_comma(o, i);
        put_str(o, row.a);
    }
    while (first < rows->i && rows->list[first].cluster_id < id)
        first++;
    put(o, "],\"support\":[");
    for (size_t i = first; i < rows->i; i++) {
        put_comma(o, i - first);
        put_int(o, rows->list[i].number);
    }
    put(o, "]");
}

static void put_detail(struct out *o, const struct atlas_cluster *c, struct detail_rows *rows)
{
    struct atlas_row row;
    put(o, "{\"id\":");
    put_int(o, c->id);
    put(o, ",\"summary\":");
    c->withheld ? put(o, "null") : put_str(o, c->summary);
    put_phrases(o, c->id, &rows->phrases);
    put(o, ",\"near\":[");
    for (size_t i = 0; next_row(&rows->near, c->id, &row); i++) {
        put_comma(o, i);
        put_int(o, row.number);
    }
    put_detail_facets(o, c, &rows->facets);
    put(o, ",\"time\":[");
    for (size_t i = 0; next_row(&rows->times, c->id, &row); i++) {
        put(o, i ? ",[" : "[");
        put_int(o, row.number);
        put(o, ",");
        put_int(o, row.n_conversations);
        put(o, "]");
    }
    put(o, "]}");
}

int page_details(struct atlas *atlas, struct buf *buf, struct page_slices *slices, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_cluster *list;
    size_t n = 0;
    struct detail_rows rows = { 0 };
    struct out o = { buf, err, 0 };
    o.rc = atlas_clusters(atlas, &a, &list, &n, err);
    if (!o.rc)
        o.rc = atlas_rows(atlas, ATLAS_PHRASE_ROWS, &a, &rows.phrases.list, &rows.phrases.n, err);
    if (!o.rc)
        o.rc = atlas_rows(atlas, ATLAS_NEAR_ROWS, &a, &rows.near.list, &rows.near.n, err);
    if (!o.rc)
        o.rc = atlas_rows(atlas, ATLAS_DETAIL_ROWS, &a, &rows.facets.list, &rows.facets.n, err);
    if (!o.rc)
        o.rc = atlas_rows(atlas, ATLAS_TIME_ROWS, &a, &rows.times.list, &rows.times.n, err);
    if (!o.rc)
        atlas_sort_by_id(list, n);
    if (!o.rc && slices)
        slices->list = arena_array(&slices->arena, n + 1, sizeof *slices->list);
    put(&o, "[");
    for (size_t i = 0; !o.rc && i < n; i++) {
        put_comma(&o, i);
        size_t from = buf->len;
        put_detail(&o, &list[i], &rows);
        if (slices)
            slices->list[slices->n++] = (struct page_slice){ list[i].id, from, buf->len - from };
    }
    put(&o, "]");
    arena_release(&a);
    return o.rc;
}

int page_choose(struct atlas *atlas, struct atlas *other, struct str facet, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_tree *list;
    size_t n = 0;
    int rc = atlas_choose_tree(atlas, facet, err);
    if (!rc && other)
        rc = atlas_trees(other, &a, &list, &n, err);
    for (size_t i = 1; !rc && i < n; i++)
        if (str_equal(list[i].facet, facet))
            list[0] = list[i];
    if (!rc && n)
        rc = atlas_choose_tree(other, list[0].facet, err);
    arena_release(&a);
    return rc;
}

int page_other(struct atlas *other, struct buf *buf, struct err *err)
{
    if (!other)
        return buf_add(buf, STR_LIT("null"), err);
    int rc = buf_add(buf, STR_LIT("{\"index\":"), err);
    if (!rc)
        rc = page_index(other, buf, err);
    if (!rc)
        rc = buf_add(buf, STR_LIT(",\"details\":"), err);
    if (!rc)
        rc = page_details(other, buf, NULL, err);
    return rc ? rc : buf_add_char(buf, '}', err);
}

size_t page_first_from(const void *list, size_t n, size_t width, int64_t least)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t there;
        memcpy(&there, (const char *)list + middle * width, sizeof there);
        if (there < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct page_slice *page_slice_of(const struct page_slices *slices, int64_t id)
{
    size_t at = page_first_from(slices->list, slices->n, sizeof *slices->list, id);
    return at < slices->n && slices->list[at].id == id ? &slices->list[at] : NULL;
}
