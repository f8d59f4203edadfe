// SPDX-License-Identifier: Apache-2.0
// GELU, x · Φ(x), where its result is rounded anyway (Hendrycks and Gimpel 2016):
// Φ(x) = ½ + ½ · x · p(x²), p by least squares over |x| < 3.9, x held to that for p. Off by 2e-5 at
// most for |x| < 3.9, by 5e-5 · |x| beyond.
#ifndef VEC_GELU_H
#define VEC_GELU_H

#define GELU_END 3.9F
static const float gelu_terms[] = { 1.65665922e-10F,  -1.41775464e-08F, 5.44364574e-07F,
                                    -1.25507565e-05F, 0.000196976094F,  -0.00226106532F,
                                    0.0197291532F,    -0.13277798F,     0.7978226F };

#endif
