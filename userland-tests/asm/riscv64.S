// What a remote thread runs, riscv64: a loop that does what its control page says.
//
// The code is position independent and is copied, so that it runs in any process. Offsets
// in the control page are those of harness/ControlPage.swift; what each operation does is
// said by harness/RemoteOperation.swift. s0 names the page: no system call changes it.

  .set OPERATION_COUNT, 15
  .set CALL_SIGNAL, 5
  .set CALL_WAIT, 6
  .set CALL_INSPECT, 11
  .set CALL_EXIT, 26
  .set CALL_YIELD, 27

// Loads or stores f0 to f31, word by word from an offset in the control page.
  .macro for_all_vectors instruction, offset
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  \instruction f\register, \offset + 8 * \register(s0)
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction f\register, \offset + 8 * \register(s0)
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

// Patterns are x0 to x31, of which x0 and sp, which names the page, are left out: in at 512,
// out at 768.
do_patterns:
  mv sp, s0
  .irp register, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  ld x\register, 512 + 8 * \register(sp)
  .endr
  ecall
  .irp register, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  sd x\register, 768 + 8 * \register(sp)
  .endr
  mv s0, sp
  j finish

// The floating-point registers: loaded from 1024 once, stored to 1280 after the last yield.
do_vectors:
  for_all_vectors fld, 1024
1:
  li a7, CALL_YIELD
  ecall
  ld t0, 40(s0)
  addi t0, t0, -1
  sd t0, 40(s0)
  bnez t0, 1b
  for_all_vectors fsd, 1280
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

do_read_control:
  frcsr t0
  sd t0, 32(s0)
  j finish

do_write_control:
  ld t0, 32(s0)
  fscsr t0
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
  .word do_read_control - operations, do_write_control - operations
  .word do_privileged - operations, do_probe - operations
  .word do_unsaved - operations, do_overflow - operations
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
  // The control register's bits at start, and another value that user code may set.
  .quad 0
  .quad 0x61
  // Whether there is an exclusive load.
  .quad 1
  // Where the user half of the address space ends, and an address that is in no half.
  .quad 0x4000000000
  .quad 0x0000800000000000
  // Whether a jump is refused also where loads and stores went before.
  .quad 1
  // The instruction that uses registers which the kernel does not save.
  .quad unsaved_instruction - code_start

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
