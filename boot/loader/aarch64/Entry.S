// The loader's beginning on aarch64: what the firmware reads, self-relocation, calls of the
// firmware, cache maintenance, and the jump to the kernel.

// Source: Microsoft PE format, "PE Header", "Optional Header", "Section Table"; UEFI 2.10
// §2.1.1. Two sections: code, and all else, which self-relocation may write. Sizes are
// differences of symbols: link script symbols lie as far from pe_start as the size says.
.section .header, "a"
pe_start:
  .short 0x5a4d                       // MZ
  .zero 58
  .long pe_signature - pe_start
pe_signature:
  .ascii "PE\0\0"
  .short 0xaa64                       // machine
  .short 2                            // sections
  .long 0, 0, 0
  .short optional_end - optional_start
  .short 0x020e                       // executable, no line numbers, no symbols, no debug
optional_start:
  .short 0x020b                       // PE32+
  .byte 0, 0
  .long mnos_text_bytes - pe_start
  .long mnos_data_bytes - pe_start
  .long 0
  .long efi_entry - pe_start
  .long mnos_text_begin - pe_start
  .quad 0                             // image base
  .long 4096, 4096                    // section and file alignment
  .short 0, 0, 0, 0, 0, 0
  .long 0
  .long mnos_image_finish - pe_start
  .long mnos_text_begin - pe_start    // headers
  .long 0                             // checksum
  .short 10                           // EFI application
  .short 0x0100                       // data is not executable
  .quad 0, 0, 0, 0
  .long 0
  .long 6
  .quad 0, 0, 0, 0, 0, 0              // directories: none
optional_end:
  .ascii ".text\0\0\0"
  .long mnos_text_bytes - pe_start
  .long mnos_text_begin - pe_start
  .long mnos_text_bytes - pe_start
  .long mnos_text_begin - pe_start
  .long 0, 0
  .short 0, 0
  .long 0x60000020                    // code, executable, readable
  .ascii ".data\0\0\0"
  .long mnos_data_bytes - pe_start
  .long mnos_text_finish - pe_start
  .long mnos_data_bytes - pe_start
  .long mnos_text_finish - pe_start
  .long 0, 0
  .short 0, 0
  .long 0xc0000040                    // data, readable, writable

// The address of a symbol of this image.
.macro address register, symbol
adrp \register, \symbol
add \register, \register, :lo12:\symbol
.endm

// SCTLR_EL1: MMU, caches and checks of the stack's alignment on; all else 0 or, where reserved,
// 1. Source: DDI 0487 §D23.2; Limine PROTOCOL.md, "Machine state at entry".
.set SYSTEM_CONTROL, 0x30d0181d
// MAIR_EL1, from place 0 on: write-back with allocation; not cached; device registers, whose
// writes may be acknowledged early. Source: DDI 0487 §D23.2.
.set MEMORY_ATTRIBUTES, 0x0444ff
// The state that the kernel starts in: EL1 with SP_EL0, everything masked. Source: DDI 0487
// §C5.2, SPSR_EL1.
.set ENTRY_STATE, 0x3c4

.section .text.efi_entry, "ax"
.global efi_entry
// x0: image handle, x1: system table. Source: UEFI 2.10 §2.3.6.
efi_entry:
  stp x29, x30, [sp, #-16]!
  mov x29, sp
  address x9, pe_start
  address x10, mnos_rela_start
  address x11, mnos_rela_end
1:
  cmp x10, x11
  b.hs 3f
  ldp x12, x13, [x10]
  ldr x14, [x10, #16]
  cmp w13, #1027                      // R_AARCH64_RELATIVE
  b.ne 2f
  add x14, x14, x9
  str x14, [x12, x9]
2:
  add x10, x10, #24
  b 1b
3:
  bl mnos_loader_main
  ldp x29, x30, [sp], #16
  ret

.section .text.mnos_firmware_call, "ax"
.global mnos_firmware_call
// x0: function; x1 to x5: its arguments.
mnos_firmware_call:
  mov x16, x0
  mov x0, x1
  mov x1, x2
  mov x2, x3
  mov x3, x4
  mov x4, x5
  br x16

.section .text.mnos_publish_code, "ax"
.global mnos_publish_code
// x0, x1: start and end. Cleans the data cache to where instruction fetches see it, and
// forgets all fetched instructions. Source: DDI 0487 §B2.4.4 and §D23.2, CTR_EL0.
mnos_publish_code:
  mrs x2, ctr_el0
  ubfx x2, x2, #16, #4                // the smallest line's words, as a power of two
  mov x3, #4
  lsl x2, x3, x2
  sub x3, x2, #1
  bic x0, x0, x3
1:
  cmp x0, x1
  b.hs 2f
  dc cvau, x0
  add x0, x0, x2
  b 1b
2:
  dsb ish
  ic ialluis
  dsb ish
  isb
  ret

.section .text.mnos_enter_kernel, "ax"
.global mnos_enter_kernel
// x0: upper root, x1: entry, x2: top of the stack, x3: TCR_EL1, x4: lower root. Source: Limine
// PROTOCOL.md, "Machine state at entry".
mnos_enter_kernel:
  msr daifset, #0xf
  dsb sy
  mov x5, #(SYSTEM_CONTROL & 0xffff)
  movk x5, #(SYSTEM_CONTROL >> 16), lsl #16
  mov x6, #(MEMORY_ATTRIBUTES & 0xffff)
  movk x6, #(MEMORY_ATTRIBUTES >> 16), lsl #16
  mov x7, #ENTRY_STATE
  mrs x9, CurrentEL
  cmp x9, #(2 << 2)
  b.eq enter_from_hypervisor

// Started at EL1: this code's own mapping changes under it, so it runs without one between
// the firmware's tables and its own, and is cleaned to memory because its fetches may then
// pass by the caches.
  address x9, mnos_text_begin
  address x10, mnos_text_finish
  mrs x11, ctr_el0
  ubfx x11, x11, #16, #4
  mov x12, #4
  lsl x11, x12, x11
1:
  dc cvac, x9
  add x9, x9, x11
  cmp x9, x10
  b.lo 1b
  dsb sy
  isb
  mrs x9, sctlr_el1
  bic x9, x9, #1
  msr sctlr_el1, x9
  isb
  msr mair_el1, x6
  msr tcr_el1, x3
  msr ttbr0_el1, x4
  msr ttbr1_el1, x0
  isb
  tlbi vmalle1
  dsb nsh
  ic iallu
  dsb nsh
  isb
  msr sctlr_el1, x5
  isb
  msr spsel, #1
  msr sp_el0, x2
  msr elr_el1, x1
  msr spsr_el1, x7
  b enter

// Started at EL2, the hypervisor's level: EL1 is set up whole and then dropped into, under
// nobody: no trap is left on. With E2H the EL1 registers have names of their own here.
// Source: DDI 0487 §D23.2, HCR_EL2, CNTHCTL_EL2, CPTR_EL2; §D8.1 for E2H.
enter_from_hypervisor:
  mrs x9, hcr_el2
  mov x10, #(1 << 31)                 // EL1 is AArch64
  orr x10, x10, #(0b11 << 40)         // pointer authentication is not trapped
  tbnz x9, #34, 2f
  msr mair_el1, x6
  msr tcr_el1, x3
  msr ttbr0_el1, x4
  msr ttbr1_el1, x0
  msr sctlr_el1, x5
  mov x11, #0b11                      // EL1 may use counter and timer
  mov x12, #0x33ff                    // and the vector registers
  b 3f
2:
  orr x10, x10, #(1 << 34)            // E2H may be fixed
  msr s3_5_c10_c2_0, x6               // MAIR_EL12
  msr s3_5_c2_c0_2, x3                // TCR_EL12
  msr s3_5_c2_c0_0, x4                // TTBR0_EL12
  msr s3_5_c2_c0_1, x0                // TTBR1_EL12
  msr s3_5_c1_c0_0, x5                // SCTLR_EL12
  mov x11, #(0b11 << 10)
  mov x12, #(0b11 << 20)
3:
  msr hcr_el2, x10
  msr cnthctl_el2, x11
  msr cntvoff_el2, xzr
  msr cptr_el2, x12
  msr hstr_el2, xzr
  msr vttbr_el2, xzr
  mrs x9, mdcr_el2
  and x9, x9, #0x1f                   // the number of EL1's event counters stays
  msr mdcr_el2, x9
  mrs x9, midr_el1
  msr vpidr_el2, x9
  mrs x9, mpidr_el1
  msr vmpidr_el2, x9
  isb
  mrs x9, id_aa64pfr0_el1
  ubfx x9, x9, #24, #4                // interrupt controller with system registers
  cbz x9, 4f
  mrs x9, s3_4_c12_c9_5               // ICC_SRE_EL2: EL1 may use them. Source: IHI 0069 §12.2
  orr x9, x9, #1
  orr x9, x9, #(1 << 3)
  msr s3_4_c12_c9_5, x9
  isb
  mrs x9, s3_4_c12_c9_5
  tbz x9, #0, 4f
  msr s3_4_c12_c11_0, xzr             // ICH_HCR_EL2: no virtual interrupts
4:
  tlbi alle1
  dsb nsh
  ic iallu
  dsb nsh
  isb
  msr sp_el0, x2
  msr elr_el2, x1
  msr spsr_el2, x7

enter:
  .irp register, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
  mov x\register, xzr
  .endr
  eret

.section .text.mnos_text_bounds, "ax"
.global mnos_text_start
mnos_text_start:
  address x0, mnos_text_begin
  ret
.global mnos_text_end
mnos_text_end:
  address x0, mnos_text_finish
  ret
