// Offsets shared by the entry and exit code. The Swift side is TrapFrame.swift; a host
// test compares the two.

// LoongArchRegisters: one doubleword each.
#define FRAME_PC 0
#define FRAME_RA 8
#define FRAME_TP 16
#define FRAME_SP 24
#define FRAME_R21 32
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
#define FRAME_T7 160
#define FRAME_T8 168
#define FRAME_FP 176
#define FRAME_S0 184
#define FRAME_S1 192
#define FRAME_S2 200
#define FRAME_S3 208
#define FRAME_S4 216
#define FRAME_S5 224
#define FRAME_S6 232
#define FRAME_S7 240
#define FRAME_S8 248
// The block of the CPU that the thread runs on, written at each exit.
#define FRAME_CPU 256

// A CPU's block.
#define CPU_STACK_TOP 0
#define CPU_INDEX 8
#define CPU_BYTES 16

// Control and status registers, by number, and their bits. Source: LoongArch Reference
// Manual, Volume 1, chapter 7, "Control and Status Registers".
#define CSR_CRMD 0x0
#define CSR_PRMD 0x1
#define CSR_EUEN 0x2
#define CSR_ECFG 0x4
#define CSR_ESTAT 0x5
#define CSR_ERA 0x6
#define CSR_BADV 0x7
#define CSR_EENTRY 0xc
#define CSR_PGD 0x1b
#define CSR_RVACFG 0x1f
#define CSR_SAVE0 0x30
#define CSR_SAVE1 0x31
#define CSR_SAVE2 0x32
#define CSR_TCFG 0x41
#define CSR_TICLR 0x44
#define CSR_LLBCTL 0x60
#define CSR_TLBRBADV 0x89
#define CSR_TLBRERA 0x8a
#define CSR_TLBRSAVE 0x8b
#define CSR_TLBRELO0 0x8c
#define CSR_TLBRELO1 0x8d
#define CSR_TLBREHI 0x8e
#define CSR_TLBRPRMD 0x8f
#define CSR_DMW0 0x180
#define CSR_DMW1 0x181
#define CSR_DMW2 0x182
#define CSR_DMW3 0x183

// Bits of page table entries. Source: PageTableEntry.swift.
#define PAGE_LEVEL 0xc
#define PAGE_LEVEL_SHIFT 2
#define PAGE_HUGE 0x40
#define PAGE_UNEXECUTABLE 0x400

// Where the TLB refill handler goes with a fetch that it refuses: behind the vectors of the
// CPU's own; and what it is then reported as, in ESTAT's form: "page invalid for fetch".
#define REFUSED_FETCH_VECTOR (77 * 8)
#define REFUSED_FETCH_CAUSE 0x30000

// Privilege level 0, interrupts off, translation on; what is fetched and accessed without
// translation is cached (DATF and DATM are 1).
#define CRMD_KERNEL 0xb0
#define CRMD_IE 0x4
// Returning goes to privilege level 3 with interrupts on.
#define PRMD_USER 0x7
// Vectors of 2 instructions each: VS is 1. No interrupt let through yet.
#define ECFG_VECTORED 0x10000
// Takes the timer's interrupt back.
#define TICLR_CLEAR 0x1
