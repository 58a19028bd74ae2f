// Instructions of aarch64 that Swift has no words for.

#pragma once
#include <stdint.h>

/// ID_AA64MMFR0_EL1: how many bits a physical address has, among others. Source: DDI 0487
/// §D23.2.
static inline uint64_t mnos_read_memory_features(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, id_aa64mmfr0_el1" : "=r"(value));
  return value;
}

/// MPIDR_EL1: the number of this CPU. Source: DDI 0487 §D23.2.
static inline uint64_t mnos_read_processor_number(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, mpidr_el1" : "=r"(value));
  return value;
}

/// Makes what was written to the addresses from `start` up to `end` visible to instruction
/// fetches. In Entry.S.
void mnos_publish_code(uint64_t start, uint64_t end);
