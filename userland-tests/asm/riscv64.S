// What a remote thread runs, riscv64: a loop that does what its control page says.
//
// The code is position independent and is copied, so that it runs in any process. Offsets
// in the control page are those of harness/ControlPage.swift; what each operation does is
// said by harness/RemoteOperation.swift. s0 names the page: no system call changes it.

  .set OPERATION_COUNT, 16
  .set CALL_SIGNAL, 5
  .set CALL_WAIT, 6
  .set CALL_INSPECT, 11
  .set CALL_EXIT, 26
  .set CALL_YIELD, 27

// Loads or stores f0 to f31, word by word, at an offset in the page that a register names.
  .macro for_all_vectors instruction, page, offset
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  \instruction f\register, \offset + 8 * \register(\page)
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction f\register, \offset + 8 * \register(\page)
  .endr
  .endm

// Patterns are x0 to x31, of which x0 and sp, which names the page, are left out: in at 512,
// out at 768.
  .macro for_all_patterns instruction, page, offset
  .irp register, 1,3,4,5,6,7,8,9,10,11,12,13,14,15
  \instruction x\register, \offset + 8 * \register(\page)
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction x\register, \offset + 8 * \register(\page)
  .endr
  .endm

  .option norelax
  .option norvc

  .section .text.mnos_test_code, "ax", @progbits
  .balign 16
code_start:
// In: a0 the control page.
  mv s0, a0
next:
  li a7, CALL_WAIT
  ld a0, 8(s0)
  li a1, -1
  ecall
  slli a7, a7, 48
  bnez a7, leave
  ld t0, 0(s0)
  li t1, OPERATION_COUNT
  bgeu t0, t1, finish
  lla t1, operations
  slli t0, t0, 2
  add t0, t0, t1
  lw t0, 0(t0)
  add t0, t0, t1
  jr t0
finish:
  li a7, CALL_SIGNAL
  ld a0, 16(s0)
  ecall
  j next
leave:
  li a7, CALL_EXIT
  li a0, 0
  ecall
  unimp

do_call:
  ld a7, 64(s0)
  ld a0, 72(s0)
  ld a1, 80(s0)
  ld a2, 88(s0)
  ld a3, 96(s0)
  ld a4, 104(s0)
  ld a5, 112(s0)
  ld a6, 120(s0)
  ld t0, 128(s0)
  ld t1, 136(s0)
  ld t2, 144(s0)
  ld t3, 152(s0)
call_instruction:
  ecall
  sd a7, 64(s0)
  sd a0, 72(s0)
  sd a1, 80(s0)
  sd a2, 88(s0)
  sd a3, 96(s0)
  sd a4, 104(s0)
  sd a5, 112(s0)
  sd a6, 120(s0)
  sd t0, 128(s0)
  sd t1, 136(s0)
  sd t2, 144(s0)
  sd t3, 152(s0)
  j finish

do_load:
  ld t0, 24(s0)
load_instruction:
  ld t1, 0(t0)
  sd t1, 32(s0)
  j finish

do_store:
  ld t0, 24(s0)
  ld t1, 32(s0)
store_instruction:
  sd t1, 0(t0)
  j finish

do_jump:
  ld t0, 24(s0)
  jr t0

do_illegal:
illegal_instruction:
  .word 0xffffffff
  j finish

do_privileged:
privileged_instruction:
  csrr t0, sstatus
  j finish

do_spin:
  ld t0, 40(s0)
  addi t0, t0, 1
  sd t0, 40(s0)
  ld t0, 48(s0)
  beqz t0, do_spin
  j finish

// A thread may start here too: what it finds in its registers is stored first. In: a0 the control page.
first_entry:
  for_all_patterns sd, a0, 768
  sd sp, 768 + 8 * 2(a0)
  for_all_vectors fsd, a0, 1536
  li t0, 3072
  add t0, t0, a0
  frcsr t1
  sd t1, 64(t0)
  j code_start

do_patterns:
  mv sp, s0
  for_all_patterns ld, sp, 512
  ecall
  for_all_patterns sd, sp, 768
  mv s0, sp
  j finish

// Holds all patterns, but that of t0, until the word at 48 is not 0.
do_hold:
  mv sp, s0
  for_all_vectors fld, sp, 1024
  for_all_patterns ld, sp, 512
1:
  ld t0, 48(sp)
  beqz t0, 1b
store_held:
  for_all_patterns sd, sp, 768
  for_all_vectors fsd, sp, 1536
  mv s0, sp
  j finish

// Faults with all patterns in place, at address 0.
do_hold_in_fault:
  mv sp, s0
  for_all_vectors fld, sp, 1024
  for_all_patterns ld, sp, 512
held_instruction:
  lb zero, 0(zero)
  j store_held

// The floating-point registers, loaded once, stored after the last yield.
do_vectors:
  for_all_vectors fld, s0, 1024
1:
  li a7, CALL_YIELD
  ecall
  ld t0, 40(s0)
  addi t0, t0, -1
  sd t0, 40(s0)
  bnez t0, 1b
  for_all_vectors fsd, s0, 1536
  j finish

// The same with the status word: fcsr, in at 3072, out at 3136.
do_status:
  li t1, 3072
  add t1, t1, s0
  ld t0, 0(t1)
  fscsr t0
1:
  li a7, CALL_YIELD
  ecall
  ld t0, 40(s0)
  addi t0, t0, -1
  sd t0, 40(s0)
  bnez t0, 1b
  li t1, 3072
  add t1, t1, s0
  frcsr t0
  sd t0, 64(t1)
  j finish

// At 32: 0 if the store was made although another thread ran after the load.
do_exclusive:
  ld t0, 24(s0)
  lr.d t1, (t0)
  li a7, CALL_YIELD
  ecall
  sc.d t2, t1, (t0)
  sd t2, 32(s0)
  j finish

// Counts at 32 how many of the handles from 24 on, 40 of them, name something.
do_probe:
  li a7, CALL_INSPECT
  ld a0, 24(s0)
  li a1, 0
  ecall
  slli a7, a7, 48
  bnez a7, 1f
  ld t0, 32(s0)
  addi t0, t0, 1
  sd t0, 32(s0)
1:
  ld t0, 24(s0)
  addi t0, t0, 1
  sd t0, 24(s0)
  ld t0, 40(s0)
  addi t0, t0, -1
  sd t0, 40(s0)
  bnez t0, do_probe
  j finish

// Reads vlenb, which only needs the vector registers to be on.
do_unsaved:
unsaved_instruction:
  .word 0xc22022f3
  j finish

// Moves the stack pointer down from the address at 24, yields, stores at it, until that faults;
// counts the stores at 40.
do_overflow:
  ld sp, 24(s0)
1:
  addi sp, sp, -16
  li a7, CALL_YIELD
  ecall
  sd zero, 8(sp)
  ld t0, 40(s0)
  addi t0, t0, 1
  sd t0, 40(s0)
  j 1b

  .balign 4
operations:
  .word do_call - operations, do_load - operations, do_store - operations
  .word do_jump - operations, do_illegal - operations, do_spin - operations
  .word do_patterns - operations, do_vectors - operations, do_exclusive - operations
  .word do_status - operations, do_hold - operations
  .word do_privileged - operations, do_probe - operations
  .word do_unsaved - operations, do_overflow - operations
  .word do_hold_in_fault - operations
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
  .quad 32
  .quad 0xfffdfbfa
  .quad 17
  .quad 10
  // Those that an interrupt and a fault keep, in the loops above.
  .quad 0xffffffda
  // Whether there is an exclusive load.
  .quad 1
  // Where the user half of the address space ends, and an address that is in no half.
  .quad 0x4000000000
  .quad 0x0000800000000000
  // Whether a jump is refused also where loads and stores went before.
  .quad 1
  // The instruction that uses registers which the kernel does not save.
  .quad unsaved_instruction - code_start
  .quad first_entry - code_start
  .quad held_instruction - code_start
  .quad store_held - code_start
  // The number that holds the argument at the start, and the one that holds the stack pointer.
  .quad 10
  .quad 2
  // Words of vector registers; words of status, a mask of those that are a thread's own, what they
  // are at the start, and what else they can be.
  .quad 32
  .quad 1
  .quad 1
  .quad 0, 0, 0, 0, 0, 0, 0, 0
  .quad 0x7f, 0, 0, 0, 0, 0, 0, 0
  // Forbidden instructions: how many, and bytes for each.
  .quad (forbidden_end - forbidden) / 16
  .quad 16
  // The patterns of arguments 1 and 2.
  .quad 11
  .quad 12


// What user mode must not do, one instruction at each multiple of 16 bytes; whoever gets past one meets
// a breakpoint.
  .section .text.mnos_test_forbidden, "ax", @progbits
  .macro forbid instruction:vararg
  .balign 16
  \instruction
  ebreak
  .endm
  .balign 16
forbidden:
  forbid csrr t0, sstatus
  forbid csrr t0, sie
  forbid csrr t0, stvec
  forbid csrr t0, scounteren
  forbid csrr t0, sscratch
  forbid csrr t0, sepc
  forbid csrr t0, scause
  forbid csrr t0, stval
  forbid csrr t0, sip
  forbid csrr t0, satp
  forbid csrr t0, 0x14d
  forbid csrr t0, 0x10a
  forbid csrr t0, mstatus
  forbid csrr t0, misa
  forbid csrr t0, mie
  forbid csrr t0, mtvec
  forbid csrr t0, mscratch
  forbid csrr t0, mepc
  forbid csrr t0, mcause
  forbid csrr t0, mtval
  forbid csrr t0, mip
  forbid csrr t0, mhartid
  forbid csrr t0, mvendorid
  forbid csrr t0, mcounteren
  forbid csrr t0, pmpcfg0
  forbid csrr t0, pmpaddr0
  forbid csrr t0, 0x600
  forbid csrr t0, 0x680
  forbid csrr t0, 0x200
  forbid csrr t0, 0x280
  forbid csrr t0, 0x7b0
  forbid csrr t0, 0x7a0
  forbid csrr t0, cycle
  forbid csrr t0, instret
  forbid csrr t0, hpmcounter3
  forbid csrw sstatus, zero
  forbid csrw sie, zero
  forbid csrw stvec, zero
  forbid csrw scounteren, zero
  forbid csrw sscratch, zero
  forbid csrw sepc, zero
  forbid csrw satp, zero
  forbid csrw 0x14d, zero
  forbid csrw 0x10a, zero
  forbid csrw mstatus, zero
  forbid csrw time, zero
  forbid csrw cycle, zero
  forbid csrsi sstatus, 2
  forbid csrci sie, 2
  forbid sret
  forbid mret
  forbid wfi
  forbid sfence.vma zero, zero
  forbid sfence.vma t0, t1
  forbid .word 0x16000073
  forbid .word 0x18000073
  forbid .word 0x18100073
  forbid .word 0x22000073
  forbid .word 0x62000073
  forbid .word 0x6c02c073
  forbid .word 0x0002a00f
  forbid .word 0x0012a00f
  forbid .word 0x0022a00f
  forbid .word 0x0042a00f
  .balign 16
forbidden_end:

  .section .text.mnos_test_forbidden_address, "ax", @progbits
  .globl mnos_test_forbidden_address
mnos_test_forbidden_address:
  lla a0, forbidden
  ret

  .section .text.mnos_test_code_address, "ax", @progbits
  .globl mnos_test_code_address
mnos_test_code_address:
  lla a0, code_start
  ret

  .section .text.mnos_test_code_fact, "ax", @progbits
  .globl mnos_test_code_fact
// In: a0 the index.
mnos_test_code_fact:
  lla t0, facts
  slli a0, a0, 3
  add t0, t0, a0
  ld a0, 0(t0)
  ret

  .section .text.mnos_test_code_written, "ax", @progbits
  .globl mnos_test_code_written
// Makes the stores so far visible to this CPU's instruction fetch.
mnos_test_code_written:
  fence.i
  ret

  .section .text.mnos_test_image_data, "ax", @progbits
  .globl mnos_test_image_data
mnos_test_image_data:
  lla a0, image_data
  ret

  .section .text.mnos_test_image_zeros, "ax", @progbits
  .globl mnos_test_image_zeros
mnos_test_image_zeros:
  lla a0, image_zeros
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
