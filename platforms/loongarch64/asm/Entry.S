// Where the boot loader enters the kernel, on the CPU that boots.

#include "Frame.h"

  .section .text.entry, "ax", @progbits

// In: the state that the Limine boot protocol describes for loongarch64: privilege level 0,
// translation on, interrupts off; EENTRY and the direct map windows are undefined. Out:
// `mnos_boot` on the kernel's own boot stack, `tp` at this CPU's block, where it stays while
// the CPU is in the kernel. The loader's TLB refill handler serves until the kernel's tables
// are made.
  .globl _start
  .type _start, @function
_start:
  li.w $t0, CRMD_KERNEL
  csrwr $t0, CSR_CRMD
  li.w $t0, PRMD_USER
  csrwr $t0, CSR_PRMD
  // No direct map windows: they would make all memory writable and executable.
  csrwr $zero, CSR_DMW0
  csrwr $zero, CSR_DMW1
  csrwr $zero, CSR_DMW2
  csrwr $zero, CSR_DMW3
  // Floating point and vectors are off. MISC stays as it is after reset, when user mode may
  // read the time, access memory at any alignment that the CPU can, and read no performance
  // counter: QEMU 10 takes a write of it for an illegal instruction.
  csrwr $zero, CSR_EUEN
  csrwr $zero, CSR_RVACFG
  csrwr $zero, CSR_TCFG
  li.w $t0, TICLR_CLEAR
  csrwr $t0, CSR_TICLR
  csrwr $zero, CSR_SAVE0
  la.pcrel $t0, mnos_loongarch_vectors
  csrwr $t0, CSR_EENTRY
  lu12i.w $t0, ECFG_VECTORED >> 12
  csrwr $t0, CSR_ECFG
  // ERTN ends a reservation, unless told otherwise.
  csrwr $zero, CSR_LLBCTL
  la.pcrel $tp, mnos_loongarch_cpus
  la.pcrel $sp, mnos_boot_stack_top
  st.d $sp, $tp, CPU_STACK_TOP
  st.d $zero, $tp, CPU_INDEX
  move $fp, $zero
  move $ra, $zero
  bl mnos_boot
1:
  idle 0
  b 1b
  .size _start, . - _start

  .section .bss.mnos_loongarch_cpus, "aw", @nobits
  .balign 64
// One block for each CPU that can run: what its entry code needs before it has a stack.
mnos_loongarch_cpus:
  .zero CPU_BYTES
  .size mnos_loongarch_cpus, . - mnos_loongarch_cpus

// The lower half of the address space while no process is active: nothing in it.
  .section .bss.mnos_loongarch_empty_table, "aw", @nobits
  .balign 4096
  .globl mnos_loongarch_empty_table
mnos_loongarch_empty_table:
  .zero 4096
  .size mnos_loongarch_empty_table, . - mnos_loongarch_empty_table
