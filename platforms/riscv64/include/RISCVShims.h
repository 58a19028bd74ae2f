// Instructions that Swift cannot express, one function each, and the assembly's functions.
// Source of names and encodings: RISC-V Privileged Architecture; SBI specification 2.0.

#pragma once

#include <stdint.h>

#define MNOS_INLINE static inline __attribute__((always_inline))

// Control and status registers.

MNOS_INLINE uint64_t mnos_riscv_read_satp(void) {
  uint64_t value;
  __asm__ volatile("csrr %0, satp" : "=r"(value));
  return value;
}

// "memory": table entries written before are written before the tables are used.
MNOS_INLINE void mnos_riscv_write_satp(uint64_t value) {
  __asm__ volatile("csrw satp, %0" : : "r"(value) : "memory");
}

MNOS_INLINE uint64_t mnos_riscv_read_sstatus(void) {
  uint64_t value;
  __asm__ volatile("csrr %0, sstatus" : "=r"(value) : : "memory");
  return value;
}

MNOS_INLINE void mnos_riscv_set_sstatus(uint64_t bits) {
  __asm__ volatile("csrs sstatus, %0" : : "r"(bits) : "memory");
}

MNOS_INLINE void mnos_riscv_clear_sstatus(uint64_t bits) {
  __asm__ volatile("csrc sstatus, %0" : : "r"(bits) : "memory");
}

MNOS_INLINE void mnos_riscv_write_sie(uint64_t value) {
  __asm__ volatile("csrw sie, %0" : : "r"(value));
}

MNOS_INLINE uint64_t mnos_riscv_read_sip(void) {
  uint64_t value;
  __asm__ volatile("csrr %0, sip" : "=r"(value));
  return value;
}

MNOS_INLINE void mnos_riscv_clear_sip(uint64_t bits) {
  __asm__ volatile("csrc sip, %0" : : "r"(bits));
}

MNOS_INLINE void mnos_riscv_write_scounteren(uint64_t value) {
  __asm__ volatile("csrw scounteren, %0" : : "r"(value));
}

MNOS_INLINE uint64_t mnos_riscv_read_time(void) {
  uint64_t value;
  __asm__ volatile("rdtime %0" : "=r"(value));
  return value;
}

// stimecmp, by number: the assembler may not know the "Sstc" extension.
MNOS_INLINE void mnos_riscv_write_stimecmp(uint64_t value) {
  __asm__ volatile("csrw 0x14d, %0" : : "r"(value));
}

// The interrupt file of this CPU, by number: the assembler may not know the "Ssaia" extension.
// siselect picks one of its registers, which sireg then is; writing stopei takes the message
// that reading it names.
// Source: RISC-V Advanced Interrupt Architecture 1.0 §2.2 and §3.10.

MNOS_INLINE void mnos_riscv_write_indirect(uint64_t number, uint64_t value) {
  __asm__ volatile("csrw 0x150, %0" : : "r"(number));
  __asm__ volatile("csrw 0x151, %0" : : "r"(value));
}

MNOS_INLINE uint64_t mnos_riscv_claim_message(void) {
  uint64_t value;
  __asm__ volatile("csrrw %0, 0x15c, x0" : "=r"(value) : : "memory");
  return value;
}

// Address translation. The operands are (virtual address, address-space identifier); x0 in
// place of one means all of them.

MNOS_INLINE void mnos_riscv_fence_all_translations(void) {
  __asm__ volatile("sfence.vma x0, x0" : : : "memory");
}

MNOS_INLINE void mnos_riscv_fence_page(uint64_t address) {
  __asm__ volatile("sfence.vma %0, x0" : : "r"(address) : "memory");
}

MNOS_INLINE void mnos_riscv_fence_space(uint64_t identifier) {
  __asm__ volatile("sfence.vma x0, %0" : : "r"(identifier) : "memory");
}

MNOS_INLINE void mnos_riscv_fence_page_in_space(uint64_t address, uint64_t identifier) {
  __asm__ volatile("sfence.vma %0, %1" : : "r"(address), "r"(identifier) : "memory");
}

MNOS_INLINE void mnos_riscv_fence_instructions(void) {
  __asm__ volatile("fence.i" : : : "memory");
}

// Stores before it are seen before those after it.
MNOS_INLINE void mnos_riscv_fence_stores(void) {
  __asm__ volatile("fence w, w" : : : "memory");
}

MNOS_INLINE void mnos_riscv_wait_for_interrupt(void) {
  __asm__ volatile("wfi" : : : "memory");
}

// Orders accesses to memory and devices before it with those after it.
MNOS_INLINE void mnos_riscv_fence_devices(void) {
  __asm__ volatile("fence iorw, iorw" : : : "memory");
}

// Writes back and drops the block of an address, from the caches of all harts: cbo.flush, by
// number, for the assembler may not know the "Zicbom" extension.
// Source: RISC-V Unprivileged Architecture, "Cache-Management Instructions".
MNOS_INLINE void mnos_riscv_flush_block(uint64_t address) {
  __asm__ volatile(".insn i 0x0f, 2, x0, %0, 2" : : "r"(address) : "memory");
}

// Supervisor binary interface: the extension in a7, the function in a6.
// Source: SBI specification, "Binary Encoding".

struct mnos_riscv_sbi_result {
  int64_t error;
  uint64_t value;
};

MNOS_INLINE struct mnos_riscv_sbi_result mnos_riscv_sbi_call(
    uint64_t extension, uint64_t function, uint64_t argument0, uint64_t argument1) {
  register uint64_t a0 __asm__("a0") = argument0;
  register uint64_t a1 __asm__("a1") = argument1;
  register uint64_t a6 __asm__("a6") = function;
  register uint64_t a7 __asm__("a7") = extension;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
  return (struct mnos_riscv_sbi_result){(int64_t)a0, a1};
}

// asm/Probe.S, asm/Extended.S

uint64_t mnos_riscv_has_stimecmp(void);
uint64_t mnos_riscv_can_flush(uint64_t address);
uint64_t mnos_riscv_can_load(uint64_t address);
void mnos_riscv_close_user_extensions(void);
void mnos_riscv_save_float(uint64_t registers);
void mnos_riscv_load_float(uint64_t registers);
