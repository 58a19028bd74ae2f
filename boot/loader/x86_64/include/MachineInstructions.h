// Instructions of x86_64 that Swift has no words for.

#pragma once
#include <stdint.h>

/// Register `which` (0 to 3: EAX, EBX, ECX, EDX) of CPUID. Source: Intel SDM vol. 2A, CPUID.
static inline uint32_t mnos_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t which) {
  uint32_t registers[4];
  __asm__ volatile("cpuid"
                   : "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]),
                     "=d"(registers[3])
                   : "a"(leaf), "c"(subleaf));
  return registers[which & 3];
}

/// CR4. Source: Intel SDM vol. 3A §2.5.
static inline uint64_t mnos_read_cr4(void) {
  uint64_t value;
  __asm__ volatile("movq %%cr4, %0" : "=r"(value));
  return value;
}
