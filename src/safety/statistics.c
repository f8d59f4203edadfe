// SPDX-License-Identifier: Apache-2.0
#include "safety/statistics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define MOST_STEPS 10000
#define CLOSE 1e-14

// Regularised incomplete gamma functions by series and by continued fraction (Abramowitz and Stegun
// 6.5.29, 6.5.31); incomplete beta by continued fraction (26.5.8), all with Lentz's method.

static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

static double gamma_series(double a, double x) // P(a, x) for x < a + 1
{
    double term = 1 / a, sum = term;
    for (int i = 1; i < MOST_STEPS && fabs(term) > fabs(sum) * CLOSE; i++) {
        term *= x / (a + i);
        sum += term;
    }
    return sum * exp(-x + a * log(x) - log_gamma(a));
}

static double gamma_fraction(double a, double x) // Q(a, x) for x ≥ a + 1
{
    double b = x + 1 - a, c = 1 / DBL_MIN, d = 1 / b, h = d;
    for (int i = 1; i < MOST_STEPS; i++) {
        double an = -i * (i - a);
        b += 2;
        d = an * d + b;
        d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
        c = b + an / c;
        c = fabs(c) < DBL_MIN ? DBL_MIN : c;
        h *= d * c;
        if (fabs(d * c - 1) < CLOSE)
            break;
    }
    return exp(-x + a * log(x) - log_gamma(a)) * h;
}

double poisson_tail(double k, double mean)
{
    if (k <= 0)
        return 1;
    if (mean <= 0)
        return 0;
    return mean < k + 1 ? gamma_series(k, mean) : 1 - gamma_fraction(k, mean);
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
    double h = d;
    for (int m = 1; m < MOST_STEPS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double steps[2] = { even, odd }, change = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + steps[i] * d;
            d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
            c = 1 + steps[i] / c;
            c = fabs(c) < DBL_MIN ? DBL_MIN : c;
            change = d * c;
            h *= change;
        }
        if (fabs(change - 1) < CLOSE)
            break;
    }
    return h;
}

static double beta_regular(double a, double b, double x) // I_x(a, b)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double binomial_upper(double k, double n, double share)
{
    if (k <= 0)
        return 1;
    return k > n ? 0 : beta_regular(k, n - k + 1, share);
}

double binomial_lower(double k, double n, double share)
{
    if (k >= n)
        return 1;
    return k < 0 ? 0 : beta_regular(n - k, k + 1, 1 - share);
}

double normal_tail(double z)
{
    return 0.5 * erfc(z / sqrt(2.0));
}

static double spread_sd(double n, double share, double rho)
{
    return sqrt(n * share * (1 - share) * (1 + (n - 1) * rho));
}

double spread_upper(double k, double n, double share, double rho)
{
    double exact = binomial_upper(k, n, share), sd = spread_sd(n, share, rho);
    if (rho <= 0 || sd <= 0)
        return exact;
    double wide = normal_tail((k - 0.5 - n * share) / sd);
    return wide > exact ? wide : exact;
}

double spread_lower(double k, double n, double share, double rho)
{
    return spread_upper(n - k, n, 1 - share, rho);
}

struct interval wilson(double k, double n)
{
    if (n <= 0)
        return (struct interval){ 0, 1 };
    double p = k / n, z2 = Z_95 * Z_95, scale = 1 + z2 / n;
    double middle = (p + z2 / (2 * n)) / scale;
    double half = Z_95 / scale * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    return (struct interval){ fmax(0, middle - half), fmin(1, middle + half) };
}

struct interval ratio_interval(double a, double n_a, double b, double n_b)
{
    if (a <= 0 || b <= 0) {
        a += 0.5, b += 0.5;
        n_a += 1, n_b += 1;
    }
    double middle = log(a / n_a) - log(b / n_b);
    double half = Z_95 * sqrt(fmax(0, 1 / a - 1 / n_a) + fmax(0, 1 / b - 1 / n_b));
    return (struct interval){ exp(middle - half), exp(middle + half) };
}

bool pearson(const double *x, const double *y, size_t n, double *r)
{
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        mean_x += x[i] / (double)n;
        mean_y += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    if (n < 3 || xx < 1e-12 || yy < 1e-12)
        return false;
    *r = fmax(-1, fmin(1, xy / sqrt(xx * yy)));
    return true;
}

struct interval fisher(double r, size_t n)
{
    double z = atanh(fmax(-0.999999, fmin(0.999999, r)));
    double half = Z_95 / sqrt((double)n - 3);
    return (struct interval){ tanh(z - half), tanh(z + half) };
}

static int by_p(const void *x, const void *y, void *context)
{
    const double *p = context;
    size_t i = *(const size_t *)x, j = *(const size_t *)y;
    if (p[i] != p[j])
        return p[i] < p[j] ? -1 : 1;
    return (i > j) - (i < j);
}

void false_discovery(const double *p, size_t n, size_t *order, double *q)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, by_p, (void *)(uintptr_t)p);
    double least = 1;
    for (size_t i = n; i-- > 0;) {
        least = fmin(least, p[order[i]] * (double)n / (double)(i + 1));
        q[order[i]] = least;
    }
}
