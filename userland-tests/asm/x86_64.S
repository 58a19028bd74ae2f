// What a remote thread runs, x86_64: a loop that does what its control page says.
//
// The code is position independent and is copied, so that it runs in any process. Offsets
// in the control page are those of harness/ControlPage.swift; what each operation does is
// said by harness/RemoteOperation.swift. rbp names the page: no system call changes it.

  .set OPERATION_COUNT, 16
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

// Patterns are rax, rbx, rcx, rdx, rsi, rdi, rbp, (rsp), r8 to r15: in at 512, out at 768; rsp names
// the page meanwhile.
  .macro load_patterns
  mov %rbp, %rsp
  mov 512(%rsp), %rax
  mov 520(%rsp), %rbx
  mov 528(%rsp), %rcx
  mov 536(%rsp), %rdx
  mov 544(%rsp), %rsi
  mov 552(%rsp), %rdi
  mov 560(%rsp), %rbp
  .irp register, 8,9,10,11,12,13,14,15
  mov 512 + 8 * \register(%rsp), %r\register
  .endr
  .endm

  .macro store_patterns page
  mov %rax, 768(\page)
  mov %rbx, 776(\page)
  mov %rcx, 784(\page)
  mov %rdx, 792(\page)
  mov %rsi, 800(\page)
  mov %rdi, 808(\page)
  mov %rbp, 816(\page)
  mov %rsp, 824(\page)
  .irp register, 8,9,10,11,12,13,14,15
  mov %r\register, 768 + 8 * \register(\page)
  .endr
  .endm

// The vector registers: in at 1024, out at 1536.
  .macro for_all_vectors instruction
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  \instruction \register
  .endr
  .endm
  .macro load_vector number
  movups 1024 + 16 * \number(%rbp), %xmm\number
  .endm
  .macro store_vector page, number
  movups %xmm\number, 1536 + 16 * \number(\page)
  .endm

// ds, es, fs, gs, mxcsr, the control word of the x87, and the flags ID, AC and DF: in at 3072, out
// at 3136.
  .macro store_status page
  mov %ds, %eax
  mov %rax, 3136(\page)
  mov %es, %eax
  mov %rax, 3144(\page)
  mov %fs, %eax
  mov %rax, 3152(\page)
  mov %gs, %eax
  mov %rax, 3160(\page)
  stmxcsr 3168(\page)
  fnstcw 3176(\page)
  pushfq
  pop %rax
  and $0x240400, %eax
  mov %rax, 3184(\page)
  .endm

// A thread may start here too: what it finds in its registers is stored first. In: rdi the control page.
first_entry:
  store_patterns %rdi
  for_all_vectors "store_vector %rdi,"
  store_status %rdi
  jmp code_start

do_patterns:
  load_patterns
  syscall
  store_patterns %rsp
  mov %rsp, %rbp
  jmp finish

// Holds all patterns until the word at 48 is not 0.
do_hold:
  for_all_vectors load_vector
  load_patterns
1:
  cmpq $0, 48(%rsp)
  je 1b
store_held:
  store_patterns %rsp
  mov %rsp, %rbp
  for_all_vectors "store_vector %rbp,"
  lea 4096(%rsp), %rsp
  jmp finish

// Faults with all patterns in place, at address 0.
do_hold_in_fault:
  for_all_vectors load_vector
  load_patterns
held_instruction:
  cmpb $0, 0
  jmp store_held

// The vector registers, loaded once, stored after the last yield.
do_vectors:
  for_all_vectors load_vector
1:
  mov $CALL_YIELD, %eax
  syscall
  decq 40(%rbp)
  jnz 1b
  for_all_vectors "store_vector %rbp,"
  jmp finish

// The same with the status words.
do_status:
  lea 4096(%rbp), %rsp
  mov 3072(%rbp), %eax
  mov %eax, %ds
  mov 3080(%rbp), %eax
  mov %eax, %es
  mov 3088(%rbp), %eax
  mov %eax, %fs
  mov 3096(%rbp), %eax
  mov %eax, %gs
  ldmxcsr 3104(%rbp)
  fldcw 3112(%rbp)
  pushq 3120(%rbp)
  popfq
1:
  mov $CALL_YIELD, %eax
  syscall
  decq 40(%rbp)
  jnz 1b
  store_status %rbp
  pushq $2
  popfq
  jmp finish

// There is no exclusive load on this machine.
do_exclusive:
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
  .long do_status - operations, do_hold - operations
  .long do_privileged - operations, do_probe - operations
  .long do_unsaved - operations, do_overflow - operations
  .long do_hold_in_fault - operations
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
  // Those that an interrupt and a fault keep, in the loops above.
  .quad 0xff7f
  // Whether there is an exclusive load.
  .quad 0
  // Where the user half of the address space ends, and an address that is in no half.
  .quad 0x800000000000
  .quad 0x0000800000000000
  // Whether a jump is refused also where loads and stores went before.
  .quad 1
  // The instruction that uses registers which the kernel does not save.
  .quad unsaved_instruction - code_start
  .quad first_entry - code_start
  .quad held_instruction - code_start
  .quad store_held - code_start
  // The number that holds the argument at the start, and the one that holds the stack pointer.
  .quad 5
  .quad 7
  // Words of vector registers; words of status, a mask of those that are a thread's own, what they
  // are at the start, and what else they can be.
  .quad 32
  .quad 7
  .quad 0x70
  .quad 0, 0, 0, 0, 0x1f80, 0x37f, 0, 0
  .quad 1, 2, 3, 3, 0x7f80, 0x27f, 0x240400, 0
  // Forbidden instructions: how many, and bytes for each.
  .quad (forbidden_end - forbidden) / 16
  .quad 16
  // The patterns of arguments 1 and 2.
  .quad 4
  .quad 3


// What user mode must not do, one instruction at each multiple of 16 bytes; whoever gets past one meets
// a breakpoint. Not here: invd and wbinvd, which QEMU lets user mode execute.
  .section .text.mnos_test_forbidden, "ax", @progbits
  .macro forbid instruction:vararg
  .balign 16
  \instruction
  int3
  .endm
  .balign 16
forbidden:
  forbid cli
  forbid sti
  forbid hlt
  forbid clts
  forbid swapgs
  forbid sysretq
  forbid sysexitq
  forbid sysenter
  forbid rsm
  forbid rdmsr
  forbid wrmsr
  forbid rdpmc
  forbid in %dx, %al
  forbid in %dx, %eax
  forbid in $0x70, %al
  forbid out %al, %dx
  forbid out %eax, %dx
  forbid out %al, $0x80
  forbid insb
  forbid outsb
  forbid lgdt (%rsp)
  forbid lidt (%rsp)
  forbid lldt %ax
  forbid ltr %ax
  forbid lmsw %ax
  forbid sgdt -16(%rsp)
  forbid sidt -16(%rsp)
  forbid sldt %eax
  forbid str %eax
  forbid smsw %eax
  forbid invlpg (%rsp)
  forbid invpcid (%rsp), %rax
  forbid mov %cr0, %rax
  forbid mov %rax, %cr0
  forbid mov %cr2, %rax
  forbid mov %rax, %cr2
  forbid mov %cr3, %rax
  forbid mov %rax, %cr3
  forbid mov %cr4, %rax
  forbid mov %rax, %cr4
  forbid mov %cr8, %rax
  forbid mov %rax, %cr8
  forbid mov %db0, %rax
  forbid mov %rax, %db0
  forbid mov %db7, %rax
  forbid mov %rax, %db7
  forbid xgetbv
  forbid xsetbv
  forbid clac
  forbid stac
  forbid rdfsbase %rax
  forbid wrfsbase %rax
  forbid rdgsbase %rax
  forbid wrgsbase %rax
  forbid rdpkru
  forbid monitor
  forbid mwait
  forbid vmcall
  forbid vmlaunch
  forbid vmrun %rax
  forbid vmload %rax
  forbid clgi
  forbid stgi
  forbid skinit %eax
  forbid encls
  forbid int $0x02
  forbid int $0x0d
  forbid int $0x20
  forbid int $0x80
  forbid int $0xff
  .balign 16
forbidden_end:

  .section .text.mnos_test_forbidden_address, "ax", @progbits
  .globl mnos_test_forbidden_address
mnos_test_forbidden_address:
  lea forbidden(%rip), %rax
  ret

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
