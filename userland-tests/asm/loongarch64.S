// What a remote thread runs, loongarch64: a loop that does what its control page says.
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
  \instruction $f\register, \page, \offset + 8 * \register
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction $f\register, \page, \offset + 8 * \register
  .endr
  .endm

// Patterns are r0 to r31, of which r0 and sp, which names the page, are left out: in at 512,
// out at 768.
  .macro for_all_patterns instruction, page, offset
  .irp register, 1,2,4,5,6,7,8,9,10,11,12,13,14,15
  \instruction $r\register, \page, \offset + 8 * \register
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction $r\register, \page, \offset + 8 * \register
  .endr
  .endm

// fcsr0, and fcc0 to fcc7 in one bit each: in at 3072, out at 3136 of the page.
  .macro store_status page
  movfcsr2gr $t0, $fcsr0
  move $t1, $zero
  .irp flag, 7,6,5,4,3,2,1,0
  slli.d $t1, $t1, 1
  movcf2gr $t2, $fcc\flag
  or $t1, $t1, $t2
  .endr
  ori $t2, $zero, 3136
  add.d $t2, $t2, \page
  st.d $t0, $t2, 0
  st.d $t1, $t2, 8
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

// A thread may start here too: what it finds in its registers is stored first. In: a0 the control page.
first_entry:
  for_all_patterns st.d, $a0, 768
  st.d $sp, $a0, 768 + 8 * 3
  for_all_vectors fst.d, $a0, 1536
  store_status $a0
  b code_start

do_patterns:
  move $sp, $s0
  for_all_patterns ld.d, $sp, 512
  syscall 0
  for_all_patterns st.d, $sp, 768
  move $s0, $sp
  b finish

// Holds all patterns, but that of t0, until the word at 48 is not 0.
do_hold:
  move $sp, $s0
  for_all_vectors fld.d, $sp, 1024
  for_all_patterns ld.d, $sp, 512
1:
  ld.d $t0, $sp, 48
  beqz $t0, 1b
store_held:
  for_all_patterns st.d, $sp, 768
  for_all_vectors fst.d, $sp, 1536
  move $s0, $sp
  b finish

// Faults with all patterns in place, at address 0.
do_hold_in_fault:
  move $sp, $s0
  for_all_vectors fld.d, $sp, 1024
  for_all_patterns ld.d, $sp, 512
held_instruction:
  ld.b $zero, $zero, 0
  b store_held

// The floating-point registers, loaded once, stored after the last yield.
do_vectors:
  for_all_vectors fld.d, $s0, 1024
1:
  ori $a7, $zero, CALL_YIELD
  syscall 0
  ld.d $t0, $s0, 40
  addi.d $t0, $t0, -1
  st.d $t0, $s0, 40
  bnez $t0, 1b
  for_all_vectors fst.d, $s0, 1536
  b finish

// The same with the status words.
do_status:
  ori $t2, $zero, 3072
  add.d $t2, $t2, $s0
  ld.d $t0, $t2, 0
  movgr2fcsr $fcsr0, $t0
  ld.d $t0, $t2, 8
  .irp flag, 0,1,2,3,4,5,6,7
  movgr2cf $fcc\flag, $t0
  srli.d $t0, $t0, 1
  .endr
1:
  ori $a7, $zero, CALL_YIELD
  syscall 0
  ld.d $t0, $s0, 40
  addi.d $t0, $t0, -1
  st.d $t0, $s0, 40
  bnez $t0, 1b
  store_status $s0
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
  .quad 0xfffff7e6
  .quad 11
  .quad 4
  // Those that an interrupt and a fault keep, in the loops above.
  .quad 0xffffeff6
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
  .quad first_entry - code_start
  .quad held_instruction - code_start
  .quad store_held - code_start
  // The number that holds the argument at the start, and the one that holds the stack pointer.
  .quad 4
  .quad 3
  // Words of vector registers; words of status, a mask of those that are a thread's own, what they
  // are at the start, and what else they can be.
  .quad 32
  .quad 2
  .quad 3
  .quad 0, 0, 0, 0, 0, 0, 0, 0
  .quad 0x100300, 0xa5, 0, 0, 0, 0, 0, 0
  // Forbidden instructions: how many, and bytes for each.
  .quad (forbidden_end - forbidden) / 16
  .quad 16
  // The patterns of arguments 1 and 2.
  .quad 5
  .quad 6


// What user mode must not do, one instruction at each multiple of 16 bytes; whoever gets past one meets
// a breakpoint.
  .section .text.mnos_test_forbidden, "ax", @progbits
  .macro forbid instruction:vararg
  .balign 16
  \instruction
  break 0
  .endm
  .balign 16
forbidden:
  forbid csrrd $t0, 0x0
  forbid csrrd $t0, 0x1
  forbid csrrd $t0, 0x2
  forbid csrrd $t0, 0x3
  forbid csrrd $t0, 0x4
  forbid csrrd $t0, 0x5
  forbid csrrd $t0, 0x6
  forbid csrrd $t0, 0x7
  forbid csrrd $t0, 0x8
  forbid csrrd $t0, 0xc
  forbid csrrd $t0, 0x10
  forbid csrrd $t0, 0x11
  forbid csrrd $t0, 0x12
  forbid csrrd $t0, 0x13
  forbid csrrd $t0, 0x18
  forbid csrrd $t0, 0x19
  forbid csrrd $t0, 0x1a
  forbid csrrd $t0, 0x1b
  forbid csrrd $t0, 0x1c
  forbid csrrd $t0, 0x1d
  forbid csrrd $t0, 0x1e
  forbid csrrd $t0, 0x1f
  forbid csrrd $t0, 0x20
  forbid csrrd $t0, 0x21
  forbid csrrd $t0, 0x30
  forbid csrrd $t0, 0x40
  forbid csrrd $t0, 0x41
  forbid csrrd $t0, 0x42
  forbid csrrd $t0, 0x43
  forbid csrrd $t0, 0x60
  forbid csrrd $t0, 0x88
  forbid csrrd $t0, 0x8a
  forbid csrrd $t0, 0x8f
  forbid csrrd $t0, 0x180
  forbid csrrd $t0, 0x181
  forbid csrwr $t0, 0x0
  forbid csrwr $t0, 0x1
  forbid csrwr $t0, 0x2
  forbid csrwr $t0, 0x4
  forbid csrwr $t0, 0x6
  forbid csrwr $t0, 0xc
  forbid csrwr $t0, 0x18
  forbid csrwr $t0, 0x19
  forbid csrwr $t0, 0x30
  forbid csrwr $t0, 0x41
  forbid csrwr $t0, 0x44
  forbid csrwr $t0, 0x60
  forbid csrwr $t0, 0x88
  forbid csrwr $t0, 0x180
  forbid csrxchg $t0, $t1, 0x0
  forbid csrxchg $t0, $t1, 0x4
  forbid iocsrrd.b $t0, $zero
  forbid iocsrrd.w $t0, $zero
  forbid iocsrrd.d $t0, $zero
  forbid iocsrwr.b $t0, $zero
  forbid iocsrwr.w $t0, $zero
  forbid iocsrwr.d $t0, $zero
  forbid cacop 0, $t0, 0
  forbid cacop 9, $t0, 0
  forbid tlbsrch
  forbid tlbrd
  forbid tlbwr
  forbid tlbfill
  forbid tlbclr
  forbid tlbflush
  forbid invtlb 0, $zero, $zero
  forbid invtlb 4, $t0, $zero
  forbid lddir $t0, $t1, 1
  forbid ldpte $t0, 0
  forbid ertn
  forbid idle 0
  .balign 16
forbidden_end:

  .section .text.mnos_test_forbidden_address, "ax", @progbits
  .globl mnos_test_forbidden_address
mnos_test_forbidden_address:
  la.pcrel $a0, forbidden
  ret

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
