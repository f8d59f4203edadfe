// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/map_place.h"

#include "vec/dot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_RADIUS 0.045
#define LARGEST_COVER 0.25
#define MARGIN 0.05
#define GAP 1.05 // circles keep a twentieth of their radii between them
#define N_ROUNDS 600
#define N_STEPS 40000 // along a spiral, whose last one is over a map's width away
#define REACH 3.0 // of the bell curve, in standard deviations
#define PI 3.14159265358979323846

void map_size_circles(struct map_circle *circles, size_t n)
{
    double largest = 0, cover = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, circles[i].weight);
    for (size_t i = 0; i < n; i++) {
        circles[i].radius = LARGEST_RADIUS * sqrt(circles[i].weight / largest);
        cover += PI * circles[i].radius * circles[i].radius;
    }
    double scale = cover > LARGEST_COVER ? sqrt(LARGEST_COVER / cover) : 1;
    for (size_t i = 0; i < n; i++)
        circles[i].radius *= scale;
}

static double into(double value, double radius)
{
    return fmin(1 - MARGIN - radius, fmax(MARGIN + radius, value));
}

static void keep_inside(struct map_circle *c)
{
    c->x = into(c->x, c->radius);
    c->y = into(c->y, c->radius);
}

void map_fit(struct map_circle *circles, size_t n)
{
    double low_x = HUGE_VAL, low_y = HUGE_VAL, high_x = -HUGE_VAL, high_y = -HUGE_VAL;
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        low_x = fmin(low_x, circles[i].x);
        low_y = fmin(low_y, circles[i].y);
        high_x = fmax(high_x, circles[i].x);
        high_y = fmax(high_y, circles[i].y);
        largest = fmax(largest, circles[i].radius);
    }
    double size = fmax(high_x - low_x, high_y - low_y);
    double scale = size > 0 ? (1 - 2 * (MARGIN + largest)) / size : 0;
    for (size_t i = 0; i < n; i++) {
        circles[i].x = 0.5 + (circles[i].x - (low_x + high_x) / 2) * scale;
        circles[i].y = 0.5 + (circles[i].y - (low_y + high_y) / 2) * scale;
    }
}

// By one number, the least first; ties in the order given, so that the work has one order.
struct place {
    double key;
    uint32_t i;
};

static int compare_places(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->i < b->i ? -1 : a->i > b->i;
}

// Which pairs are pushed apart, and how far.
struct push {
    double gap;        // of the sum of the radii: what they keep between their centers
    double seen, left; // of the smaller radius: an overlap from here on, and what stays of it
    bool lighter_alone;
};
static const struct push spread = { .gap = GAP };
static const struct push lighter = { 1, 0.1, 0.05, true }, both = { 1, 0.1, 0.05, false };

static double share_of_first(const struct map_circle *a, const struct map_circle *b, size_t i,
                             size_t j, const struct push *how)
{
    if (!how->lighter_alone)
        return b->weight / (a->weight + b->weight);
    return a->weight < b->weight || (!(a->weight > b->weight) && i > j) ? 1 : 0;
}

// Returns how far a and b overlapped, when that is too much.
static double push_apart(struct map_circle *a, struct map_circle *b, size_t i, size_t j,
                         const struct push *how)
{
    double dx = b->x - a->x, dy = b->y - a->y, distance = sqrt(dx * dx + dy * dy);
    double overlap = how->gap * (a->radius + b->radius) - distance;
    double smaller = fmin(a->radius, b->radius);
    if (!(overlap > how->seen * smaller + 1e-9))
        return 0;
    overlap -= how->left * smaller;
    if (!(distance > 1e-12)) { // at one place: a direction of their own for each pair
        double angle = (double)((i * 7 + j * 13) % 97) / 97 * 2 * PI;
        dx = cos(angle);
        dy = sin(angle);
        distance = 1;
    }
    double share = share_of_first(a, b, i, j, how);
    double step_x = overlap * dx / distance, step_y = overlap * dy / distance;
    a->x -= step_x * share;
    a->y -= step_y * share;
    b->x += step_x * (1 - share);
    b->y += step_y * (1 - share);
    keep_inside(a);
    keep_inside(b);
    return overlap;
}

static double spread_once(struct map_circle *circles, size_t n, struct place *order,
                          const struct push *how)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        order[i] = (struct place){ circles[i].x - GAP * circles[i].radius, (uint32_t)i };
    qsort(order, n, sizeof *order, compare_places);
    for (size_t p = 0; p < n; p++) {
        struct map_circle *a = &circles[order[p].i];
        for (size_t q = p + 1; q < n && order[q].key <= a->x + GAP * a->radius; q++)
            most = fmax(most, push_apart(a, &circles[order[q].i], order[p].i, order[q].i, how));
    }
    return most;
}

void map_spread(struct map_circle *circles, size_t n, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct place *order = arena_array(scratch, n + 1, sizeof *order);
    for (size_t i = 0; i < n; i++)
        keep_inside(&circles[i]);
    for (int round = 0; round < N_ROUNDS; round++)
        if (spread_once(circles, n, order, &spread) < 1e-6)
            break;
    arena_rewind(scratch, start);
}

bool map_has_fixed(const bool *fixed, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any = any || fixed[i];
    return any;
}

#define N_BESIDE 3

// The mean place of the nearest fixed circles.
static void place_beside(const struct matrix *centroids, const bool *fixed,
                         struct map_circle *circles, size_t n, size_t i)
{
    size_t near[N_BESIDE], n_near = 0;
    double alike[N_BESIDE], sum = 0, x = 0, y = 0;
    for (size_t j = 0; j < n; j++) {
        if (!fixed[j])
            continue;
        double s =
            dot_floats(matrix_row(centroids, i), matrix_row(centroids, j), centroids->n_cols);
        size_t at = n_near < N_BESIDE ? n_near++ : N_BESIDE;
        for (; at > 0 && s > alike[at - 1]; at--)
            if (at < N_BESIDE) {
                alike[at] = alike[at - 1];
                near[at] = near[at - 1];
            }
        if (at < N_BESIDE) {
            alike[at] = s;
            near[at] = j;
        }
    }
    for (size_t k = 0; k < n_near; k++) {
        double weight = fmax(alike[k], 0.01);
        weight = weight * weight * weight; // the nearest one counts most
        sum += weight;
        x += weight * circles[near[k]].x;
        y += weight * circles[near[k]].y;
    }
    circles[i].x = x / sum;
    circles[i].y = y / sum;
}

static bool is_free(const struct map_circle *circles, const bool *done, size_t n, size_t i)
{
    for (size_t j = 0; j < n; j++) {
        double dx = circles[j].x - circles[i].x, dy = circles[j].y - circles[i].y;
        double apart = GAP * (circles[j].radius + circles[i].radius);
        if (j != i && done[j] && dx * dx + dy * dy < apart * apart)
            return false;
    }
    return true;
}

// From where it is to the nearest free place on a spiral that ends outside the map; it stays when
// there is none.
static bool make_way(struct map_circle *circles, bool *done, size_t n, size_t i)
{
    double x = circles[i].x, y = circles[i].y;
    keep_inside(&circles[i]);
    bool free = is_free(circles, done, n, i);
    for (int step = 1; step < N_STEPS && !free; step++) {
        double angle = step * 2.39996322972865332, out = 0.006 * sqrt(step); // sunflower
        circles[i].x = x + out * cos(angle);
        circles[i].y = y + out * sin(angle);
        keep_inside(&circles[i]);
        free = is_free(circles, done, n, i);
    }
    if (!free) {
        circles[i].x = x;
        circles[i].y = y;
    }
    done[i] = true;
    return free;
}

// Parts fixed circles that lie on each other so that it can be seen: the lighter one of a pair
// moves, and where that does not end, both.
static void part_fixed(struct map_circle *circles, const bool *fixed, size_t n, struct arena *a)
{
    struct map_circle *part = arena_array(a, n + 1, sizeof *part);
    struct place *order = arena_array(a, n + 1, sizeof *order);
    double most = 1;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (fixed[i])
            part[m++] = circles[i];
    for (int round = 0; round < N_ROUNDS && most > 0; round++)
        most = spread_once(part, m, order, round < N_ROUNDS / 2 ? &lighter : &both);
    m = 0;
    for (size_t i = 0; i < n; i++)
        if (fixed[i])
            circles[i] = part[m++];
}

void map_place_new(const struct matrix *centroids, const bool *fixed, bool parts,
                   struct map_circle *circles, size_t n)
{
    struct arena a = { 0 };
    bool *done = arena_array(&a, n + 1, sizeof *done), all_free = true;
    memcpy(done, fixed, n * sizeof *done);
    if (parts)
        part_fixed(circles, fixed, n, &a);
    for (size_t i = 0; i < n; i++)
        if (!fixed[i]) {
            place_beside(centroids, fixed, circles, n, i);
            all_free = make_way(circles, done, n, i) && all_free;
        }
    if (!all_free)
        map_spread(circles, n, &a);
    arena_release(&a);
}

static double bell(double distance, double deviation)
{
    double z = distance / deviation;
    return fabs(z) > REACH ? 0 : exp(-z * z / 2);
}

// Weights of the cells along one axis for a center there; they sum to 1.
static void weigh_axis(double center, double deviation, double *weight)
{
    double sum = 0;
    for (size_t i = 0; i < MAP_CELLS; i++)
        sum += weight[i] = bell(((double)i + 0.5) / MAP_CELLS - center, deviation);
    for (size_t i = 0; i < MAP_CELLS; i++)
        weight[i] /= sum;
}

void map_density(const struct map_circle *circles, size_t n, double *cells)
{
    double along_x[MAP_CELLS], along_y[MAP_CELLS];
    memset(cells, 0, sizeof *cells * MAP_CELLS * MAP_CELLS);
    for (size_t i = 0; i < n; i++) {
        double deviation = fmax(circles[i].radius, 1.5 / MAP_CELLS);
        weigh_axis(circles[i].x, deviation, along_x);
        weigh_axis(circles[i].y, deviation, along_y);
        for (size_t y = 0; y < MAP_CELLS; y++)
            for (size_t x = 0; x < MAP_CELLS; x++)
                cells[y * MAP_CELLS + x] += circles[i].weight * along_x[x] * along_y[y];
    }
}
