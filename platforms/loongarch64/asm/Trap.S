// From user mode into the kernel and back.
//
// While user code runs, CSR.SAVE0 holds the address of its LoongArchRegisters; in the kernel
// it is 0, by which a trap from kernel mode is told apart. `tp` holds the CPU's block in the
// kernel. CSR.PRMD says "to user mode, interrupts on" throughout: kernel mode takes no
// exception that it returns from but the idle CPU's interrupt, which puts PRMD back.

#include "Frame.h"

// The vectors: one for each of the 64 exceptions, then one for each interrupt, then that of
// asm/Refill.S. Each puts the frame into t8, and user mode's t8 into SAVE0.
// Source: LoongArch Reference Manual, Volume 1, §6.2.1, "Exception Vectors": EENTRY is aligned
// to 4 KiB, vectors are 2^VS instructions apart.
  .section .text.vectors, "ax", @progbits
  .balign 4096
  .globl mnos_loongarch_vectors
  .type mnos_loongarch_vectors, @function
mnos_loongarch_vectors:
  .rept 11
  csrwr $t8, CSR_SAVE0
  b other_trap
  .endr
  // 11: the SYSCALL instruction.
  csrwr $t8, CSR_SAVE0
  b system_call
  .rept 64 - 12 + 13
  csrwr $t8, CSR_SAVE0
  b other_trap
  .endr
  .if . - mnos_loongarch_vectors - REFUSED_FETCH_VECTOR
  .error "the vector of the TLB refill handler is misplaced"
  .endif
  csrwr $t8, CSR_SAVE0
  b refused_fetch
  .size mnos_loongarch_vectors, . - mnos_loongarch_vectors

// Stores every register but pc into the frame at t8. Leaves the CPU's block in tp, the CPU's
// stack in sp, its index in a0.
  .macro SAVE_REGISTERS
  st.d $ra, $t8, FRAME_RA
  st.d $tp, $t8, FRAME_TP
  st.d $sp, $t8, FRAME_SP
  st.d $r21, $t8, FRAME_R21
  st.d $a7, $t8, FRAME_A7
  st.d $a0, $t8, FRAME_A0
  st.d $a1, $t8, FRAME_A1
  st.d $a2, $t8, FRAME_A2
  st.d $a3, $t8, FRAME_A3
  st.d $a4, $t8, FRAME_A4
  st.d $a5, $t8, FRAME_A5
  st.d $a6, $t8, FRAME_A6
  st.d $t0, $t8, FRAME_T0
  st.d $t1, $t8, FRAME_T1
  st.d $t2, $t8, FRAME_T2
  st.d $t3, $t8, FRAME_T3
  st.d $t4, $t8, FRAME_T4
  st.d $t5, $t8, FRAME_T5
  st.d $t6, $t8, FRAME_T6
  st.d $t7, $t8, FRAME_T7
  st.d $fp, $t8, FRAME_FP
  st.d $s0, $t8, FRAME_S0
  st.d $s1, $t8, FRAME_S1
  st.d $s2, $t8, FRAME_S2
  st.d $s3, $t8, FRAME_S3
  st.d $s4, $t8, FRAME_S4
  st.d $s5, $t8, FRAME_S5
  st.d $s6, $t8, FRAME_S6
  st.d $s7, $t8, FRAME_S7
  st.d $s8, $t8, FRAME_S8
  // A back-trace ends here.
  move $fp, $zero
  move $t0, $zero
  csrwr $t0, CSR_SAVE0
  st.d $t0, $t8, FRAME_T8
  ld.d $tp, $t8, FRAME_CPU
  ld.d $sp, $tp, CPU_STACK_TOP
  ld.d $a0, $tp, CPU_INDEX
  .endm

  .section .text.trap, "ax", @progbits

// mnos_system_call(cpu: a0). Never from kernel mode, which has no such instruction.
  .type system_call, @function
system_call:
  SAVE_REGISTERS
  csrrd $t0, CSR_ERA
  // Past the SYSCALL.
  addi.d $t0, $t0, 4
  st.d $t0, $t8, FRAME_PC
  bl mnos_system_call

// In: a0 the frame whose thread runs next, tp the CPU's block. A reservation made before the
// switch must not let another thread's sc succeed: ERTN ends it.
// Source: LoongArch Reference Manual, Volume 1, §7.4.14, "LLBit Control (LLBCTL)".
restore_and_return:
  st.d $tp, $a0, FRAME_CPU
  move $t0, $a0
  csrwr $t0, CSR_SAVE0
  ld.d $t0, $a0, FRAME_PC
  csrwr $t0, CSR_ERA
  ld.d $ra, $a0, FRAME_RA
  ld.d $tp, $a0, FRAME_TP
  ld.d $sp, $a0, FRAME_SP
  ld.d $r21, $a0, FRAME_R21
  ld.d $a7, $a0, FRAME_A7
  ld.d $a1, $a0, FRAME_A1
  ld.d $a2, $a0, FRAME_A2
  ld.d $a3, $a0, FRAME_A3
  ld.d $a4, $a0, FRAME_A4
  ld.d $a5, $a0, FRAME_A5
  ld.d $a6, $a0, FRAME_A6
  ld.d $t0, $a0, FRAME_T0
  ld.d $t1, $a0, FRAME_T1
  ld.d $t2, $a0, FRAME_T2
  ld.d $t3, $a0, FRAME_T3
  ld.d $t4, $a0, FRAME_T4
  ld.d $t5, $a0, FRAME_T5
  ld.d $t6, $a0, FRAME_T6
  ld.d $t7, $a0, FRAME_T7
  ld.d $t8, $a0, FRAME_T8
  ld.d $fp, $a0, FRAME_FP
  ld.d $s0, $a0, FRAME_S0
  ld.d $s1, $a0, FRAME_S1
  ld.d $s2, $a0, FRAME_S2
  ld.d $s3, $a0, FRAME_S3
  ld.d $s4, $a0, FRAME_S4
  ld.d $s5, $a0, FRAME_S5
  ld.d $s6, $a0, FRAME_S6
  ld.d $s7, $a0, FRAME_S7
  ld.d $s8, $a0, FRAME_S8
  ld.d $a0, $a0, FRAME_A0
  ertn
  .size system_call, . - system_call

  .type other_trap, @function
other_trap:
  beqz $t8, kernel_mode_trap
  SAVE_REGISTERS
  csrrd $a2, CSR_ERA
  st.d $a2, $t8, FRAME_PC
  // mnos_trap(cpu: a0, cause: ESTAT, detail: ERA, address: BADV)
  csrrd $a1, CSR_ESTAT
  csrrd $a3, CSR_BADV
  bl mnos_trap
  b restore_and_return
  .size other_trap, . - other_trap

// ERA and BADV were set by the TLB refill handler; ESTAT cannot be.
  .type refused_fetch, @function
refused_fetch:
  beqz $t8, kernel_mode_trap
  SAVE_REGISTERS
  csrrd $a2, CSR_ERA
  st.d $a2, $t8, FRAME_PC
  lu12i.w $a1, REFUSED_FETCH_CAUSE >> 12
  csrrd $a3, CSR_BADV
  bl mnos_trap
  b restore_and_return
  .size refused_fetch, . - refused_fetch

// mnos_enter_user(frame: a0) -> Never. tp is the CPU's block since `_start`.
  .globl mnos_enter_user
  .type mnos_enter_user, @function
mnos_enter_user:
  b restore_and_return
  .size mnos_enter_user, . - mnos_enter_user

// mnos_loongarch_wait_for_interrupt(): sleeps until an interrupt is pending. IDLE is sure to
// end only when an interrupt may be taken, so it is taken, and comes back at `idle_end`; one
// that is pending already is taken before IDLE, and passes it over.
// Source: LoongArch Reference Manual, Volume 1, §4.2.6.1, "IDLE".
  .globl mnos_loongarch_wait_for_interrupt
  .type mnos_loongarch_wait_for_interrupt, @function
mnos_loongarch_wait_for_interrupt:
  li.w $t0, CRMD_IE
  csrxchg $t0, $t0, CSR_CRMD
idle_start:
  idle 0
idle_end:
  li.w $t0, CRMD_IE
  csrxchg $zero, $t0, CSR_CRMD
  li.w $t0, PRMD_USER
  csrwr $t0, CSR_PRMD
  ret
  .size mnos_loongarch_wait_for_interrupt, . - mnos_loongarch_wait_for_interrupt

// In: t8 is 0, SAVE0 the interrupted t8.
  .type kernel_mode_trap, @function
kernel_mode_trap:
  csrwr $t8, CSR_SAVE0
  // t8 has its value again, and SAVE0 is 0 for a trap inside the report. Of an idle CPU's
  // registers, nothing is lost: t0 to t8 are nobody's there.
  la.pcrel $t0, idle_start
  csrrd $t1, CSR_ERA
  sub.d $t0, $t1, $t0
  // From idle_start up to and with idle_end, which is one instruction later.
  sltui $t0, $t0, 8
  beqz $t0, 1f
  la.pcrel $t0, idle_end
  csrwr $t0, CSR_ERA
  csrwr $zero, CSR_PRMD
  ertn

// A trap while in the kernel is a defect: reports it on a stack of its own, since the trap
// may be the kernel stack's overflow. A trap on the way there stops the CPU.
1:
  la.pcrel $t0, panic_depth
  li.w $t2, 1
  amadd.w $t3, $t2, $t0
  li.w $t2, 2
  bgeu $t3, $t2, 2f
  csrrd $a0, CSR_ESTAT
  move $a1, $t1
  csrrd $a2, CSR_BADV
  move $a3, $t1
  move $a4, $fp
  la.pcrel $sp, panic_stack_top
  // mnos_kernel_trap(cause: ESTAT, detail: ERA, address: BADV, pc, framePointer)
  bl mnos_kernel_trap
2:
  csrwr $zero, CSR_ECFG
  idle 0
  b 2b
  .size kernel_mode_trap, . - kernel_mode_trap

  .section .bss.mnos_loongarch_panic, "aw", @nobits
  .balign 16
panic_stack:
  .zero 8192
panic_stack_top:
panic_depth:
  .zero 4
