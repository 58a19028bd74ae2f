// What compiled code calls for blocks of memory.

.macro function name
.section .text.\name, "ax"
.global \name
\name:
.endm

function memset
  movq %rdi, %r8
  movl %esi, %eax
  movq %rdx, %rcx
  rep stosb
  movq %r8, %rax
  ret

function memcpy
  movq %rdi, %rax
  movq %rdx, %rcx
  rep movsb
  ret

function memmove
  movq %rdi, %rax
  movq %rdx, %rcx
  movq %rdi, %r8
  subq %rsi, %r8
  cmpq %rdx, %r8
  jb 1f                               // the target begins inside the source
  rep movsb
  ret
1:
  leaq -1(%rdi, %rcx), %rdi
  leaq -1(%rsi, %rcx), %rsi
  std
  rep movsb
  cld
  ret
