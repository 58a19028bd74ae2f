// Instructions that Swift cannot express, one function each, and the assembly's functions.
// Source of names and encodings: Arm Architecture Reference Manual (DDI 0487), chapters C5
// and D19; GIC registers: GIC Architecture Specification (IHI 0069) chapter 12.

#pragma once

#include <stdint.h>

#define MNOS_INLINE static inline __attribute__((always_inline))

// mnos_aarch64_read_NAME() and mnos_aarch64_write_NAME(value) for a system register. Where the
// assembler may not know its name, `encoding` is the register's number.

#define MNOS_READ(name, encoding)                         \
  MNOS_INLINE uint64_t mnos_aarch64_read_##name(void) {   \
    uint64_t value;                                       \
    __asm__ volatile("mrs %0, " #encoding : "=r"(value)); \
    return value;                                         \
  }

#define MNOS_WRITE(name, encoding)                                       \
  MNOS_INLINE void mnos_aarch64_write_##name(uint64_t value) {           \
    __asm__ volatile("msr " #encoding ", %0" : : "r"(value) : "memory"); \
  }

// Identification.
MNOS_READ(mpidr, mpidr_el1)
MNOS_READ(ctr, ctr_el0)
MNOS_READ(memory_features0, id_aa64mmfr0_el1)
MNOS_READ(memory_features1, id_aa64mmfr1_el1)
MNOS_READ(memory_features2, id_aa64mmfr2_el1)
MNOS_READ(instruction_features0, id_aa64isar0_el1)
MNOS_READ(processor_features0, id_aa64pfr0_el1)
MNOS_READ(debug_features0, id_aa64dfr0_el1)

// Control of the CPU and of address translation.
MNOS_WRITE(sctlr, sctlr_el1)
MNOS_READ(tcr, tcr_el1)
MNOS_WRITE(tcr, tcr_el1)
MNOS_READ(mair, mair_el1)
MNOS_WRITE(mair, mair_el1)
MNOS_WRITE(ttbr0, ttbr0_el1)
MNOS_READ(cpacr, cpacr_el1)
MNOS_WRITE(cpacr, cpacr_el1)
MNOS_READ(isr, isr_el1)
MNOS_WRITE(pmuserenr, pmuserenr_el0)
// PSTATE.PAN, by number: Armv8.0 has none.
MNOS_WRITE(pan, s3_0_c4_c2_3)
// RNDR, FEAT_RNG: 0 if no number is to be had. Reading it sets the condition flags.
MNOS_INLINE uint64_t mnos_aarch64_read_random(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, s3_3_c2_c4_0" : "=r"(value) : : "cc");
  return value;
}

// The virtual timer of the generic timer.
MNOS_READ(cntfrq, cntfrq_el0)
MNOS_WRITE(cntkctl, cntkctl_el1)
MNOS_WRITE(cntv_ctl, cntv_ctl_el0)
MNOS_WRITE(cntv_cval, cntv_cval_el0)

// The GIC's CPU interface: ICC_SRE_EL1, ICC_PMR_EL1, ICC_BPR1_EL1, ICC_CTLR_EL1,
// ICC_IGRPEN1_EL1, ICC_IAR1_EL1, ICC_EOIR1_EL1, ICC_SGI1R_EL1.
MNOS_READ(icc_sre, s3_0_c12_c12_5)
MNOS_WRITE(icc_sre, s3_0_c12_c12_5)
MNOS_WRITE(icc_pmr, s3_0_c4_c6_0)
MNOS_WRITE(icc_bpr1, s3_0_c12_c12_3)
MNOS_READ(icc_ctlr, s3_0_c12_c12_4)
MNOS_WRITE(icc_ctlr, s3_0_c12_c12_4)
MNOS_WRITE(icc_igrpen1, s3_0_c12_c12_7)
MNOS_READ(icc_iar1, s3_0_c12_c12_0)
MNOS_WRITE(icc_eoir1, s3_0_c12_c12_1)
MNOS_WRITE(icc_sgi1r, s3_0_c12_c11_5)

// The counter is read in program order only after an isb; without, it may be early by the
// length of the pipeline.
MNOS_INLINE uint64_t mnos_aarch64_read_counter(void) {
  uint64_t value;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
  return value;
}

// Barriers.

MNOS_INLINE void mnos_aarch64_instruction_barrier(void) {
  __asm__ volatile("isb" : : : "memory");
}

// Stores before, table entries among them, are seen by whatever comes after, table walks too.
MNOS_INLINE void mnos_aarch64_store_barrier(void) {
  __asm__ volatile("dsb ishst" : : : "memory");
}

// What was begun before, maintenance of TLBs and caches too, has ended on every CPU.
MNOS_INLINE void mnos_aarch64_full_barrier(void) {
  __asm__ volatile("dsb ish" : : : "memory");
}

// The same for whoever shares memory with the CPUs, devices among them.
MNOS_INLINE void mnos_aarch64_system_barrier(void) {
  __asm__ volatile("dsb sy" : : : "memory");
}

MNOS_INLINE void mnos_aarch64_wait_for_interrupt(void) {
  __asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

// Translations. The operand of the first two: identifier in bits 63 to 48, page number below.

MNOS_INLINE void mnos_aarch64_drop_page(uint64_t operand) {
  __asm__ volatile("tlbi vae1is, %0" : : "r"(operand) : "memory");
}

MNOS_INLINE void mnos_aarch64_drop_space(uint64_t operand) {
  __asm__ volatile("tlbi aside1is, %0" : : "r"(operand) : "memory");
}

// On this CPU only.
MNOS_INLINE void mnos_aarch64_drop_space_here(uint64_t operand) {
  __asm__ volatile("tlbi aside1, %0\n\tdsb nsh" : : "r"(operand) : "memory");
}

MNOS_INLINE void mnos_aarch64_drop_all_translations(void) {
  __asm__ volatile("tlbi vmalle1is" : : : "memory");
}

// Translates the kernel's half by the tables at `root`. Nothing is read or written between the
// change and the end of the old translations.
MNOS_INLINE void mnos_aarch64_switch_kernel_tables(uint64_t root) {
  __asm__ volatile(
      "dsb ish\n\tmsr ttbr1_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb nsh\n\tisb"
      :
      : "r"(root)
      : "memory");
}

// What PAR_EL1 says of a kernel address that is read.
MNOS_INLINE uint64_t mnos_aarch64_translate(uint64_t address) {
  uint64_t value;
  __asm__ volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(value) : "r"(address));
  return value;
}

// Caches. The address is the kernel's own for the memory.

MNOS_INLINE void mnos_aarch64_clean_line(uint64_t address) {
  __asm__ volatile("dc cvau, %0" : : "r"(address) : "memory");
}

// Writes a line back to memory, and drops it from the data caches of all CPUs.
MNOS_INLINE void mnos_aarch64_flush_line(uint64_t address) {
  __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
}

MNOS_INLINE void mnos_aarch64_drop_instructions(void) {
  __asm__ volatile("ic ialluis" : : : "memory");
}

// Accesses to memory and devices before it have happened before those after it do.
MNOS_INLINE void mnos_aarch64_device_barrier(void) {
  __asm__ volatile("dsb sy" : : : "memory");
}

// Firmware calls: the function in x0, no arguments. Source: SMC Calling Convention (DEN0028)
// §2.6: x4 to x17 may be lost in its oldest version.

#define MNOS_FIRMWARE_CALL(name)                                                           \
  MNOS_INLINE int64_t mnos_aarch64_call_by_##name(uint64_t function) {                     \
    register uint64_t x0 __asm__("x0") = function;                                         \
    __asm__ volatile(#name " #0"                                                           \
                     : "+r"(x0)                                                            \
                     :                                                                     \
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", \
                       "x12", "x13", "x14", "x15", "x16", "x17", "memory");                \
    return (int64_t)x0;                                                                    \
  }

MNOS_FIRMWARE_CALL(hvc)
MNOS_FIRMWARE_CALL(smc)

// asm/Entry.S, asm/Extended.S

#define MNOS_TABLES(name)                                               \
  extern const char name[] __attribute__((visibility("hidden")));       \
  MNOS_INLINE uint64_t name##_address(void) { return (uint64_t)(uintptr_t)name; }

MNOS_TABLES(mnos_aarch64_empty_table)
MNOS_TABLES(mnos_aarch64_console_tables)

void mnos_aarch64_save_float(uint64_t state);
void mnos_aarch64_load_float(uint64_t state);
