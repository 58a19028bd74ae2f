// What compiled code calls for blocks of memory. Words need not be aligned: the firmware
// leaves alignment checks off.

.macro function name
.section .text.\name, "ax"
.global \name
\name:
.endm

function memset
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

function memmove
  sub x3, x0, x1
  cmp x3, x2
  b.lo 5f                             // the target begins inside the source
.global memcpy
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
5:
  add x3, x0, x2
  add x1, x1, x2
6:
  cbz x2, 7f
  ldrb w4, [x1, #-1]!
  strb w4, [x3, #-1]!
  sub x2, x2, #1
  b 6b
7:
  ret
