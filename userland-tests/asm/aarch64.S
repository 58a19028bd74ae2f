// What a remote thread runs, aarch64: a loop that does what its control page says.
//
// The code is position independent and is copied, so that it runs in any process. Offsets
// in the control page are those of harness/ControlPage.swift; what each operation does is
// said by harness/RemoteOperation.swift. x19 names the page: no system call changes it.

  .set OPERATION_COUNT, 16
  .set CALL_SIGNAL, 5
  .set CALL_WAIT, 6
  .set CALL_INSPECT, 11
  .set CALL_EXIT, 26
  .set CALL_YIELD, 27

// Loads or stores v0 to v31 at an offset in the page that x0 or another register names.
  .macro for_all_vectors instruction, page, offset
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  \instruction q\register, [\page, #\offset + 16 * \register]
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  \instruction q\register, [\page, #\offset + 16 * \register]
  .endr
  .endm

// Patterns are x0 to x30: in at 512, out at 768. sp names the page meanwhile: what an entry
// does to it is seen by whether the stores arrive.
  .macro for_all_patterns instruction, page, offset
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
  \instruction x\register, [\page, #\offset + 8 * \register]
  .endr
  .irp register, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
  \instruction x\register, [\page, #\offset + 8 * \register]
  .endr
  .endm

// N, Z, C and V; fpcr; fpsr; tpidr_el0: in at 3072, out at 3136.
  .macro store_status page
  mrs x9, nzcv
  mrs x10, fpcr
  stp x9, x10, [\page, #3136 - 3072]
  mrs x9, fpsr
  mrs x10, tpidr_el0
  stp x9, x10, [\page, #3152 - 3072]
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

// A thread may start here too: what it finds in its registers is stored first. In: x0 the control page.
first_entry:
  for_all_patterns str, x0, 768
  mov x9, sp
  str x9, [x0, #768 + 8 * 31]
  for_all_vectors str, x0, 1536
  add x11, x0, #3072
  store_status x11
  b code_start

do_patterns:
  mov sp, x19
  for_all_patterns ldr, sp, 512
  svc #0
  for_all_patterns str, sp, 768
  mov x19, sp
  b finish

// Holds all patterns, but that of x9, until the word at 48 is not 0.
do_hold:
  mov sp, x19
  for_all_vectors ldr, sp, 1024
  for_all_patterns ldr, sp, 512
1:
  ldr x9, [sp, #48]
  cbz x9, 1b
store_held:
  for_all_patterns str, sp, 768
  for_all_vectors str, sp, 1536
  mov x19, sp
  b finish

// Faults with all patterns in place, but that of x9, at address 0.
do_hold_in_fault:
  mov sp, x19
  for_all_vectors ldr, sp, 1024
  for_all_patterns ldr, sp, 512
  mov x9, #0
held_instruction:
  ldr x9, [x9]
  b store_held

// The vector registers, loaded once, stored after the last yield.
do_vectors:
  for_all_vectors ldr, x19, 1024
1:
  mov x8, #CALL_YIELD
  svc #0
  ldr x9, [x19, #40]
  sub x9, x9, #1
  str x9, [x19, #40]
  cbnz x9, 1b
  for_all_vectors str, x19, 1536
  b finish

// The same with the status words.
do_status:
  add x11, x19, #3072
  ldp x9, x10, [x11]
  msr nzcv, x9
  msr fpcr, x10
  ldp x9, x10, [x11, #16]
  msr fpsr, x9
  msr tpidr_el0, x10
1:
  mov x8, #CALL_YIELD
  svc #0
  ldr x9, [x19, #40]
  sub x9, x9, #1
  str x9, [x19, #40]
  cbnz x9, 1b
  add x11, x19, #3072
  store_status x11
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
  .word do_status - operations, do_hold - operations
  .word do_privileged - operations, do_probe - operations
  .word do_unsaved - operations, do_overflow - operations
  .word do_hold_in_fault - operations
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
  // Those that an interrupt and a fault keep, in the loops above.
  .quad 0x7ffffdff
  // Whether there is an exclusive load.
  .quad 1
  // Where the user half of the address space ends, and an address that is in no half.
  .quad 0x0001000000000000
  .quad 0x0001000000000000
  // Whether a jump is refused also where loads and stores went before.
  .quad 1
  // The instruction that uses registers which the kernel does not save.
  .quad unsaved_instruction - code_start
  .quad first_entry - code_start
  .quad held_instruction - code_start
  .quad store_held - code_start
  // The number that holds the argument at the start, and the one that holds the stack pointer.
  .quad 0
  .quad 31
  // Words of vector registers; words of status, a mask of those that are a thread's own, what they
  // are at the start, and what else they can be.
  .quad 64
  .quad 4
  .quad 0xf
  .quad 0, 0, 0, 0, 0, 0, 0, 0
  .quad 0xf0000000, 0x03c00000, 0x0800009f, 0x6d6e6f735ec12e75, 0, 0, 0, 0
  // Forbidden instructions: how many, and bytes for each.
  .quad (forbidden_end - forbidden) / 16
  .quad 16
  // The patterns of arguments 1 and 2.
  .quad 1
  .quad 2


// What user mode must not do, one instruction at each multiple of 16 bytes; whoever gets past one meets
// a breakpoint.
  .section .text.mnos_test_forbidden, "ax", @progbits
  .macro forbid instruction:vararg
  .balign 16
  \instruction
  brk #0
  .endm
  .balign 16
forbidden:
  forbid mrs x9, sctlr_el1
  forbid mrs x9, ttbr0_el1
  forbid mrs x9, ttbr1_el1
  forbid mrs x9, tcr_el1
  forbid mrs x9, mair_el1
  forbid mrs x9, vbar_el1
  forbid mrs x9, esr_el1
  forbid mrs x9, far_el1
  forbid mrs x9, elr_el1
  forbid mrs x9, spsr_el1
  forbid mrs x9, sp_el0
  forbid mrs x9, cpacr_el1
  forbid mrs x9, cntkctl_el1
  forbid mrs x9, cntp_ctl_el0
  forbid mrs x9, cntv_ctl_el0
  forbid mrs x9, cntv_cval_el0
  forbid mrs x9, daif
  forbid mrs x9, midr_el1
  forbid mrs x9, mpidr_el1
  forbid mrs x9, id_aa64mmfr0_el1
  forbid mrs x9, currentel
  forbid mrs x9, tpidr_el1
  forbid mrs x9, contextidr_el1
  forbid mrs x9, pmcr_el0
  forbid mrs x9, pmccntr_el0
  forbid mrs x9, mdscr_el1
  forbid mrs x9, par_el1
  forbid mrs x9, amair_el1
  forbid mrs x9, actlr_el1
  forbid mrs x9, ccsidr_el1
  forbid mrs x9, dbgbvr0_el1
  forbid mrs x9, hcr_el2
  forbid mrs x9, vttbr_el2
  forbid mrs x9, scr_el3
  forbid msr sctlr_el1, xzr
  forbid msr ttbr0_el1, xzr
  forbid msr ttbr1_el1, xzr
  forbid msr tcr_el1, xzr
  forbid msr mair_el1, xzr
  forbid msr vbar_el1, xzr
  forbid msr elr_el1, xzr
  forbid msr spsr_el1, xzr
  forbid msr cpacr_el1, xzr
  forbid msr cntkctl_el1, xzr
  forbid msr cntv_ctl_el0, xzr
  forbid msr tpidr_el1, xzr
  forbid msr tpidrro_el0, xzr
  forbid msr mdscr_el1, xzr
  forbid msr oslar_el1, xzr
  forbid msr csselr_el1, xzr
  forbid msr icc_sgi1r_el1, xzr
  forbid msr icc_eoir1_el1, xzr
  forbid msr icc_pmr_el1, xzr
  forbid msr daifset, #15
  forbid msr daifclr, #15
  forbid msr spsel, #1
  forbid tlbi vmalle1
  forbid tlbi vmalle1is
  forbid tlbi vae1, x9
  forbid tlbi aside1is, x9
  forbid at s1e1r, x9
  forbid at s1e0w, x9
  forbid dc isw, x9
  forbid dc cisw, x9
  forbid dc ivac, x9
  forbid ic iallu
  forbid ic ialluis
  forbid hvc #0
  forbid smc #0
  forbid eret
  .balign 16
forbidden_end:

  .section .text.mnos_test_forbidden_address, "ax", @progbits
  .globl mnos_test_forbidden_address
mnos_test_forbidden_address:
  adrp x0, forbidden
  add x0, x0, :lo12:forbidden
  ret

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
