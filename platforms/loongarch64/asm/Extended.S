// The floating-point registers of a thread. CSR.EUEN.FPE must be set.

  .section .text.extended, "ax", @progbits

// LoongArchExtendedState: f0 to f31, then fcc0 to fcc7 in one bit each, then fcsr0.
#define STATE_CONDITIONS 256
#define STATE_CONTROL 264

  .macro EACH_REGISTER instruction
  \instruction $f0, $a0, 0
  \instruction $f1, $a0, 8
  \instruction $f2, $a0, 16
  \instruction $f3, $a0, 24
  \instruction $f4, $a0, 32
  \instruction $f5, $a0, 40
  \instruction $f6, $a0, 48
  \instruction $f7, $a0, 56
  \instruction $f8, $a0, 64
  \instruction $f9, $a0, 72
  \instruction $f10, $a0, 80
  \instruction $f11, $a0, 88
  \instruction $f12, $a0, 96
  \instruction $f13, $a0, 104
  \instruction $f14, $a0, 112
  \instruction $f15, $a0, 120
  \instruction $f16, $a0, 128
  \instruction $f17, $a0, 136
  \instruction $f18, $a0, 144
  \instruction $f19, $a0, 152
  \instruction $f20, $a0, 160
  \instruction $f21, $a0, 168
  \instruction $f22, $a0, 176
  \instruction $f23, $a0, 184
  \instruction $f24, $a0, 192
  \instruction $f25, $a0, 200
  \instruction $f26, $a0, 208
  \instruction $f27, $a0, 216
  \instruction $f28, $a0, 224
  \instruction $f29, $a0, 232
  \instruction $f30, $a0, 240
  \instruction $f31, $a0, 248
  .endm

// mnos_loongarch_save_float(state: a0)
  .globl mnos_loongarch_save_float
  .type mnos_loongarch_save_float, @function
mnos_loongarch_save_float:
  EACH_REGISTER fst.d
  movcf2gr $t0, $fcc0
  movcf2gr $t1, $fcc1
  bstrins.d $t0, $t1, 1, 1
  movcf2gr $t1, $fcc2
  bstrins.d $t0, $t1, 2, 2
  movcf2gr $t1, $fcc3
  bstrins.d $t0, $t1, 3, 3
  movcf2gr $t1, $fcc4
  bstrins.d $t0, $t1, 4, 4
  movcf2gr $t1, $fcc5
  bstrins.d $t0, $t1, 5, 5
  movcf2gr $t1, $fcc6
  bstrins.d $t0, $t1, 6, 6
  movcf2gr $t1, $fcc7
  bstrins.d $t0, $t1, 7, 7
  st.d $t0, $a0, STATE_CONDITIONS
  movfcsr2gr $t0, $fcsr0
  st.w $t0, $a0, STATE_CONTROL
  ret
  .size mnos_loongarch_save_float, . - mnos_loongarch_save_float

// mnos_loongarch_load_float(state: a0)
  .globl mnos_loongarch_load_float
  .type mnos_loongarch_load_float, @function
mnos_loongarch_load_float:
  EACH_REGISTER fld.d
  ld.d $t0, $a0, STATE_CONDITIONS
  movgr2cf $fcc0, $t0
  srli.d $t1, $t0, 1
  movgr2cf $fcc1, $t1
  srli.d $t1, $t0, 2
  movgr2cf $fcc2, $t1
  srli.d $t1, $t0, 3
  movgr2cf $fcc3, $t1
  srli.d $t1, $t0, 4
  movgr2cf $fcc4, $t1
  srli.d $t1, $t0, 5
  movgr2cf $fcc5, $t1
  srli.d $t1, $t0, 6
  movgr2cf $fcc6, $t1
  srli.d $t1, $t0, 7
  movgr2cf $fcc7, $t1
  ld.w $t0, $a0, STATE_CONTROL
  movgr2fcsr $fcsr0, $t0
  ret
  .size mnos_loongarch_load_float, . - mnos_loongarch_load_float
