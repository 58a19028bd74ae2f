// The floating-point and vector registers of a thread. CPACR_EL1.FPEN must not trap them.

  .section .text.extended, "ax", @progbits
  .arch_extension fp
  .arch_extension simd

// AArch64ExtendedState: FPCR and FPSR, then q0 to q31.
#define STATE_CONTROL 0
#define STATE_Q0 16

  .macro EACH_REGISTER instruction
  \instruction q0, q1, [x0, #STATE_Q0 + 0]
  \instruction q2, q3, [x0, #STATE_Q0 + 32]
  \instruction q4, q5, [x0, #STATE_Q0 + 64]
  \instruction q6, q7, [x0, #STATE_Q0 + 96]
  \instruction q8, q9, [x0, #STATE_Q0 + 128]
  \instruction q10, q11, [x0, #STATE_Q0 + 160]
  \instruction q12, q13, [x0, #STATE_Q0 + 192]
  \instruction q14, q15, [x0, #STATE_Q0 + 224]
  \instruction q16, q17, [x0, #STATE_Q0 + 256]
  \instruction q18, q19, [x0, #STATE_Q0 + 288]
  \instruction q20, q21, [x0, #STATE_Q0 + 320]
  \instruction q22, q23, [x0, #STATE_Q0 + 352]
  \instruction q24, q25, [x0, #STATE_Q0 + 384]
  \instruction q26, q27, [x0, #STATE_Q0 + 416]
  \instruction q28, q29, [x0, #STATE_Q0 + 448]
  \instruction q30, q31, [x0, #STATE_Q0 + 480]
  .endm

// mnos_aarch64_save_float(state: x0)
  .globl mnos_aarch64_save_float
  .type mnos_aarch64_save_float, @function
mnos_aarch64_save_float:
  EACH_REGISTER stp
  mrs x1, fpcr
  mrs x2, fpsr
  stp x1, x2, [x0, #STATE_CONTROL]
  ret
  .size mnos_aarch64_save_float, . - mnos_aarch64_save_float

// mnos_aarch64_load_float(state: x0)
  .globl mnos_aarch64_load_float
  .type mnos_aarch64_load_float, @function
mnos_aarch64_load_float:
  EACH_REGISTER ldp
  ldp x1, x2, [x0, #STATE_CONTROL]
  msr fpcr, x1
  msr fpsr, x2
  ret
  .size mnos_aarch64_load_float, . - mnos_aarch64_load_float
