// Into the kernel by boot and by SYSCALL, and out of it to user mode.
#include "../include/X86Layout.h"
#include "Registers.inc"

  .text

  // Limine enters here: long mode, paging on, interrupts masked, its own stack.
  // Source: Limine PROTOCOL.md, "Machine state at entry".
  .globl _start
  .type _start, @function
_start:
  cld
  leaq mnos_boot_stack_top(%rip), %rsp
  xorl %ebp, %ebp
  call mnos_boot
  ud2

  // SYSCALL put the return address into rcx and the flags into r11, and masked the flags
  // that FMASK names; the stack is still the user's.
  // Source: Intel SDM vol. 2B, SYSCALL.
  .balign 16
  .globl x86_system_call_entry
  .type x86_system_call_entry, @function
x86_system_call_entry:
  swapgs
  movq %rsp, %gs:X86_CPU_USER_STACK
  movq %gs:X86_CPU_FRAME, %rsp
  SAVE_KEPT_REGISTERS
  movq %rcx, X86_FRAME_RIP(%rsp)
  movq %r11, X86_FRAME_RFLAGS(%rsp)
  movq $X86_FRAME_BY_SYSCALL, X86_FRAME_VECTOR(%rsp)
  movq %gs:X86_CPU_USER_STACK, %rcx
  movq %rcx, X86_FRAME_RSP(%rsp)
  movq %gs:X86_CPU_STACK, %rsp
  movl %gs:X86_CPU_INDEX, %edi
  xorl %ebp, %ebp  // where a back-trace ends
  call mnos_system_call

  // rax is the frame to restore; the next entry on this CPU saves there.
  .globl x86_return_to_user
x86_return_to_user:
  movq %rax, %gs:X86_CPU_FRAME
  leaq X86_FRAME_BYTES(%rax), %rcx
  movq %rcx, %gs:X86_CPU_TSS_RSP0
  movq %rax, %rsp
  cmpl $X86_FRAME_BY_SYSCALL, X86_FRAME_VECTOR(%rsp)
  jne 1f
  movq X86_FRAME_RIP(%rsp), %rcx
  // SYSRET to an address that is not canonical faults in kernel mode with the user's
  // stack pointer. Source: Intel SDM vol. 2B, SYSRET; CVE-2012-0217.
  btq $47, %rcx
  jc 1f
  movq X86_FRAME_RFLAGS(%rsp), %r11
  RESTORE_KEPT_REGISTERS
  movq X86_FRAME_RSP(%rsp), %rsp
  swapgs
  sysretq

1:
  movq X86_FRAME_RCX(%rsp), %rcx
  movq X86_FRAME_R11(%rsp), %r11
  RESTORE_KEPT_REGISTERS
  addq $X86_FRAME_RIP, %rsp
  swapgs
  .globl x86_interrupt_return
x86_interrupt_return:
  iretq

  // mnos_enter_user(frame) -> Never
  .globl mnos_enter_user
  .type mnos_enter_user, @function
mnos_enter_user:
  movq %rdi, %rax
  jmp x86_return_to_user

  // x86_wait_for_interrupt() -> vector. The interrupt comes after `hlt` has begun, for
  // `sti` takes effect one instruction late; it is recorded and leaves interrupts masked.
  // Source: Intel SDM vol. 2B, STI.
  .balign 16
  .globl x86_wait_for_interrupt
  .type x86_wait_for_interrupt, @function
x86_wait_for_interrupt:
  movl $X86_SPURIOUS_VECTOR, %gs:X86_CPU_RECORDED_VECTOR
  sti
  hlt
  cli
  movl %gs:X86_CPU_RECORDED_VECTOR, %eax
  ret

  // x86_poll_interrupt() -> vector, or the spurious one if no interrupt is pending. One
  // that is comes after `nop`.
  .globl x86_poll_interrupt
  .type x86_poll_interrupt, @function
x86_poll_interrupt:
  movl $X86_SPURIOUS_VECTOR, %gs:X86_CPU_RECORDED_VECTOR
  sti
  nop
  cli
  movl %gs:X86_CPU_RECORDED_VECTOR, %eax
  ret

  .section .note.GNU-stack, "", @progbits
