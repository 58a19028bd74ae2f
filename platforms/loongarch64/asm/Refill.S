// Fills the TLB from the page tables, for both halves of the address space.

#include "Frame.h"

// Where TLBRENTRY points. The CPU enters here without translation, so by the page's physical
// address: nothing outside the page may be named. TLBRSAVE keeps the one register in use.
//
// LDDIR follows an entry to the next table, by the address that missed and the levels that
// PWCL and PWCH describe; it passes a huge page on as it is. LDPTE puts both pages of a pair
// into TLBRELO0 and TLBRELO1. An empty entry ends the walk with a pair of invalid pages, so
// that the access itself is reported as a fault.
// Source: LoongArch Reference Manual, Volume 1, §5.4.4, "TLB Refill Exception Handling";
// §4.2.5, "Page Table Walking Instructions".
  .section .text.refill, "ax", @progbits
  .balign 4096
  .globl mnos_loongarch_refill
  .type mnos_loongarch_refill, @function
mnos_loongarch_refill:
  csrwr $t0, CSR_TLBRSAVE
  csrrd $t0, CSR_PGD
  lddir $t0, $t0, 3
  beqz $t0, 1f
  lddir $t0, $t0, 2
  beqz $t0, 1f
  lddir $t0, $t0, 1
  beqz $t0, 1f
  ldpte $t0, 0
  ldpte $t0, 1
  tlbfill
  csrrd $t0, CSR_TLBRSAVE
  ertn
1:
  csrwr $zero, CSR_TLBRELO0
  csrwr $zero, CSR_TLBRELO1
  // Pages of 2^12 bytes: the field below the address has what the last refill found.
  csrrd $t0, CSR_TLBREHI
  bstrins.d $t0, $zero, 5, 0
  ori $t0, $t0, 12
  csrwr $t0, CSR_TLBREHI
  tlbfill
  csrrd $t0, CSR_TLBRSAVE
  ertn
  .size mnos_loongarch_refill, . - mnos_loongarch_refill
