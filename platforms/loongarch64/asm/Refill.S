// Fills the TLB from the page tables, for both halves of the address space.

#include "Frame.h"

// Where TLBRENTRY points. The CPU enters here without translation, so by the page's physical
// address: nothing outside the page may be named. TLBRSAVE, SAVE1 and SAVE2 keep the registers
// in use.
//
// LDDIR follows an entry to the next table, by the address that missed and the levels that
// PWCL and PWCH describe; it passes a huge page on as it is. LDPTE puts a page of a pair into
// TLBRELO0 or TLBRELO1, and its size into TLBREHI. An empty entry ends the walk with a pair of
// invalid pages, so that the access itself is reported as a fault.
//
// A fetch is looked at more closely: one that the page's entry does not permit goes to the
// kernel at once, without filling anything. Real CPUs would report it after the fill; QEMU, up
// to 10.0 at least, loses the bit against execution in LDPTE, and reports a fetch that the TLB
// refuses over and over, without ever getting to the handler.
// Source: LoongArch Reference Manual, Volume 1, §5.4.4, "TLB Refill Exception Handling";
// §4.2.5, "Page Table Walking Instructions".
  .section .text.refill, "ax", @progbits
  .balign 4096
  .globl mnos_loongarch_refill
  .type mnos_loongarch_refill, @function
mnos_loongarch_refill:
  csrwr $t0, CSR_TLBRSAVE
  csrrd $t0, CSR_TLBRBADV
  csrwr $t1, CSR_SAVE1
  // Bit 0 says "TLB refill", and is no part of the address of the instruction.
  csrrd $t1, CSR_TLBRERA
  ori $t0, $t0, 1
  beq $t0, $t1, 2f
  csrrd $t0, CSR_PGD
  lddir $t0, $t0, 3
  beqz $t0, 4f
  lddir $t0, $t0, 2
  beqz $t0, 4f
  lddir $t0, $t0, 1
  beqz $t0, 4f
1:
  ldpte $t0, 0
  ldpte $t0, 1
  tlbfill
  csrrd $t1, CSR_SAVE1
  csrrd $t0, CSR_TLBRSAVE
  ertn

2:
  csrrd $t0, CSR_PGD
  lddir $t0, $t0, 3
  beqz $t0, 4f
  lddir $t0, $t0, 2
  beqz $t0, 4f
  lddir $t0, $t0, 1
  beqz $t0, 4f
  andi $t1, $t0, PAGE_HUGE
  bnez $t1, 3f
  csrrd $t1, CSR_TLBRBADV
  bstrpick.d $t1, $t1, 20, 12
  alsl.d $t1, $t1, $t0, 3
  ld.d $t1, $t1, 0
  b 5f
3:
  move $t1, $t0
  b 5f

4:
  csrwr $zero, CSR_TLBRELO0
  csrwr $zero, CSR_TLBRELO1
  // Pages of 2^12 bytes: the field below the address has what the last refill found.
  csrrd $t0, CSR_TLBREHI
  bstrins.d $t0, $zero, 5, 0
  ori $t0, $t0, 12
  csrwr $t0, CSR_TLBREHI
  tlbfill
  csrrd $t1, CSR_SAVE1
  csrrd $t0, CSR_TLBRSAVE
  ertn

5:
  // t1 is the entry of the page fetched from. Nonzero if it is not for execution, or if the
  // privilege level, 0 or 3, is not among those that may use it.
  csrwr $t2, CSR_SAVE2
  csrrd $t2, CSR_TLBRPRMD
  slli.d $t2, $t2, PAGE_LEVEL_SHIFT
  andi $t2, $t2, PAGE_LEVEL
  andn $t2, $t2, $t1
  andi $t1, $t1, PAGE_UNEXECUTABLE
  or $t1, $t1, $t2
  csrrd $t2, CSR_SAVE2
  beqz $t1, 1b
  // As if it were an exception of the page: back to where its vector is, in kernel mode.
  csrrd $t0, CSR_TLBRERA
  bstrins.d $t0, $zero, 1, 0
  csrwr $t0, CSR_ERA
  csrrd $t0, CSR_TLBRBADV
  csrwr $t0, CSR_BADV
  csrrd $t0, CSR_EENTRY
  addi.d $t0, $t0, REFUSED_FETCH_VECTOR + 1
  csrwr $t0, CSR_TLBRERA
  csrwr $zero, CSR_TLBRPRMD
  csrrd $t1, CSR_SAVE1
  csrrd $t0, CSR_TLBRSAVE
  ertn
  .size mnos_loongarch_refill, . - mnos_loongarch_refill
