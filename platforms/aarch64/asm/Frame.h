// Offsets shared by the entry and exit code. The Swift side is TrapFrame.swift; a host
// test compares the two.

// AArch64Registers: one doubleword each, in pairs, as one instruction stores them.
#define FRAME_X0 0
#define FRAME_X2 16
#define FRAME_X8 24
// The eight message words, in order.
#define FRAME_X3 32
#define FRAME_X5 48
#define FRAME_X7 64
#define FRAME_X9 72
#define FRAME_X10 80
#define FRAME_X12 96
#define FRAME_X14 112
#define FRAME_X16 128
#define FRAME_X18 144
#define FRAME_X20 160
#define FRAME_X22 176
#define FRAME_X24 192
#define FRAME_X26 208
#define FRAME_X28 224
#define FRAME_X30 240
#define FRAME_SP 248
#define FRAME_PC 256
#define FRAME_PSTATE 264
#define FRAME_TPIDR 272

// A CPU's block: TPIDR_EL1 points at it.
#define CPU_STACK_TOP 0
#define CPU_INDEX 8
#define CPU_BYTES 16

// What mnos_trap gets as its cause where ESR_EL1 says nothing.
#define CAUSE_INTERRUPT_BIT 63
#define CAUSE_SYSTEM_ERROR_BIT 62

// ESR_EL1. Source: Arm Architecture Reference Manual (DDI 0487) §D19.2.
#define ESR_CLASS_SHIFT 26
#define ESR_CLASS_SVC64 0x15
