// Offsets shared by the entry and exit code. The Swift side is TrapFrame.swift; a host
// test compares the two.

// RISCVRegisters: one doubleword each.
#define FRAME_PC 0
#define FRAME_RA 8
#define FRAME_SP 16
#define FRAME_GP 24
#define FRAME_TP 32
#define FRAME_A7 40
#define FRAME_A0 48
#define FRAME_A1 56
#define FRAME_A2 64
// The eight message words, in order.
#define FRAME_A3 72
#define FRAME_A4 80
#define FRAME_A5 88
#define FRAME_A6 96
#define FRAME_T0 104
#define FRAME_T1 112
#define FRAME_T2 120
#define FRAME_T3 128
#define FRAME_T4 136
#define FRAME_T5 144
#define FRAME_T6 152
#define FRAME_S0 160
#define FRAME_S1 168
#define FRAME_S2 176
#define FRAME_S3 184
#define FRAME_S4 192
#define FRAME_S5 200
#define FRAME_S6 208
#define FRAME_S7 216
#define FRAME_S8 224
#define FRAME_S9 232
#define FRAME_S10 240
#define FRAME_S11 248
// The block of the CPU that the thread runs on, written at each exit.
#define FRAME_CPU 256

// A CPU's block.
#define CPU_STACK_TOP 0
#define CPU_INDEX 8
#define CPU_BYTES 16

// sstatus, scause. Source: RISC-V Privileged Architecture, "Supervisor Status Register" and
// "Supervisor Cause Register".
#define SSTATUS_SIE 0x2
#define SSTATUS_SPIE 0x20
#define SSTATUS_SPP 0x100
#define SSTATUS_VS 0x600
#define SSTATUS_FS 0x6000
#define SSTATUS_SUM 0x40000
#define SSTATUS_MXR 0x80000
#define CAUSE_USER_ECALL 8
