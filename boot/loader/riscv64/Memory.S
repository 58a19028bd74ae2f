// What compiled code calls for blocks of memory.

.option norelax

.macro function name
.section .text.\name, "ax"
.global \name
\name:
.endm

function memset
  mv t0, a0
  add t1, a0, a2
  or t2, a0, a2
  andi t2, t2, 7
  bnez t2, 2f
  andi a1, a1, 0xff
  slli t2, a1, 8
  or a1, a1, t2
  slli t2, a1, 16
  or a1, a1, t2
  slli t2, a1, 32
  or a1, a1, t2
1:
  bgeu t0, t1, 3f
  sd a1, 0(t0)
  addi t0, t0, 8
  j 1b
2:
  bgeu t0, t1, 3f
  sb a1, 0(t0)
  addi t0, t0, 1
  j 2b
3:
  ret

function memmove
  sub t0, a0, a1
  bltu t0, a2, 4f                     // the target begins inside the source
.global memcpy
memcpy:
  mv t0, a0
  add t1, a0, a2
  or t2, a0, a1
  or t2, t2, a2
  andi t2, t2, 7
  bnez t2, 2f
1:
  bgeu t0, t1, 3f
  ld t2, 0(a1)
  sd t2, 0(t0)
  addi a1, a1, 8
  addi t0, t0, 8
  j 1b
2:
  bgeu t0, t1, 3f
  lbu t2, 0(a1)
  sb t2, 0(t0)
  addi a1, a1, 1
  addi t0, t0, 1
  j 2b
3:
  ret
4:
  add t0, a0, a2
  add t1, a1, a2
5:
  bgeu a0, t0, 6f
  addi t0, t0, -1
  addi t1, t1, -1
  lbu t2, 0(t1)
  sb t2, 0(t0)
  j 5b
6:
  ret
