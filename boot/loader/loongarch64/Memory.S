// What compiled code calls for blocks of memory.

.macro function name
.section .text.\name, "ax"
.global \name
\name:
.endm

function memset
  move $t0, $a0
  add.d $t1, $a0, $a2
  or $t2, $a0, $a2
  andi $t2, $t2, 7
  bnez $t2, 2f
  bstrins.d $a1, $a1, 15, 8
  bstrins.d $a1, $a1, 31, 16
  bstrins.d $a1, $a1, 63, 32
1:
  bgeu $t0, $t1, 3f
  st.d $a1, $t0, 0
  addi.d $t0, $t0, 8
  b 1b
2:
  bgeu $t0, $t1, 3f
  st.b $a1, $t0, 0
  addi.d $t0, $t0, 1
  b 2b
3:
  ret

function memmove
  sub.d $t0, $a0, $a1
  bltu $t0, $a2, 4f                   // the target begins inside the source
.global memcpy
memcpy:
  move $t0, $a0
  add.d $t1, $a0, $a2
  or $t2, $a0, $a1
  or $t2, $t2, $a2
  andi $t2, $t2, 7
  bnez $t2, 2f
1:
  bgeu $t0, $t1, 3f
  ld.d $t2, $a1, 0
  st.d $t2, $t0, 0
  addi.d $a1, $a1, 8
  addi.d $t0, $t0, 8
  b 1b
2:
  bgeu $t0, $t1, 3f
  ld.bu $t2, $a1, 0
  st.b $t2, $t0, 0
  addi.d $a1, $a1, 1
  addi.d $t0, $t0, 1
  b 2b
3:
  ret
4:
  add.d $t0, $a0, $a2
  add.d $t1, $a1, $a2
5:
  bgeu $a0, $t0, 6f
  addi.d $t0, $t0, -1
  addi.d $t1, $t1, -1
  ld.bu $t2, $t1, 0
  st.b $t2, $t0, 0
  b 5b
6:
  ret
