// Addresses of what assembly and the link script define.
#ifndef X86_SYMBOLS_H
#define X86_SYMBOLS_H

#include <stdint.h>

#include "X86Layout.h"

extern char x86_cpu_data[], x86_interrupt_table[], x86_emergency_stacks[];
extern char x86_trap_stubs[], x86_system_call_entry[], mnos_boot_stack_top[];

static inline uint64_t x86_cpu_data_address(void) { return (uint64_t)x86_cpu_data; }
static inline uint64_t x86_interrupt_table_address(void) { return (uint64_t)x86_interrupt_table; }
static inline uint64_t x86_emergency_stacks_address(void) { return (uint64_t)x86_emergency_stacks; }
static inline uint64_t x86_trap_stubs_address(void) { return (uint64_t)x86_trap_stubs; }
static inline uint64_t x86_boot_stack_top_address(void) { return (uint64_t)mnos_boot_stack_top; }
static inline uint64_t x86_system_call_entry_address(void) {
  return (uint64_t)x86_system_call_entry;
}

// The index of the CPU that runs this.
static inline uint32_t x86_current_cpu(void) {
  uint32_t index;
  __asm__("movl %%gs:%c1, %0" : "=r"(index) : "i"(X86_CPU_INDEX));
  return index;
}

// Sleeps until an interrupt comes; returns its vector. Interrupts are masked before and
// after.
uint32_t x86_wait_for_interrupt(void);

// Takes an interrupt if one is pending; returns its vector or `X86_SPURIOUS_VECTOR`.
uint32_t x86_poll_interrupt(void);

#endif
