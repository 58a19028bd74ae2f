// Instructions of loongarch64 that Swift has no words for.

#pragma once
#include <stdint.h>

/// A word of what the CPU says of itself. Source: LoongArch Reference Manual vol. 1 §2.2.10.5.
static inline uint64_t mnos_cpucfg(uint64_t word) {
  uint64_t value;
  __asm__ volatile("cpucfg %0, %1" : "=r"(value) : "r"(word));
  return value;
}
