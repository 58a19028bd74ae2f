// memcpy, memmove, memset, memcmp for the kernel, as the compiler calls them.
// Sixteen bytes at a time: memory is mapped as normal memory, where no access need be aligned.

  .section .text.memcpy, "ax", @progbits
  .globl memcpy
  .type memcpy, @function
memcpy:
  mov x3, x0
  subs x2, x2, #16
  b.lo 2f
1:
  ldp x4, x5, [x1], #16
  subs x2, x2, #16
  stp x4, x5, [x3], #16
  b.hs 1b
2:
  // x2 is the rest less 16: its low four bits are the rest's.
  tbz x2, #3, 3f
  ldr x4, [x1], #8
  str x4, [x3], #8
3:
  tbz x2, #2, 4f
  ldr w4, [x1], #4
  str w4, [x3], #4
4:
  tbz x2, #1, 5f
  ldrh w4, [x1], #2
  strh w4, [x3], #2
5:
  tbz x2, #0, 6f
  ldrb w4, [x1]
  strb w4, [x3]
6:
  ret
  .size memcpy, . - memcpy

  .section .text.memmove, "ax", @progbits
  .globl memmove
  .type memmove, @function
memmove:
  sub x3, x0, x1
  cmp x3, x2
  b.hs memcpy                   // the destination does not start inside the source
  add x1, x1, x2
  add x3, x0, x2
1:
  cbz x2, 2f
  ldrb w4, [x1, #-1]!
  strb w4, [x3, #-1]!
  sub x2, x2, #1
  b 1b
2:
  ret
  .size memmove, . - memmove

  .section .text.memset, "ax", @progbits
  .globl memset
  .type memset, @function
memset:
  mov x3, x0
  and w1, w1, #255
  orr w1, w1, w1, lsl #8        // the byte in all eight places
  orr w1, w1, w1, lsl #16
  orr x1, x1, x1, lsl #32
  subs x2, x2, #16
  b.lo 2f
1:
  stp x1, x1, [x3], #16
  subs x2, x2, #16
  b.hs 1b
2:
  tbz x2, #3, 3f
  str x1, [x3], #8
3:
  tbz x2, #2, 4f
  str w1, [x3], #4
4:
  tbz x2, #1, 5f
  strh w1, [x3], #2
5:
  tbz x2, #0, 6f
  strb w1, [x3]
6:
  ret
  .size memset, . - memset

  .section .text.memcmp, "ax", @progbits
  .globl memcmp
  .type memcmp, @function
memcmp:
  mov x3, x0
1:
  cbz x2, 2f
  ldrb w4, [x3], #1
  ldrb w5, [x1], #1
  sub x2, x2, #1
  subs w0, w4, w5
  b.eq 1b
  ret
2:
  mov w0, wzr
  ret
  .size memcmp, . - memcmp
