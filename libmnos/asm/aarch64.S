// Start-up, the trap instruction and the memory functions that compilers call, aarch64.
// Register roles: docs/manual/system-calls.md. Calling convention: AAPCS64.

// The address of a symbol of this image.
  .macro address register, symbol
  adrp \register, \symbol
  add \register, \register, :lo12:\symbol
  .endm

  .section .text._start, "ax", @progbits
  .globl _start
// The first instruction. In: x0 the start argument, sp the top of the stack. Applies the
// image's own relocations (all R_AARCH64_RELATIVE, type 1027), then calls mnos_start.
_start:
  address x9, __ehdr_start
  address x10, mnos_relocations_start
  address x11, mnos_relocations_end
1:
  cmp x10, x11
  b.hs 2f
  ldp x12, x13, [x10]
  ldr x14, [x10, #16]
  cmp w13, #1027
  b.ne 3f
  add x14, x14, x9
  str x14, [x12, x9]
  add x10, x10, #24
  b 1b
2:
  mov x29, xzr
  mov x30, xzr
  mov x9, sp
  and sp, x9, #-16
  bl mnos_start
3:
  udf #0

  .section .text.mnos_thread_entry, "ax", @progbits
  .globl mnos_thread_entry
// The first instruction of a further thread. In: x0 its context.
mnos_thread_entry:
  mov x29, xzr
  mov x30, xzr
  mov x9, sp
  and sp, x9, #-16
  bl mnos_thread_start
  udf #0

  .section .text.mnos_perform_call, "ax", @progbits
  .globl mnos_perform_call
// void mnos_perform_call(CallRegisters *): loads all registers of a call from the record,
// traps, and stores them back. None of them is one that a function must keep, and x12 is
// kept by the call.
mnos_perform_call:
  mov x12, x0
  ldp x8, x0, [x12]
  ldp x1, x2, [x12, #16]
  ldp x3, x4, [x12, #32]
  ldp x5, x6, [x12, #48]
  ldp x7, x9, [x12, #64]
  ldp x10, x11, [x12, #80]
  svc #0
  stp x8, x0, [x12]
  stp x1, x2, [x12, #16]
  stp x3, x4, [x12, #32]
  stp x5, x6, [x12, #48]
  stp x7, x9, [x12, #64]
  stp x10, x11, [x12, #80]
  ret

  .section .text.free, "ax", @progbits
  .globl free
// The compiler does not let Swift code have this name.
free:
  b mnos_free

  .section .text.memcpy, "ax", @progbits
  .globl memcpy
// Pairs of words, which need not be aligned in ordinary memory, then bytes.
memcpy:
  mov x3, x0
  subs x2, x2, #16
  b.lo 2f
1:
  ldp x4, x5, [x1], #16
  stp x4, x5, [x3], #16
  subs x2, x2, #16
  b.hs 1b
2:
  adds x2, x2, #16
  b.eq 4f
3:
  ldrb w4, [x1], #1
  strb w4, [x3], #1
  subs x2, x2, #1
  b.ne 3b
4:
  ret

  .section .text.memmove, "ax", @progbits
  .globl memmove
// Backwards only where the destination begins inside the source.
memmove:
  sub x3, x0, x1
  cmp x3, x2
  b.hs memcpy
  add x3, x0, x2
  add x1, x1, x2
1:
  cbz x2, 2f
  ldrb w4, [x1, #-1]!
  strb w4, [x3, #-1]!
  sub x2, x2, #1
  b 1b
2:
  ret

  .section .text.memset, "ax", @progbits
  .globl memset
memset:
  mov x3, x0
  and x1, x1, #0xff
  mov x4, #0x0101010101010101
  mul x1, x1, x4
  subs x2, x2, #16
  b.lo 2f
1:
  stp x1, x1, [x3], #16
  subs x2, x2, #16
  b.hs 1b
2:
  adds x2, x2, #16
  b.eq 4f
3:
  strb w1, [x3], #1
  subs x2, x2, #1
  b.ne 3b
4:
  ret

  .section .text.memcmp, "ax", @progbits
  .globl memcmp
memcmp:
  cbz x2, 1f
  ldrb w3, [x0], #1
  ldrb w4, [x1], #1
  sub x2, x2, #1
  cmp w3, w4
  b.eq memcmp
  sub w0, w3, w4
  ret
1:
  mov w0, wzr
  ret

  .section .text.mnos_port_read8, "ax", @progbits
  .globl mnos_port_read8
// uint8_t mnos_port_read8(uint16_t port): this machine has no I/O ports, and nobody is given
// any, so a read finds what an open bus gives.
mnos_port_read8:
  mov w0, #0xff
  ret

  .section .text.mnos_port_write8, "ax", @progbits
  .globl mnos_port_write8
// void mnos_port_write8(uint16_t port, uint8_t value)
mnos_port_write8:
  ret

  .section .note.GNU-stack, "", @progbits
