// Exceptions and interrupts. From user mode the CPU switches to the stack pointer in the
// task state segment, which is the end of the running thread's frame: what it pushes
// lands in the frame.
#include "../include/X86Layout.h"
#include "Registers.inc"

  .text

  // One stub for each vector, all of the same length. Vectors 8, 10 to 14, 17, 21, 29 and
  // 30 come with an error code; the others get a 0 in its place.
  // Source: Intel SDM vol. 3A §6.15; AMD64 APM vol. 2 §8.2.
  .balign X86_STUB_BYTES
  .globl x86_trap_stubs
x86_trap_stubs:
  .set vector, 0
  .rept 256
    .balign X86_STUB_BYTES
    .if (vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17) \
        && (vector != 21) && (vector != 29) && (vector != 30)
      pushq $0
    .endif
    pushq $vector
    .if (vector == 2) || (vector == 8) || (vector == 18)
      jmp emergency
    .else
      jmp trap
    .endif
    .set vector, vector + 1
  .endr

  // On the stack, from rsp up: vector, error code, rip, cs, rflags, rsp, ss.
  .balign 16
trap:
  testb $3, 24(%rsp)
  jz trap_in_kernel
  swapgs
  subq $X86_FRAME_VECTOR, %rsp
  SAVE_KEPT_REGISTERS
  movq %rcx, X86_FRAME_RCX(%rsp)
  movq %r11, X86_FRAME_R11(%rsp)
handle_user_trap:
  movl X86_FRAME_VECTOR(%rsp), %esi
  movl X86_FRAME_ERROR(%rsp), %edx
  movq X86_FRAME_RIP(%rsp), %rcx
  cmpl $14, %esi
  jne 1f
  movq %cr2, %rcx
1:
  movq %gs:X86_CPU_STACK, %rsp
  cld
  // The AC flag is the user's and opens user pages to the kernel: an interrupt gate
  // leaves it as it was. Source: Intel SDM vol. 3A §4.6.
  cmpb $0, %gs:X86_CPU_HAS_SMAP
  je 2f
  clac
2:
  movl %gs:X86_CPU_INDEX, %edi
  xorl %ebp, %ebp
  call mnos_trap
  jmp x86_return_to_user

  // Interrupts come here only from the two functions in Entry.S that let them in. The
  // vector is recorded, and interrupts stay masked after the return.
trap_in_kernel:
  cmpl $32, (%rsp)
  jb exception_in_kernel
  pushq %rax
  movl 8(%rsp), %eax
  movl %eax, %gs:X86_CPU_RECORDED_VECTOR
  popq %rax
  addq $16, %rsp
  andl $~0x200, 16(%rsp)
  iretq

  // Only a fault in the return to user mode itself can be the thread's; anything else is
  // the kernel's end.
exception_in_kernel:
  pushq %rax
  leaq x86_interrupt_return(%rip), %rax
  cmpq %rax, 24(%rsp)
  popq %rax
  je fault_in_return
kernel_end:
  movl (%rsp), %edi
  movl 8(%rsp), %esi
  movq %cr2, %rdx
  movq 16(%rsp), %rcx
  movq %rbp, %r8
  andq $-16, %rsp
  cld
  call mnos_kernel_trap
  ud2

  // The registers hold the thread's values, and the frame still holds what `iretq` was
  // to take; below that the CPU has pushed. gs is the user's.
fault_in_return:
  swapgs
  movq %rax, %gs:X86_CPU_USER_STACK
  movq (%rsp), %rax
  movq %gs:X86_CPU_FRAME, %rsp
  movq %rax, X86_FRAME_VECTOR(%rsp)
  movq $0, X86_FRAME_ERROR(%rsp)
  movq %gs:X86_CPU_USER_STACK, %rax
  SAVE_KEPT_REGISTERS
  movq %rcx, X86_FRAME_RCX(%rsp)
  movq %r11, X86_FRAME_R11(%rsp)
  jmp handle_user_trap

  // NMI, double fault and machine check may come anywhere, on a stack of their own, and
  // none is survived. Between the kernel's entry and its `swapgs` gs is still the
  // user's, so the code segment alone does not tell: the sign of the base does.
emergency:
  pushq %rax
  pushq %rcx
  pushq %rdx
  movl $0xc0000101, %ecx
  rdmsr
  testl %edx, %edx
  js 1f
  swapgs
1:
  popq %rdx
  popq %rcx
  popq %rax
  jmp kernel_end

  .section .note.GNU-stack, "", @progbits
