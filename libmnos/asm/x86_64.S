// Start-up, the trap instruction and the memory functions that compilers call, x86_64.
// Register roles: docs/manual/system-calls.md. Calling convention: System V AMD64 psABI.

  .section .text._start, "ax", @progbits
  .globl _start
// The first instruction. In: rdi the start argument, rsp the top of the stack. Applies the
// image's own relocations (all R_X86_64_RELATIVE, type 8), then calls mnos_start.
_start:
  lea __ehdr_start(%rip), %r8
  lea mnos_relocations_start(%rip), %rcx
  lea mnos_relocations_end(%rip), %rdx
1:
  cmp %rdx, %rcx
  jae 2f
  cmpl $8, 8(%rcx)
  jne 3f
  mov (%rcx), %rax
  mov 16(%rcx), %rsi
  add %r8, %rsi
  mov %rsi, (%rax, %r8)
  add $24, %rcx
  jmp 1b
2:
  xor %ebp, %ebp
  and $-16, %rsp
  call mnos_start
3:
  ud2

  .section .text.mnos_thread_entry, "ax", @progbits
  .globl mnos_thread_entry
// The first instruction of a further thread. In: rdi its context.
mnos_thread_entry:
  xor %ebp, %ebp
  and $-16, %rsp
  call mnos_thread_start
  ud2

  .section .text.mnos_perform_call, "ax", @progbits
  .globl mnos_perform_call
// void mnos_perform_call(CallRegisters *): loads all registers of a call from the record,
// traps, and stores them back.
mnos_perform_call:
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  push %rdi
  mov %rdi, %rbx
  mov 0(%rbx), %rax
  mov 8(%rbx), %rdi
  mov 16(%rbx), %rsi
  mov 24(%rbx), %rdx
  mov 32(%rbx), %r8
  mov 40(%rbx), %r9
  mov 48(%rbx), %r10
  mov 56(%rbx), %r12
  mov 64(%rbx), %r13
  mov 72(%rbx), %r14
  mov 80(%rbx), %r15
  mov 88(%rbx), %rbx
  syscall
  pop %rcx
  mov %rax, 0(%rcx)
  mov %rdi, 8(%rcx)
  mov %rsi, 16(%rcx)
  mov %rdx, 24(%rcx)
  mov %r8, 32(%rcx)
  mov %r9, 40(%rcx)
  mov %r10, 48(%rcx)
  mov %r12, 56(%rcx)
  mov %r13, 64(%rcx)
  mov %r14, 72(%rcx)
  mov %r15, 80(%rcx)
  mov %rbx, 88(%rcx)
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  ret

  .section .text.free, "ax", @progbits
  .globl free
// The compiler does not let Swift code have this name.
free:
  jmp mnos_free

  .section .text.memcpy, "ax", @progbits
  .globl memcpy
memcpy:
  mov %rdi, %rax
  mov %rdx, %rcx
  rep movsb
  ret

  .section .text.memmove, "ax", @progbits
  .globl memmove
// Backwards only where the destination begins inside the source.
memmove:
  mov %rdi, %rax
  mov %rdx, %rcx
  mov %rdi, %r8
  sub %rsi, %r8
  cmp %rdx, %r8
  jb 1f
  rep movsb
  ret
1:
  lea -1(%rdi, %rdx), %rdi
  lea -1(%rsi, %rdx), %rsi
  std
  rep movsb
  cld
  ret

  .section .text.memset, "ax", @progbits
  .globl memset
memset:
  mov %rdi, %r8
  mov %esi, %eax
  mov %rdx, %rcx
  rep stosb
  mov %r8, %rax
  ret

  .section .text.memcmp, "ax", @progbits
  .globl memcmp
memcmp:
  xor %eax, %eax
  xor %ecx, %ecx
1:
  cmp %rdx, %rcx
  je 2f
  movzbl (%rdi, %rcx), %eax
  movzbl (%rsi, %rcx), %r8d
  inc %rcx
  sub %r8d, %eax
  je 1b
2:
  ret

  .section .text.mnos_port_read8, "ax", @progbits
  .globl mnos_port_read8
// uint8_t mnos_port_read8(uint16_t port)
mnos_port_read8:
  mov %edi, %edx
  xor %eax, %eax
  in %dx, %al
  ret

  .section .text.mnos_port_write8, "ax", @progbits
  .globl mnos_port_write8
// void mnos_port_write8(uint16_t port, uint8_t value)
mnos_port_write8:
  mov %edi, %edx
  mov %esi, %eax
  out %al, %dx
  ret

  .section .note.GNU-stack, "", @progbits
