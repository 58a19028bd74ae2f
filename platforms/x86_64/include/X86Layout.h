// Offsets and numbers that assembly and Swift must agree on.
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

// Selectors in the global descriptor table. SYSRET takes user data and code at fixed
// distances from one number in the STAR register, which sets this order.
// Source: AMD64 APM vol. 2 §6.1.1, SYSCALL and SYSRET.
#define X86_KERNEL_CODE 0x08
#define X86_KERNEL_DATA 0x10
#define X86_USER_BASE 0x1b
#define X86_USER_DATA 0x23
#define X86_USER_CODE 0x2b
#define X86_TASK_STATE 0x30

// Byte offsets in `X86Registers`.
#define X86_FRAME_R8 0
#define X86_FRAME_R9 8
#define X86_FRAME_R10 16
#define X86_FRAME_R12 24
#define X86_FRAME_R13 32
#define X86_FRAME_R14 40
#define X86_FRAME_R15 48
#define X86_FRAME_RBX 56
#define X86_FRAME_RAX 64
#define X86_FRAME_RDI 72
#define X86_FRAME_RSI 80
#define X86_FRAME_RDX 88
#define X86_FRAME_RBP 96
#define X86_FRAME_RCX 104
#define X86_FRAME_R11 112
#define X86_FRAME_VECTOR 120
#define X86_FRAME_ERROR 128
#define X86_FRAME_RIP 136
#define X86_FRAME_CS 144
#define X86_FRAME_RFLAGS 152
#define X86_FRAME_RSP 160
#define X86_FRAME_SS 168
#define X86_FRAME_BYTES 176

// What the vector word holds when the frame may go back by SYSRET.
#define X86_FRAME_BY_SYSCALL 0x100

// Byte offsets in the data of one CPU, which the kernel's gs base points to.
#define X86_CPU_FRAME 0
#define X86_CPU_STACK 8
#define X86_CPU_USER_STACK 16
#define X86_CPU_INDEX 24
#define X86_CPU_HAS_SMAP 28
#define X86_CPU_RECORDED_VECTOR 32
#define X86_CPU_GDT 64
// 4 bytes before a multiple of 8, so that the stack pointers in the segment are aligned.
#define X86_CPU_TSS 132
#define X86_CPU_TSS_RSP0 (X86_CPU_TSS + 4)
#define X86_CPU_TSS_IST1 (X86_CPU_TSS + 36)
#define X86_CPU_TSS_MAP_BASE (X86_CPU_TSS + 102)
#define X86_CPU_PORT_MAP (X86_CPU_TSS + 104)
#define X86_PORT_MAP_BYTES 8192
#define X86_CPU_BYTES 8448

// CPUs that there is static data for.
#define X86_CPU_LIMIT 1

// One stack each for NMI, double fault and machine check.
#define X86_EMERGENCY_STACK_BYTES 8192
#define X86_EMERGENCY_STACKS 3

// Vectors. Lines of the I/O APICs follow `X86_FIRST_LINE_VECTOR`, one each.
#define X86_TIMER_VECTOR 0x20
#define X86_WAKEUP_VECTOR 0x21
#define X86_FIRST_LINE_VECTOR 0x30
#define X86_LEGACY_VECTOR 0xf0
#define X86_SPURIOUS_VECTOR 0xff
#define X86_LINE_LIMIT (X86_LEGACY_VECTOR - X86_FIRST_LINE_VECTOR)

// Bytes from one vector's entry stub to the next.
#define X86_STUB_BYTES 16

#endif
