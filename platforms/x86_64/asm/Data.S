// What must stand at addresses that assembly and the CPU know: the data of each CPU, the
// interrupt descriptor table and the emergency stacks.
#include "../include/X86Layout.h"

  .section .bss.x86, "aw", @nobits

  .balign 16
  .globl x86_interrupt_table
x86_interrupt_table:
  .skip 256 * 16

  .globl x86_emergency_stacks
x86_emergency_stacks:
  .skip X86_EMERGENCY_STACK_BYTES * X86_EMERGENCY_STACKS * X86_CPU_LIMIT

  // So that the task state segment lies in one page.
  .balign 256
  .globl x86_cpu_data
x86_cpu_data:
  .skip X86_CPU_BYTES * X86_CPU_LIMIT
