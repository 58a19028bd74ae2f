// Where the boot loader enters the kernel, on the CPU that boots.

#include "Frame.h"

  .section .text.entry, "ax", @progbits

// In: the state that the Limine boot protocol describes for riscv64: supervisor mode, paging
// on, interrupts off. Out: `mnos_boot` on the kernel's own boot stack, `tp` at this CPU's
// block, where it stays while the CPU is in the kernel.
  .globl _start
  .type _start, @function
_start:
  csrw sie, zero
  // Each CSR bit that a firmware or loader may have left: no user memory, no floating point, and
  // no vector registers, which nobody saves.
  li t0, SSTATUS_SIE | SSTATUS_VS | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR
  csrc sstatus, t0
  csrw sscratch, zero
  lla t0, mnos_riscv_trap
  csrw stvec, t0
  lla tp, mnos_riscv_cpus
  lla sp, mnos_boot_stack_top
  sd sp, CPU_STACK_TOP(tp)
  sd zero, CPU_INDEX(tp)
  li gp, 0
  li fp, 0
  li ra, 0
  call mnos_boot
1:
  wfi
  j 1b
  .size _start, . - _start

  .section .bss.mnos_riscv_cpus, "aw", @nobits
  .balign 64
// One block for each CPU that can run: what its entry code needs before it has a stack.
mnos_riscv_cpus:
  .zero CPU_BYTES
  .size mnos_riscv_cpus, . - mnos_riscv_cpus
