// The loader's beginning on riscv64: what the firmware reads, self-relocation, calls of the
// firmware, and the jump to the kernel.

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
  .short 0x5064                       // machine
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

.option norelax

.section .text.efi_entry, "ax"
.global efi_entry
// a0: image handle, a1: system table. Source: UEFI 2.10 §2.3.7.
efi_entry:
  addi sp, sp, -16
  sd ra, 8(sp)
  lla t0, pe_start
  lla t1, mnos_rela_start
  lla t2, mnos_rela_end
  li t6, 3                            // R_RISCV_RELATIVE
1:
  bgeu t1, t2, 3f
  lwu t3, 8(t1)
  bne t3, t6, 2f
  ld t4, 0(t1)
  ld t5, 16(t1)
  add t4, t4, t0
  add t5, t5, t0
  sd t5, 0(t4)
2:
  addi t1, t1, 24
  j 1b
3:
  fence.i
  call mnos_loader_main
  ld ra, 8(sp)
  addi sp, sp, 16
  ret

.section .text.mnos_firmware_call, "ax"
.global mnos_firmware_call
// a0: function; a1 to a5: its arguments.
mnos_firmware_call:
  mv t0, a0
  mv a0, a1
  mv a1, a2
  mv a2, a3
  mv a3, a4
  mv a4, a5
  jr t0

.section .text.mnos_enter_kernel, "ax"
.global mnos_enter_kernel
// a0: satp, a1: entry, a2: top of the stack. Source: Limine PROTOCOL.md, "Machine state at
// entry".
mnos_enter_kernel:
  csrw sie, zero
  csrci sstatus, 2                    // SIE off
  li t0, 0x1e600                      // FS, VS and XS off
  csrc sstatus, t0
  mv t0, a1
  mv sp, a2
  sfence.vma
  csrw satp, a0
  sfence.vma
  fence.i
  mv ra, zero
  mv gp, zero
  mv tp, zero
  mv t1, zero
  mv t2, zero
  mv s0, zero
  mv s1, zero
  mv a0, zero
  mv a1, zero
  mv a2, zero
  mv a3, zero
  mv a4, zero
  mv a5, zero
  mv a6, zero
  mv a7, zero
  mv s2, zero
  mv s3, zero
  mv s4, zero
  mv s5, zero
  mv s6, zero
  mv s7, zero
  mv s8, zero
  mv s9, zero
  mv s10, zero
  mv s11, zero
  mv t3, zero
  mv t4, zero
  mv t5, zero
  mv t6, zero
  jr t0

.section .text.mnos_text_bounds, "ax"
.global mnos_text_start
mnos_text_start:
  lla a0, mnos_text_begin
  ret
.global mnos_text_end
mnos_text_end:
  lla a0, mnos_text_finish
  ret
