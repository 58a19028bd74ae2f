// Instructions of riscv64 that Swift has no words for.

#pragma once
#include <stdint.h>

/// satp: mode, address-space number and root table. Source: RISC-V Privileged §4.1.11.
static inline uint64_t mnos_read_satp(void) {
  uint64_t value;
  __asm__ volatile("csrr %0, satp" : "=r"(value));
  return value;
}
