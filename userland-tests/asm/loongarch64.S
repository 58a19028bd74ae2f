// What a remote thread runs, loongarch64: a loop that does what its control page says.
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
  \instruction $f\register, $s0, \offset + 8 * \register
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction $f\register, $s0, \offset + 8 * \register
  .endr
  .endm

  .section .text.mnos_test_code, "ax", @progbits
  .balign 16
code_start:
// In: a0 the control page.
  move $s0, $a0
next:
  ori $a7, $zero, CALL_WAIT
  ld.d $a0, $s0, 8
  addi.d $a1, $zero, -1
  syscall 0
  bstrpick.d $a7, $a7, 15, 0
  bnez $a7, leave
  ld.d $t0, $s0, 0
  ori $t1, $zero, OPERATION_COUNT
  bgeu $t0, $t1, finish
  // Relative to this instruction, not to its page: the copy lies elsewhere in its page.
  pcaddi $t1, %pcrel_20(operations)
  slli.d $t0, $t0, 2
  add.d $t0, $t0, $t1
  ld.w $t0, $t0, 0
  add.d $t0, $t0, $t1
  jr $t0
finish:
  ori $a7, $zero, CALL_SIGNAL
  ld.d $a0, $s0, 16
  syscall 0
  b next
leave:
  ori $a7, $zero, CALL_EXIT
  move $a0, $zero
  syscall 0
  break 0

do_call:
  ld.d $a7, $s0, 64
  ld.d $a0, $s0, 72
  ld.d $a1, $s0, 80
  ld.d $a2, $s0, 88
  ld.d $a3, $s0, 96
  ld.d $a4, $s0, 104
  ld.d $a5, $s0, 112
  ld.d $a6, $s0, 120
  ld.d $t0, $s0, 128
  ld.d $t1, $s0, 136
  ld.d $t2, $s0, 144
  ld.d $t3, $s0, 152
call_instruction:
  syscall 0
  st.d $a7, $s0, 64
  st.d $a0, $s0, 72
  st.d $a1, $s0, 80
  st.d $a2, $s0, 88
  st.d $a3, $s0, 96
  st.d $a4, $s0, 104
  st.d $a5, $s0, 112
  st.d $a6, $s0, 120
  st.d $t0, $s0, 128
  st.d $t1, $s0, 136
  st.d $t2, $s0, 144
  st.d $t3, $s0, 152
  b finish

do_load:
  ld.d $t0, $s0, 24
load_instruction:
  ld.d $t1, $t0, 0
  st.d $t1, $s0, 32
  b finish

do_store:
  ld.d $t0, $s0, 24
  ld.d $t1, $s0, 32
store_instruction:
  st.d $t1, $t0, 0
  b finish

do_jump:
  ld.d $t0, $s0, 24
  jr $t0

do_illegal:
illegal_instruction:
  .word 0xffffffff
  b finish

do_privileged:
privileged_instruction:
  csrrd $t0, 0                        // CRMD
  b finish

do_spin:
  ld.d $t0, $s0, 40
  addi.d $t0, $t0, 1
  st.d $t0, $s0, 40
  ld.d $t0, $s0, 48
  beqz $t0, do_spin
  b finish

// Patterns are r0 to r31, of which r0 and sp, which names the page, are left out: in at 512,
// out at 768.
do_patterns:
  move $sp, $s0
  .irp register, 1,2,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  ld.d $r\register, $sp, 512 + 8 * \register
  .endr
  syscall 0
  .irp register, 1,2,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  st.d $r\register, $sp, 768 + 8 * \register
  .endr
  move $s0, $sp
  b finish

// The floating-point registers: loaded from 1024 once, stored to 1280 after the last yield.
do_vectors:
  for_all_vectors fld.d, 1024
1:
  ori $a7, $zero, CALL_YIELD
  syscall 0
  ld.d $t0, $s0, 40
  addi.d $t0, $t0, -1
  st.d $t0, $s0, 40
  bnez $t0, 1b
  for_all_vectors fst.d, 1280
  b finish

// At 32: 0 if the store was made although another thread ran after the load.
do_exclusive:
  ld.d $t0, $s0, 24
  ll.d $t1, $t0, 0
  ori $a7, $zero, CALL_YIELD
  syscall 0
  sc.d $t1, $t0, 0
  xori $t1, $t1, 1
  st.d $t1, $s0, 32
  b finish

do_read_control:
  movfcsr2gr $t0, $fcsr0
  st.d $t0, $s0, 32
  b finish

do_write_control:
  ld.d $t0, $s0, 32
  movgr2fcsr $fcsr0, $t0
  b finish

// Counts at 32 how many of the handles from 24 on, 40 of them, name something.
do_probe:
  ori $a7, $zero, CALL_INSPECT
  ld.d $a0, $s0, 24
  move $a1, $zero
  syscall 0
  bstrpick.d $a7, $a7, 15, 0
  bnez $a7, 1f
  ld.d $t0, $s0, 32
  addi.d $t0, $t0, 1
  st.d $t0, $s0, 32
1:
  ld.d $t0, $s0, 24
  addi.d $t0, $t0, 1
  st.d $t0, $s0, 24
  ld.d $t0, $s0, 40
  addi.d $t0, $t0, -1
  st.d $t0, $s0, 40
  bnez $t0, do_probe
  b finish

// vxor.v $vr0, $vr0, $vr0: the upper halves of the float registers.
do_unsaved:
unsaved_instruction:
  .word 0x71270000
  b finish

// Moves the stack pointer down from the address at 24, yields, stores at it, until that faults;
// counts the stores at 40.
do_overflow:
  ld.d $sp, $s0, 24
1:
  addi.d $sp, $sp, -16
  ori $a7, $zero, CALL_YIELD
  syscall 0
  st.d $zero, $sp, 8
  ld.d $t0, $s0, 40
  addi.d $t0, $t0, 1
  st.d $t0, $s0, 40
  b 1b

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
  .quad 0xfffff7e6
  .quad 11
  .quad 4
  // The control register's bits at start, and another value that user code may set: rounding
  // down, and the flag of an invalid operation.
  .quad 0
  .quad 0x100300
  // Whether there is an exclusive load.
  .quad 1
  // Where the user half of the address space ends, and an address that is in no half.
  .quad 0x800000000000
  .quad 0x0000800000000000
  // Whether a jump is refused also where loads and stores went before: not in QEMU, whose TLB
  // holds no right to execute, and which never gets past a fetch that its TLB refuses.
  .quad 0
  // The instruction that uses registers which the kernel does not save.
  .quad unsaved_instruction - code_start

  .section .text.mnos_test_code_address, "ax", @progbits
  .globl mnos_test_code_address
mnos_test_code_address:
  la.pcrel $a0, code_start
  ret

  .section .text.mnos_test_code_fact, "ax", @progbits
  .globl mnos_test_code_fact
// In: a0 the index.
mnos_test_code_fact:
  la.pcrel $t0, facts
  slli.d $a0, $a0, 3
  ldx.d $a0, $t0, $a0
  ret

  .section .text.mnos_test_code_written, "ax", @progbits
  .globl mnos_test_code_written
// Makes the stores so far visible to this CPU's instruction fetch.
mnos_test_code_written:
  dbar 0
  ibar 0
  ret

  .section .text.mnos_test_image_data, "ax", @progbits
  .globl mnos_test_image_data
mnos_test_image_data:
  la.pcrel $a0, image_data
  ret

  .section .text.mnos_test_image_zeros, "ax", @progbits
  .globl mnos_test_image_zeros
mnos_test_image_zeros:
  la.pcrel $a0, image_zeros
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
