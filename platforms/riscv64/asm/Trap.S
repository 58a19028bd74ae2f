// From user mode into the kernel and back.
//
// While user code runs, sscratch holds the address of its RISCVRegisters; in the kernel it
// is 0, by which a trap from kernel mode is told apart. `tp` holds the CPU's block in the
// kernel. sstatus.FS is never written here: it stays as `switchExtendedState` left it.

#include "Frame.h"

  .section .text.trap, "ax", @progbits

// Stores every register but pc into the frame. Leaves the frame in t6, the CPU's block in tp,
// the CPU's stack in sp, its index in a0, scause in a1.
  .macro SAVE_REGISTERS
  sd ra, FRAME_RA(t6)
  sd sp, FRAME_SP(t6)
  sd gp, FRAME_GP(t6)
  sd tp, FRAME_TP(t6)
  sd a7, FRAME_A7(t6)
  sd a0, FRAME_A0(t6)
  sd a1, FRAME_A1(t6)
  sd a2, FRAME_A2(t6)
  sd a3, FRAME_A3(t6)
  sd a4, FRAME_A4(t6)
  sd a5, FRAME_A5(t6)
  sd a6, FRAME_A6(t6)
  sd t0, FRAME_T0(t6)
  sd t1, FRAME_T1(t6)
  sd t2, FRAME_T2(t6)
  sd t3, FRAME_T3(t6)
  sd t4, FRAME_T4(t6)
  sd t5, FRAME_T5(t6)
  sd s0, FRAME_S0(t6)
  sd s1, FRAME_S1(t6)
  sd s2, FRAME_S2(t6)
  sd s3, FRAME_S3(t6)
  sd s4, FRAME_S4(t6)
  sd s5, FRAME_S5(t6)
  sd s6, FRAME_S6(t6)
  sd s7, FRAME_S7(t6)
  sd s8, FRAME_S8(t6)
  sd s9, FRAME_S9(t6)
  sd s10, FRAME_S10(t6)
  sd s11, FRAME_S11(t6)
  ld tp, FRAME_CPU(t6)
  csrrw t0, sscratch, zero
  sd t0, FRAME_T6(t6)
  csrr a1, scause
  ld sp, CPU_STACK_TOP(tp)
  ld a0, CPU_INDEX(tp)
  // A back-trace ends here.
  li s0, 0
  .endm

// stvec, direct mode: every trap, from user mode and from the kernel.
// Source: RISC-V Privileged Architecture, "Supervisor Trap Vector Base Address Register":
// the base is aligned to 4 bytes.
  .balign 64
  .globl mnos_riscv_trap
  .type mnos_riscv_trap, @function
mnos_riscv_trap:
  csrrw t6, sscratch, t6
  beqz t6, kernel_mode_trap
  SAVE_REGISTERS
  csrr a2, sepc
  li t0, CAUSE_USER_ECALL
  bne a1, t0, other_trap
  // Past the ecall, which is 4 bytes long in every configuration.
  addi a2, a2, 4
  sd a2, FRAME_PC(t6)
  call mnos_system_call
  j restore_and_return

other_trap:
  sd a2, FRAME_PC(t6)
  // mnos_trap(cpu: a0, cause: scause, detail: sepc, address: stval)
  csrr a3, stval
  call mnos_trap

// In: a0 the frame whose thread runs next, tp the CPU's block.
restore_and_return:
  sd tp, FRAME_CPU(a0)
  csrw sscratch, a0
  ld t0, FRAME_PC(a0)
  csrw sepc, t0
  // A reservation made before the switch must not let another thread's sc succeed: this sc
  // uses it up. It stores what is there already, should it succeed.
  // Source: RISC-V Unprivileged Architecture, "A" extension, LR/SC.
  sc.d zero, t0, (a0)
  // To user mode, with interrupts enabled, whatever happened in between.
  li t0, SSTATUS_SPIE
  csrs sstatus, t0
  li t0, SSTATUS_SPP
  csrc sstatus, t0
  ld ra, FRAME_RA(a0)
  ld sp, FRAME_SP(a0)
  ld gp, FRAME_GP(a0)
  ld tp, FRAME_TP(a0)
  ld a7, FRAME_A7(a0)
  ld a1, FRAME_A1(a0)
  ld a2, FRAME_A2(a0)
  ld a3, FRAME_A3(a0)
  ld a4, FRAME_A4(a0)
  ld a5, FRAME_A5(a0)
  ld a6, FRAME_A6(a0)
  ld t0, FRAME_T0(a0)
  ld t1, FRAME_T1(a0)
  ld t2, FRAME_T2(a0)
  ld t3, FRAME_T3(a0)
  ld t4, FRAME_T4(a0)
  ld t5, FRAME_T5(a0)
  ld t6, FRAME_T6(a0)
  ld s0, FRAME_S0(a0)
  ld s1, FRAME_S1(a0)
  ld s2, FRAME_S2(a0)
  ld s3, FRAME_S3(a0)
  ld s4, FRAME_S4(a0)
  ld s5, FRAME_S5(a0)
  ld s6, FRAME_S6(a0)
  ld s7, FRAME_S7(a0)
  ld s8, FRAME_S8(a0)
  ld s9, FRAME_S9(a0)
  ld s10, FRAME_S10(a0)
  ld s11, FRAME_S11(a0)
  ld a0, FRAME_A0(a0)
  sret
  .size mnos_riscv_trap, . - mnos_riscv_trap

// mnos_enter_user(frame: a0) -> Never. tp is the CPU's block since `_start`.
  .globl mnos_enter_user
  .type mnos_enter_user, @function
mnos_enter_user:
  j restore_and_return
  .size mnos_enter_user, . - mnos_enter_user

// A trap while in the kernel is a defect: reports it on a stack of its own, since the trap
// may be the kernel stack's overflow. A trap on the way there stops the CPU.
  .type kernel_mode_trap, @function
kernel_mode_trap:
  // Back to 0, for a trap inside the report.
  csrrw t6, sscratch, zero
  lla t0, panic_depth
  li t1, 1
  amoadd.w t2, t1, (t0)
  li t3, 2
  bgeu t2, t3, 1f
  csrr a0, scause
  csrr a1, sepc
  csrr a2, stval
  mv a3, a1
  mv a4, fp
  lla sp, panic_stack_top
  // mnos_kernel_trap(cause, detail: sepc, address: stval, pc, framePointer)
  call mnos_kernel_trap
1:
  csrw sie, zero
  wfi
  j 1b
  .size kernel_mode_trap, . - kernel_mode_trap

  .section .bss.mnos_riscv_panic, "aw", @nobits
  .balign 16
panic_stack:
  .zero 8192
panic_stack_top:
panic_depth:
  .zero 4
