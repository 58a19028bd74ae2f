// What a remote thread runs, aarch64: a loop that does what its control page says.
//
// The code is position independent and is copied, so that it runs in any process. Offsets
// in the control page are those of harness/ControlPage.swift; what each operation does is
// said by harness/RemoteOperation.swift. x19 names the page: no system call changes it.

  .set OPERATION_COUNT, 15
  .set CALL_SIGNAL, 5
  .set CALL_WAIT, 6
  .set CALL_INSPECT, 11
  .set CALL_EXIT, 26
  .set CALL_YIELD, 27

// Loads or stores the low halves of v0 to v31, word by word from an offset in the page.
  .macro for_all_vectors instruction, offset
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  \instruction d\register, [x19, #\offset + 8 * \register]
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction d\register, [x19, #\offset + 8 * \register]
  .endr
  .endm

  .section .text.mnos_test_code, "ax", @progbits
  .balign 16
code_start:
// In: x0 the control page.
  mov x19, x0
next:
  mov x8, #CALL_WAIT
  ldr x0, [x19, #8]
  mov x1, #-1
  svc #0
  tst x8, #0xffff
  b.ne leave
  ldr x9, [x19]
  cmp x9, #OPERATION_COUNT
  b.hs finish
  adr x10, operations
  ldrsw x9, [x10, x9, lsl #2]
  add x9, x9, x10
  br x9
finish:
  mov x8, #CALL_SIGNAL
  ldr x0, [x19, #16]
  svc #0
  b next
leave:
  mov x8, #CALL_EXIT
  mov x0, #0
  svc #0
  udf #0

do_call:
  ldp x8, x0, [x19, #64]
  ldp x1, x2, [x19, #80]
  ldp x3, x4, [x19, #96]
  ldp x5, x6, [x19, #112]
  ldp x7, x9, [x19, #128]
  ldp x10, x11, [x19, #144]
call_instruction:
  svc #0
  stp x8, x0, [x19, #64]
  stp x1, x2, [x19, #80]
  stp x3, x4, [x19, #96]
  stp x5, x6, [x19, #112]
  stp x7, x9, [x19, #128]
  stp x10, x11, [x19, #144]
  b finish

do_load:
  ldr x9, [x19, #24]
load_instruction:
  ldr x10, [x9]
  str x10, [x19, #32]
  b finish

do_store:
  ldr x9, [x19, #24]
  ldr x10, [x19, #32]
store_instruction:
  str x10, [x9]
  b finish

do_jump:
  ldr x9, [x19, #24]
  br x9

do_illegal:
illegal_instruction:
  udf #0
  b finish

do_privileged:
privileged_instruction:
  mrs x9, ttbr0_el1
  b finish

do_spin:
  ldr x9, [x19, #40]
  add x9, x9, #1
  str x9, [x19, #40]
  ldr x9, [x19, #48]
  cbz x9, do_spin
  b finish

// Patterns are x0 to x30: in at 512, out at 768. sp names the page meanwhile: what a call
// does to it is seen by whether the stores arrive.
do_patterns:
  mov sp, x19
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
  ldr x\register, [sp, #512 + 8 * \register]
  .endr
  svc #0
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
  str x\register, [sp, #768 + 8 * \register]
  .endr
  mov x19, sp
  b finish

// The vector registers: loaded from 1024 once, stored to 1280 after the last yield. The page
// has 32 words for them; each goes into both halves, and both must come back the same.
do_vectors:
  for_all_vectors ldr, 1024
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  mov v\register\().d[1], v\register\().d[0]
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  mov v\register\().d[1], v\register\().d[0]
  .endr
1:
  mov x8, #CALL_YIELD
  svc #0
  ldr x9, [x19, #40]
  sub x9, x9, #1
  str x9, [x19, #40]
  cbnz x9, 1b
  for_all_vectors str, 1280
// A word whose halves differ is stored as the difference, which is no pattern.
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  umov x9, v\register\().d[0]
  umov x10, v\register\().d[1]
  cmp x9, x10
  b.eq 2f
  eor x9, x9, x10
  str x9, [x19, #1280 + 8 * \register]
2:
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  umov x9, v\register\().d[0]
  umov x10, v\register\().d[1]
  cmp x9, x10
  b.eq 2f
  eor x9, x9, x10
  str x9, [x19, #1280 + 8 * \register]
2:
  .endr
  b finish

// At 32: 0 if the store was made although another thread ran after the load.
do_exclusive:
  ldr x12, [x19, #24]
  ldxr x13, [x12]
  mov x8, #CALL_YIELD
  svc #0
  stxr w14, x13, [x12]
  str x14, [x19, #32]
  b finish

do_read_control:
  mrs x9, fpcr
  str x9, [x19, #32]
  b finish

do_write_control:
  ldr x9, [x19, #32]
  msr fpcr, x9
  b finish

// Counts at 32 how many of the handles from 24 on, 40 of them, name something.
do_probe:
  mov x8, #CALL_INSPECT
  ldr x0, [x19, #24]
  mov x1, #0
  svc #0
  tst x8, #0xffff
  b.ne 1f
  ldr x9, [x19, #32]
  add x9, x9, #1
  str x9, [x19, #32]
1:
  ldr x9, [x19, #24]
  add x9, x9, #1
  str x9, [x19, #24]
  ldr x9, [x19, #40]
  sub x9, x9, #1
  str x9, [x19, #40]
  cbnz x9, do_probe
  b finish

// rdvl x9, #1: asks for the length of the scalable vector registers.
do_unsaved:
unsaved_instruction:
  .inst 0x04bf5029
  b finish

// Moves the stack pointer down from the address at 24, yields, stores at it, until that faults;
// counts the stores at 40.
do_overflow:
  ldr x9, [x19, #24]
  mov sp, x9
1:
  sub sp, sp, #16
  mov x8, #CALL_YIELD
  svc #0
  str xzr, [sp, #8]
  ldr x9, [x19, #40]
  add x9, x9, #1
  str x9, [x19, #40]
  b 1b

  .balign 4
operations:
  .word do_call - operations, do_load - operations, do_store - operations
  .word do_jump - operations, do_illegal - operations, do_spin - operations
  .word do_patterns - operations, do_vectors - operations, do_exclusive - operations
  .word do_read_control - operations, do_write_control - operations
  .word do_privileged - operations, do_probe - operations
  .word do_unsaved - operations, do_overflow - operations
// The code is copied word by word.
  .balign 8
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
  .quad 31
  .quad 0x7ffffefe
  .quad 8
  .quad 0
  // The control register's bits at start, and another value that user code may set.
  .quad 0
  .quad 0x03c00000
  // Whether there is an exclusive load.
  .quad 1
  // Where the user half of the address space ends, and an address that is in no half.
  .quad 0x0001000000000000
  .quad 0x0001000000000000
  // Whether a jump is refused also where loads and stores went before.
  .quad 1
  // The instruction that uses registers which the kernel does not save.
  .quad unsaved_instruction - code_start

  .section .text.mnos_test_code_address, "ax", @progbits
  .globl mnos_test_code_address
mnos_test_code_address:
  adrp x0, code_start
  add x0, x0, :lo12:code_start
  ret

  .section .text.mnos_test_code_fact, "ax", @progbits
  .globl mnos_test_code_fact
// In: x0 the index.
mnos_test_code_fact:
  adrp x9, facts
  add x9, x9, :lo12:facts
  ldr x0, [x9, x0, lsl #3]
  ret

  .section .text.mnos_test_code_written, "ax", @progbits
  .globl mnos_test_code_written
// Makes the stores so far visible to this CPU's instruction fetch. The kernel cleans caches
// when it maps memory for execution, which happens after the code was written.
mnos_test_code_written:
  dsb ish
  isb
  ret

  .section .text.mnos_test_image_data, "ax", @progbits
  .globl mnos_test_image_data
mnos_test_image_data:
  adrp x0, image_data
  add x0, x0, :lo12:image_data
  ret

  .section .text.mnos_test_image_zeros, "ax", @progbits
  .globl mnos_test_image_zeros
mnos_test_image_zeros:
  adrp x0, image_zeros
  add x0, x0, :lo12:image_zeros
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
