// Instructions that Swift cannot express, one function each, and the assembly's functions.
// Source of names and numbers: LoongArch Reference Manual, Volume 1, chapter 7.

#pragma once

#include <stdint.h>

#define MNOS_INLINE static inline __attribute__((always_inline))

// Control and status registers, by number: a number is part of the instruction. "memory" on
// writes: what was stored before is stored before the register changes.
#define MNOS_READ_REGISTER(name, number)                             \
  MNOS_INLINE uint64_t mnos_loongarch_read_##name(void) {            \
    uint64_t value;                                                  \
    __asm__ volatile("csrrd %0, " #number : "=r"(value) : : "memory"); \
    return value;                                                    \
  }
#define MNOS_WRITE_REGISTER(name, number)                            \
  MNOS_INLINE void mnos_loongarch_write_##name(uint64_t value) {     \
    __asm__ volatile("csrwr %0, " #number : "+r"(value) : : "memory"); \
  }

MNOS_READ_REGISTER(euen, 0x2)
MNOS_WRITE_REGISTER(euen, 0x2)
MNOS_WRITE_REGISTER(ecfg, 0x4)
MNOS_READ_REGISTER(estat, 0x5)
MNOS_READ_REGISTER(badi, 0x8)
MNOS_READ_REGISTER(asid, 0x18)
MNOS_WRITE_REGISTER(asid, 0x18)
MNOS_WRITE_REGISTER(pgdl, 0x19)
MNOS_READ_REGISTER(pgdh, 0x1a)
MNOS_WRITE_REGISTER(pgdh, 0x1a)
MNOS_WRITE_REGISTER(pwcl, 0x1c)
MNOS_WRITE_REGISTER(pwch, 0x1d)
MNOS_WRITE_REGISTER(stlbps, 0x1e)
MNOS_READ_REGISTER(cpuid, 0x20)
MNOS_READ_REGISTER(prcfg1, 0x21)
MNOS_WRITE_REGISTER(tcfg, 0x41)
MNOS_WRITE_REGISTER(ticlr, 0x44)
MNOS_WRITE_REGISTER(tlbrentry, 0x88)

// What the CPU is. Source: LoongArch Reference Manual, Volume 1, §2.2.10.5, "CPUCFG".
MNOS_INLINE uint64_t mnos_loongarch_cpucfg(uint64_t word) {
  uint64_t value;
  __asm__ volatile("cpucfg %0, %1" : "=r"(value) : "r"(word));
  return value;
}

MNOS_INLINE uint64_t mnos_loongarch_read_time(void) {
  uint64_t value;
  __asm__ volatile("rdtime.d %0, $zero" : "=r"(value));
  return value;
}

// The I/O control and status registers of the CPU and what is around it.

MNOS_INLINE uint32_t mnos_loongarch_iocsr_read32(uint64_t address) {
  uint64_t value;
  __asm__ volatile("iocsrrd.w %0, %1" : "=r"(value) : "r"(address) : "memory");
  return (uint32_t)value;
}

MNOS_INLINE void mnos_loongarch_iocsr_write32(uint64_t address, uint32_t value) {
  __asm__ volatile("iocsrwr.w %0, %1" : : "r"((uint64_t)value), "r"(address) : "memory");
}

MNOS_INLINE uint64_t mnos_loongarch_iocsr_read64(uint64_t address) {
  uint64_t value;
  __asm__ volatile("iocsrrd.d %0, %1" : "=r"(value) : "r"(address) : "memory");
  return value;
}

MNOS_INLINE void mnos_loongarch_iocsr_write64(uint64_t address, uint64_t value) {
  __asm__ volatile("iocsrwr.d %0, %1" : : "r"(value), "r"(address) : "memory");
}

// The TLB. The operation's number is part of the instruction; its operands are the identifier
// and the address. Source: LoongArch Reference Manual, Volume 1, §4.2.4.7, "INVTLB".

MNOS_INLINE void mnos_loongarch_forget_all(void) {
  __asm__ volatile("invtlb 0x0, $zero, $zero" : : : "memory");
}

// What is not global, of one identifier.
MNOS_INLINE void mnos_loongarch_forget_space(uint64_t identifier) {
  __asm__ volatile("invtlb 0x4, %0, $zero" : : "r"(identifier) : "memory");
}

// The pair of pages around an address, if not global, of one identifier.
MNOS_INLINE void mnos_loongarch_forget_page(uint64_t identifier, uint64_t address) {
  __asm__ volatile("invtlb 0x5, %0, %1" : : "r"(identifier), "r"(address) : "memory");
}

// Writes the line of an address back, and drops it, from one cache; its number and the operation,
// 2 of 0 to 3, "hit", are part of the instruction.
// Source: LoongArch Reference Manual, Volume 1, §4.2.3.1, "CACOP".

#define MNOS_FLUSH_LINE(cache)                                             \
  MNOS_INLINE void mnos_loongarch_flush_line##cache(uint64_t address) {    \
    __asm__ volatile("cacop %0, %1, 0" : : "i"(2 << 3 | cache), "r"(address) : "memory"); \
  }

MNOS_FLUSH_LINE(0)
MNOS_FLUSH_LINE(1)
MNOS_FLUSH_LINE(2)
MNOS_FLUSH_LINE(3)
MNOS_FLUSH_LINE(4)
MNOS_FLUSH_LINE(5)

// Barriers. Source: LoongArch Reference Manual, Volume 1, §2.2.8, "Barrier Instructions".

MNOS_INLINE void mnos_loongarch_barrier(void) {
  __asm__ volatile("dbar 0" : : : "memory");
}

MNOS_INLINE void mnos_loongarch_instruction_barrier(void) {
  __asm__ volatile("ibar 0" : : : "memory");
}

// asm/Trap.S, asm/Extended.S

void mnos_loongarch_wait_for_interrupt(void);
void mnos_loongarch_save_float(uint64_t registers);
void mnos_loongarch_load_float(uint64_t registers);

// asm/Refill.S, asm/Entry.S: a page each.

extern const char mnos_loongarch_refill[] __attribute__((visibility("hidden")));
MNOS_INLINE uint64_t mnos_loongarch_refill_address(void) {
  return (uint64_t)(uintptr_t)mnos_loongarch_refill;
}

extern const char mnos_loongarch_empty_table[] __attribute__((visibility("hidden")));
MNOS_INLINE uint64_t mnos_loongarch_empty_table_address(void) {
  return (uint64_t)(uintptr_t)mnos_loongarch_empty_table;
}
