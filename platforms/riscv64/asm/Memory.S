// memcpy, memmove, memset, memcmp for the kernel, as the compiler calls them.
// Eight bytes at a time where both addresses allow it.

  .section .text.memcpy, "ax", @progbits
  .globl memcpy
  .type memcpy, @function
memcpy:
  mv t0, a0
  or t1, a0, a1
  andi t1, t1, 7
  bnez t1, 2f
  andi t2, a2, ~7
  add t2, t2, a0                // end of the whole words
  bgeu t0, t2, 2f
1:
  ld t1, 0(a1)
  addi a1, a1, 8
  addi t0, t0, 8
  sd t1, -8(t0)
  bltu t0, t2, 1b
2:
  add t2, a0, a2
  bgeu t0, t2, 4f
3:
  lbu t1, 0(a1)
  addi a1, a1, 1
  addi t0, t0, 1
  sb t1, -1(t0)
  bltu t0, t2, 3b
4:
  ret
  .size memcpy, . - memcpy

  .section .text.memmove, "ax", @progbits
  .globl memmove
  .type memmove, @function
memmove:
  sub t0, a0, a1
  bgeu t0, a2, memcpy           // the destination does not start inside the source
  add t0, a0, a2
  add a1, a1, a2
1:
  beq t0, a0, 2f
  addi a1, a1, -1
  addi t0, t0, -1
  lbu t1, 0(a1)
  sb t1, 0(t0)
  j 1b
2:
  ret
  .size memmove, . - memmove

  .section .text.memset, "ax", @progbits
  .globl memset
  .type memset, @function
memset:
  mv t0, a0
  add t2, a0, a2
  andi a1, a1, 255
1:
  andi t1, t0, 7                // bytes up to a word boundary
  beqz t1, 2f
  bgeu t0, t2, 5f
  sb a1, 0(t0)
  addi t0, t0, 1
  j 1b
2:
  slli t1, a1, 8                // the byte in all eight places
  or a1, a1, t1
  slli t1, a1, 16
  or a1, a1, t1
  slli t1, a1, 32
  or t3, a1, t1
  andi t1, t2, ~7
  bgeu t0, t1, 4f
3:
  sd t3, 0(t0)
  addi t0, t0, 8
  bltu t0, t1, 3b
4:
  bgeu t0, t2, 5f
  sb t3, 0(t0)
  addi t0, t0, 1
  j 4b
5:
  ret
  .size memset, . - memset

  .section .text.memcmp, "ax", @progbits
  .globl memcmp
  .type memcmp, @function
memcmp:
  add t2, a0, a2
1:
  beq a0, t2, 2f
  lbu t0, 0(a0)
  lbu t1, 0(a1)
  addi a0, a0, 1
  addi a1, a1, 1
  beq t0, t1, 1b
  sub a0, t0, t1
  ret
2:
  li a0, 0
  ret
  .size memcmp, . - memcmp
