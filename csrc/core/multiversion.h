// A function compiled for several levels of vector instructions.
#pragma once

// Before a function: the version for the highest level that the machine has is chosen when the module is loaded. What
// it calls must be inlined into it. The bits are the same at every level: lanes and the order of addition are the
// source's, and products are not contracted into sums. Elsewhere than on x86-64 there is one version, for the
// compiler's target.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__)
#define FAMUS_MULTIVERSION __attribute__((flatten, target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FAMUS_MULTIVERSION
#endif
