// What a remote thread runs, x86_64: a loop that does what its control page says.
//
// The code is position independent and is copied, so that it runs in any process. Offsets
// in the control page are those of harness/ControlPage.swift; what each operation does is
// said by harness/RemoteOperation.swift. rbp names the page: no system call changes it.

  .set OPERATION_COUNT, 15
  .set CALL_SIGNAL, 5
  .set CALL_WAIT, 6
  .set CALL_INSPECT, 11
  .set CALL_EXIT, 26
  .set CALL_YIELD, 27

  .section .text.mnos_test_code, "ax", @progbits
  .balign 16
code_start:
// In: rdi the control page.
  mov %rdi, %rbp
next:
  mov $CALL_WAIT, %eax
  mov 8(%rbp), %rdi
  mov $-1, %rsi
  syscall
  test %ax, %ax
  jnz leave
  mov 0(%rbp), %rax
  cmp $OPERATION_COUNT, %rax
  jae finish
  lea operations(%rip), %rcx
  movslq (%rcx, %rax, 4), %rax
  add %rcx, %rax
  jmp *%rax
finish:
  mov $CALL_SIGNAL, %eax
  mov 16(%rbp), %rdi
  syscall
  jmp next
leave:
  mov $CALL_EXIT, %eax
  xor %edi, %edi
  syscall
  ud2

do_call:
  mov 64(%rbp), %rax
  mov 72(%rbp), %rdi
  mov 80(%rbp), %rsi
  mov 88(%rbp), %rdx
  mov 96(%rbp), %r8
  mov 104(%rbp), %r9
  mov 112(%rbp), %r10
  mov 120(%rbp), %r12
  mov 128(%rbp), %r13
  mov 136(%rbp), %r14
  mov 144(%rbp), %r15
  mov 152(%rbp), %rbx
call_instruction:
  syscall
  mov %rax, 64(%rbp)
  mov %rdi, 72(%rbp)
  mov %rsi, 80(%rbp)
  mov %rdx, 88(%rbp)
  mov %r8, 96(%rbp)
  mov %r9, 104(%rbp)
  mov %r10, 112(%rbp)
  mov %r12, 120(%rbp)
  mov %r13, 128(%rbp)
  mov %r14, 136(%rbp)
  mov %r15, 144(%rbp)
  mov %rbx, 152(%rbp)
  jmp finish

do_load:
  mov 24(%rbp), %rcx
load_instruction:
  mov (%rcx), %rax
  mov %rax, 32(%rbp)
  jmp finish

do_store:
  mov 24(%rbp), %rcx
  mov 32(%rbp), %rax
store_instruction:
  mov %rax, (%rcx)
  jmp finish

do_jump:
  mov 24(%rbp), %rcx
  jmp *%rcx

do_illegal:
illegal_instruction:
  ud2
  jmp finish

do_privileged:
  mov $0x70, %edx
privileged_instruction:
  in %dx, %al
  jmp finish

do_spin:
  incq 40(%rbp)
  cmpq $0, 48(%rbp)
  je do_spin
  jmp finish

// Patterns are rax, rbx, rcx, rdx, rsi, rdi, rbp, (rsp), r8 to r15: in at 512, out at 768.
do_patterns:
  mov %rbp, %rsp
  mov 512(%rsp), %rax
  mov 520(%rsp), %rbx
  mov 536(%rsp), %rdx
  mov 544(%rsp), %rsi
  mov 552(%rsp), %rdi
  mov 560(%rsp), %rbp
  mov 576(%rsp), %r8
  mov 584(%rsp), %r9
  mov 592(%rsp), %r10
  mov 608(%rsp), %r12
  mov 616(%rsp), %r13
  mov 624(%rsp), %r14
  mov 632(%rsp), %r15
  syscall
  mov %rax, 768(%rsp)
  mov %rbx, 776(%rsp)
  mov %rdx, 792(%rsp)
  mov %rsi, 800(%rsp)
  mov %rdi, 808(%rsp)
  mov %rbp, 816(%rsp)
  mov %r8, 832(%rsp)
  mov %r9, 840(%rsp)
  mov %r10, 848(%rsp)
  mov %r12, 864(%rsp)
  mov %r13, 872(%rsp)
  mov %r14, 880(%rsp)
  mov %r15, 888(%rsp)
  mov %rsp, %rbp
  jmp finish

// The vector registers: loaded from 1024 once, stored to 1280 after the last yield.
do_vectors:
  .set OFFSET, 1024
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  movups OFFSET(%rbp), %xmm\register
  .set OFFSET, OFFSET + 16
  .endr
1:
  mov $CALL_YIELD, %eax
  syscall
  decq 40(%rbp)
  jnz 1b
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  movups %xmm\register, OFFSET(%rbp)
  .set OFFSET, OFFSET + 16
  .endr
  jmp finish

// There is no exclusive load on this machine.
do_exclusive:
  jmp finish

do_read_control:
  movq $0, 32(%rbp)
  stmxcsr 32(%rbp)
  jmp finish

do_write_control:
  ldmxcsr 32(%rbp)
  jmp finish

// Counts at 32 how many of the handles from 24 on, 40 of them, name something.
do_probe:
  mov $CALL_INSPECT, %eax
  mov 24(%rbp), %rdi
  xor %esi, %esi
  syscall
  test %ax, %ax
  jnz 1f
  incq 32(%rbp)
1:
  incq 24(%rbp)
  decq 40(%rbp)
  jnz do_probe
  jmp finish

// The upper halves of the ymm registers.
do_unsaved:
unsaved_instruction:
  vzeroupper
  jmp finish

// Moves the stack pointer down from the address at 24, yields, stores at it, until that faults;
// counts the stores at 40.
do_overflow:
  mov 24(%rbp), %rsp
1:
  sub $16, %rsp
  mov $CALL_YIELD, %eax
  syscall
  movq $0, 8(%rsp)
  incq 40(%rbp)
  jmp 1b

  .balign 4
operations:
  .long do_call - operations, do_load - operations, do_store - operations
  .long do_jump - operations, do_illegal - operations, do_spin - operations
  .long do_patterns - operations, do_vectors - operations, do_exclusive - operations
  .long do_read_control - operations, do_write_control - operations
  .long do_privileged - operations, do_probe - operations
  .long do_unsaved - operations, do_overflow - operations
code_end:

// What harness/RemoteCode.swift asks for, in its order.
  .section .rodata.mnos_test_facts, "a", @progbits
  .balign 8
facts:
  .quad code_end - code_start
  .quad finish - code_start
  .quad load_instruction - code_start
  .quad store_instruction - code_start
  .quad illegal_instruction - code_start
  .quad privileged_instruction - code_start
  .quad call_instruction - code_start
  // Patterns: how many, those that a call keeps, the places of call word and argument 0.
  .quad 16
  .quad 0xf75a
  .quad 0
  .quad 5
  // The control register's bits at start, and another value that user code may set.
  .quad 0x1f80
  .quad 0x7f80
  // Whether there is an exclusive load.
  .quad 0
  // Where the user half of the address space ends, and an address that is in no half.
  .quad 0x800000000000
  .quad 0x0000800000000000
  // Whether a jump is refused also where loads and stores went before.
  .quad 1
  // The instruction that uses registers which the kernel does not save.
  .quad unsaved_instruction - code_start

  .section .text.mnos_test_code_address, "ax", @progbits
  .globl mnos_test_code_address
mnos_test_code_address:
  lea code_start(%rip), %rax
  ret

  .section .text.mnos_test_code_fact, "ax", @progbits
  .globl mnos_test_code_fact
// In: rdi the index.
mnos_test_code_fact:
  lea facts(%rip), %rax
  mov (%rax, %rdi, 8), %rax
  ret

  .section .text.mnos_test_code_written, "ax", @progbits
  .globl mnos_test_code_written
// Stores are seen by later instruction fetches at once.
mnos_test_code_written:
  ret

  .section .text.mnos_test_image_data, "ax", @progbits
  .globl mnos_test_image_data
mnos_test_image_data:
  lea image_data(%rip), %rax
  ret

  .section .text.mnos_test_image_zeros, "ax", @progbits
  .globl mnos_test_image_zeros
mnos_test_image_zeros:
  lea image_zeros(%rip), %rax
  ret

// What a program's image begins with: words with a pattern, and behind them zeros that no file
// has.
  .section .data.mnos_test_data, "aw", @progbits
  .balign 16
image_data:
  .set INDEX, 0
  .rept 32
  .quad 0x6d6e6f7300000000 + INDEX
  .set INDEX, INDEX + 1
  .endr

  .section .bss.mnos_test_zeros, "aw", @nobits
  .balign 16
image_zeros:
  .skip 6000

  .section .note.GNU-stack, "", @progbits
