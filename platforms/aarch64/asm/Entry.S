// Where the boot loader enters the kernel, on the CPU that boots.

#include "Frame.h"

  .section .text.entry, "ax", @progbits

// In: the state that the Limine boot protocol describes for aarch64: EL1, MMU on, interrupts
// masked, either stack pointer in use. Out: `mnos_boot` on the kernel's own boot stack, which
// is SP_EL1; TPIDR_EL1 at this CPU's block, where it stays.
  .globl _start
  .type _start, @function
_start:
  msr daifset, #15
  msr spsel, #1
  adrp x0, mnos_boot_stack_top
  add sp, x0, :lo12:mnos_boot_stack_top
  adrp x1, mnos_aarch64_vectors
  add x1, x1, :lo12:mnos_aarch64_vectors
  msr vbar_el1, x1
  adrp x1, mnos_aarch64_cpus
  add x1, x1, :lo12:mnos_aarch64_cpus
  msr tpidr_el1, x1
  mov x0, sp
  str x0, [x1, #CPU_STACK_TOP]
  str xzr, [x1, #CPU_INDEX]
  // Each register that a firmware or loader may have left: no floating point, no debug
  // exceptions, no counters for user mode, no word for it in TPIDRRO_EL0. MDSCR_EL1.TDCC
  // keeps user mode from the debugger's channel, whose words all processes would share.
  msr cpacr_el1, xzr
  mov x0, #(1 << 12)
  msr mdscr_el1, x0
  msr cntkctl_el1, xzr
  msr tpidrro_el0, xzr
  isb
  mov x29, xzr
  mov x30, xzr
  bl mnos_boot
1:
  wfi
  b 1b
  .size _start, . - _start

  .section .bss.mnos_aarch64_cpus, "aw", @nobits
  .balign 64
// One block for each CPU that can run: what its entry code needs before it has a stack.
  .type mnos_aarch64_cpus, @object
mnos_aarch64_cpus:
  .zero CPU_BYTES
  .size mnos_aarch64_cpus, . - mnos_aarch64_cpus

  .section .bss.mnos_aarch64_tables, "aw", @nobits
  .balign 4096
// A page table in which nothing is mapped: what user addresses go through while no process
// runs.
  .globl mnos_aarch64_empty_table
  .type mnos_aarch64_empty_table, @object
mnos_aarch64_empty_table:
  .zero 4096
  .size mnos_aarch64_empty_table, . - mnos_aarch64_empty_table

// Tables by which the serial port's page is mapped if the kernel's lack them: one for each
// level below the root.
  .globl mnos_aarch64_console_tables
  .type mnos_aarch64_console_tables, @object
mnos_aarch64_console_tables:
  .zero 3 * 4096
  .size mnos_aarch64_console_tables, . - mnos_aarch64_console_tables
