// memcpy, memmove, memset, memcmp for the kernel, as the compiler calls them.
// Eight bytes at a time where both addresses allow it.

  .section .text.memcpy, "ax", @progbits
  .globl memcpy
  .type memcpy, @function
memcpy:
  move $t0, $a0
  or $t1, $a0, $a1
  andi $t1, $t1, 7
  bnez $t1, 2f
  move $t2, $a2
  bstrins.d $t2, $zero, 2, 0
  add.d $t2, $t2, $a0           // end of the whole words
  bgeu $t0, $t2, 2f
1:
  ld.d $t1, $a1, 0
  addi.d $a1, $a1, 8
  addi.d $t0, $t0, 8
  st.d $t1, $t0, -8
  bltu $t0, $t2, 1b
2:
  add.d $t2, $a0, $a2
  bgeu $t0, $t2, 4f
3:
  ld.bu $t1, $a1, 0
  addi.d $a1, $a1, 1
  addi.d $t0, $t0, 1
  st.b $t1, $t0, -1
  bltu $t0, $t2, 3b
4:
  ret
  .size memcpy, . - memcpy

  .section .text.memmove, "ax", @progbits
  .globl memmove
  .type memmove, @function
memmove:
  sub.d $t0, $a0, $a1
  bgeu $t0, $a2, memcpy         // the destination does not start inside the source
  add.d $t0, $a0, $a2
  add.d $a1, $a1, $a2
1:
  beq $t0, $a0, 2f
  addi.d $a1, $a1, -1
  addi.d $t0, $t0, -1
  ld.bu $t1, $a1, 0
  st.b $t1, $t0, 0
  b 1b
2:
  ret
  .size memmove, . - memmove

  .section .text.memset, "ax", @progbits
  .globl memset
  .type memset, @function
memset:
  move $t0, $a0
  add.d $t2, $a0, $a2
1:
  andi $t1, $t0, 7              // bytes up to a word boundary
  beqz $t1, 2f
  bgeu $t0, $t2, 5f
  st.b $a1, $t0, 0
  addi.d $t0, $t0, 1
  b 1b
2:
  bstrins.d $a1, $a1, 15, 8     // the byte in all eight places
  bstrins.d $a1, $a1, 31, 16
  bstrins.d $a1, $a1, 63, 32
  move $t1, $t2
  bstrins.d $t1, $zero, 2, 0
  bgeu $t0, $t1, 4f
3:
  st.d $a1, $t0, 0
  addi.d $t0, $t0, 8
  bltu $t0, $t1, 3b
4:
  bgeu $t0, $t2, 5f
  st.b $a1, $t0, 0
  addi.d $t0, $t0, 1
  b 4b
5:
  ret
  .size memset, . - memset

  .section .text.memcmp, "ax", @progbits
  .globl memcmp
  .type memcmp, @function
memcmp:
  add.d $t2, $a0, $a2
1:
  beq $a0, $t2, 2f
  ld.bu $t0, $a0, 0
  ld.bu $t1, $a1, 0
  addi.d $a0, $a0, 1
  addi.d $a1, $a1, 1
  beq $t0, $t1, 1b
  sub.d $a0, $t0, $t1
  ret
2:
  move $a0, $zero
  ret
  .size memcmp, . - memcmp
