// From user mode into the kernel and back.
//
// While user code runs, SP_EL1 holds the address of its AArch64Registers, so that all
// registers can be stored before one is free. In the kernel it is the CPU's stack; a trap
// from there comes through vectors of its own. TPIDR_EL1 points at the CPU's block.

#include "Frame.h"

  .section .text.vectors, "ax", @progbits

// Stores every register into the frame. Leaves the frame in x28, the CPU's index in x0, its
// stack in sp.
  .macro SAVE_REGISTERS
  stp x0, x1, [sp, #FRAME_X0]
  stp x2, x8, [sp, #FRAME_X2]
  stp x3, x4, [sp, #FRAME_X3]
  stp x5, x6, [sp, #FRAME_X5]
  stp x7, x9, [sp, #FRAME_X7]
  stp x10, x11, [sp, #FRAME_X10]
  stp x12, x13, [sp, #FRAME_X12]
  stp x14, x15, [sp, #FRAME_X14]
  stp x16, x17, [sp, #FRAME_X16]
  stp x18, x19, [sp, #FRAME_X18]
  stp x20, x21, [sp, #FRAME_X20]
  stp x22, x23, [sp, #FRAME_X22]
  stp x24, x25, [sp, #FRAME_X24]
  stp x26, x27, [sp, #FRAME_X26]
  stp x28, x29, [sp, #FRAME_X28]
  mrs x9, sp_el0
  mrs x10, elr_el1
  mrs x11, spsr_el1
  mrs x12, tpidr_el0
  mrs x13, tpidr_el1
  stp x30, x9, [sp, #FRAME_X30]
  stp x10, x11, [sp, #FRAME_PC]
  str x12, [sp, #FRAME_TPIDR]
  ldp x14, x0, [x13, #CPU_STACK_TOP]
  mov sp, x14
  // A back-trace ends here.
  mov x29, xzr
  .endm

// A vector that is longer than its place in the table goes on elsewhere.
  .macro VECTOR target
  .balign 128
  b \target
  .endm

// Source: Arm Architecture Reference Manual (DDI 0487) §D1.4.1, Exception vectors: four
// groups of four, 128 bytes apart, aligned to 2 KiB.
  .balign 2048
  .globl mnos_aarch64_vectors
  .type mnos_aarch64_vectors, @function
mnos_aarch64_vectors:
  // From the kernel, with either stack pointer.
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  // From user mode: synchronous, IRQ, FIQ, system error.
  .balign 128
  SAVE_REGISTERS
  mrs x1, esr_el1
  // Bit 31 of ESR_EL1 is the top of the exception's class; 0x15 is SVC.
  b synchronous_trap
  VECTOR interrupt_trap
  VECTOR interrupt_trap
  VECTOR system_error_trap
  // From user mode in AArch32, which no thread's PSTATE ever selects.
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  VECTOR kernel_mode_trap
  .size mnos_aarch64_vectors, . - mnos_aarch64_vectors

  .section .text.trap, "ax", @progbits

  .type synchronous_trap, @function
synchronous_trap:
  lsr w2, w1, #ESR_CLASS_SHIFT
  cmp w2, #ESR_CLASS_SVC64
  b.ne other_trap
  // ELR_EL1 is past the svc already.
  bl mnos_system_call

// In: x0 the frame whose thread runs next.
restore_and_return:
  mov sp, x0
  ldr x12, [sp, #FRAME_TPIDR]
  ldp x10, x11, [sp, #FRAME_PC]
  ldp x30, x9, [sp, #FRAME_X30]
  msr tpidr_el0, x12
  msr elr_el1, x10
  msr spsr_el1, x11
  msr sp_el0, x9
  ldp x28, x29, [sp, #FRAME_X28]
  ldp x26, x27, [sp, #FRAME_X26]
  ldp x24, x25, [sp, #FRAME_X24]
  ldp x22, x23, [sp, #FRAME_X22]
  ldp x20, x21, [sp, #FRAME_X20]
  ldp x18, x19, [sp, #FRAME_X18]
  ldp x16, x17, [sp, #FRAME_X16]
  ldp x14, x15, [sp, #FRAME_X14]
  ldp x12, x13, [sp, #FRAME_X12]
  ldp x10, x11, [sp, #FRAME_X10]
  ldp x7, x9, [sp, #FRAME_X7]
  ldp x5, x6, [sp, #FRAME_X5]
  ldp x3, x4, [sp, #FRAME_X3]
  ldp x2, x8, [sp, #FRAME_X2]
  ldp x0, x1, [sp, #FRAME_X0]
  // This ends a reservation that an exclusive load made, so that one before the switch cannot
  // pair with a store after it. Source: DDI 0487, pseudocode AArch64.ExceptionReturn.
  eret
  // No instruction after an eret may be executed speculatively with the user's registers.
  dsb nsh
  isb

// mnos_trap(cpu: x0, cause: ESR_EL1, detail: pc, address: FAR_EL1)
other_trap:
  mov x2, x10
  mrs x3, far_el1
  bl mnos_trap
  b restore_and_return
  .size synchronous_trap, . - synchronous_trap

  .type interrupt_trap, @function
interrupt_trap:
  SAVE_REGISTERS
  mov x1, #(1 << CAUSE_INTERRUPT_BIT)
  mov x2, x10
  mov x3, xzr
  bl mnos_trap
  b restore_and_return
  .size interrupt_trap, . - interrupt_trap

  .type system_error_trap, @function
system_error_trap:
  SAVE_REGISTERS
  mrs x1, esr_el1
  orr x1, x1, #(1 << CAUSE_SYSTEM_ERROR_BIT)
  mov x2, x10
  mov x3, xzr
  bl mnos_trap
  b restore_and_return
  .size system_error_trap, . - system_error_trap

// mnos_enter_user(frame: x0) -> Never
  .globl mnos_enter_user
  .type mnos_enter_user, @function
mnos_enter_user:
  b restore_and_return
  .size mnos_enter_user, . - mnos_enter_user

// A trap while in the kernel is a defect: reports it on a stack of its own, since the trap
// may be the kernel stack's overflow. A trap on the way there stops the CPU.
  .type kernel_mode_trap, @function
kernel_mode_trap:
  adrp x5, panic_depth
  add x5, x5, :lo12:panic_depth
  ldr w6, [x5]
  add w7, w6, #1
  str w7, [x5]
  cmp w6, #1
  b.hi 1f
  mrs x0, esr_el1
  mrs x1, elr_el1
  mrs x2, far_el1
  mov x3, x1
  mov x4, x29
  adrp x5, panic_stack_top
  add x5, x5, :lo12:panic_stack_top
  msr spsel, #1
  mov sp, x5
  // mnos_kernel_trap(cause, detail: pc, address: FAR_EL1, pc, framePointer)
  bl mnos_kernel_trap
1:
  msr daifset, #15
  wfi
  b 1b
  .size kernel_mode_trap, . - kernel_mode_trap

  .section .bss.mnos_aarch64_panic, "aw", @nobits
  .balign 16
panic_stack:
  .zero 8192
panic_stack_top:
panic_depth:
  .zero 4
