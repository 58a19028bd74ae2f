// The loader's beginning on loongarch64: what the firmware reads, self-relocation, calls of the
// firmware, the TLB refill handler, and the jump to the kernel.

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
  .short 0x6264                       // machine
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

.section .text.efi_entry, "ax"
.global efi_entry
// a0: image handle, a1: system table. Source: UEFI 2.10 §2.3.8.
efi_entry:
  addi.d $sp, $sp, -16
  st.d $ra, $sp, 8
  la.pcrel $t0, pe_start
  la.pcrel $t1, mnos_rela_start
  la.pcrel $t2, mnos_rela_end
  ori $t6, $zero, 3                   // R_LARCH_RELATIVE
1:
  bgeu $t1, $t2, 3f
  ld.wu $t3, $t1, 8
  bne $t3, $t6, 2f
  ld.d $t4, $t1, 0
  ld.d $t5, $t1, 16
  add.d $t4, $t4, $t0
  add.d $t5, $t5, $t0
  st.d $t5, $t4, 0
2:
  addi.d $t1, $t1, 24
  b 1b
3:
  dbar 0
  bl mnos_loader_main
  ld.d $ra, $sp, 8
  addi.d $sp, $sp, 16
  ret

.section .text.mnos_firmware_call, "ax"
.global mnos_firmware_call
// a0: function; a1 to a5: its arguments.
mnos_firmware_call:
  move $t0, $a0
  move $a0, $a1
  move $a1, $a2
  move $a2, $a3
  move $a3, $a4
  move $a4, $a5
  jr $t0

// Control registers. Source: LoongArch Reference Manual vol. 1 §7.1.
.set CRMD, 0x0                        // mode: IE bit 2, DA bit 3, PG bit 4, DATF 5, DATM 7
.set EUEN, 0x2                        // extensions that may be used
.set ECFG, 0x4                        // interrupts that may come
.set ASID, 0x18
.set PGDL, 0x19
.set PGDH, 0x1a
.set PGD, 0x1b                        // the one of both that a refill needs
.set PWCL, 0x1c
.set PWCH, 0x1d
.set STLBPS, 0x1e
.set TLBRENTRY, 0x88
.set TLBRSAVE, 0x8b
.set TLBRELO0, 0x8c
.set TLBRELO1, 0x8d
.set TLBREHI, 0x8e
.set DMW0, 0x180

.section .text.mnos_refill, "ax"
.p2align 12
// Fills the TLB from four levels of tables: what the kernel runs on until it has its own handler.
// Runs at its physical address. An entry of 0 leads nowhere, so it becomes an invalid
// page. Source: LoongArch Reference Manual vol. 1 §5.4.4, §4.2.5 (LDDIR, LDPTE).
mnos_refill:
  csrwr $t0, TLBRSAVE
  csrrd $t0, PGD
  lddir $t0, $t0, 3
  beqz $t0, 1f
  lddir $t0, $t0, 2
  beqz $t0, 1f
  lddir $t0, $t0, 1
  beqz $t0, 1f
  ldpte $t0, 0
  ldpte $t0, 1
  tlbfill
  csrrd $t0, TLBRSAVE
  ertn
1:
  csrrd $t0, TLBREHI
  bstrins.d $t0, $zero, 5, 0
  ori $t0, $t0, 12                    // the size of the page that is not there
  csrwr $t0, TLBREHI
  move $t0, $zero
  csrwr $t0, TLBRELO0
  move $t0, $zero
  csrwr $t0, TLBRELO1
  tlbfill
  csrrd $t0, TLBRSAVE
  ertn

.section .text.mnos_enter_kernel, "ax"
.global mnos_enter_kernel
// a0: PGDH, a1: entry, a2: top of the stack, a4: PGDL. Source: Limine PROTOCOL.md, "Machine
// state at entry".
mnos_enter_kernel:
  // Interrupts off, and addresses are physical ones, as those of this code are in any case.
  ori $t0, $zero, 0xa8
  csrwr $t0, CRMD
  .irp register, ECFG, EUEN, ASID, DMW0, DMW0 + 1, DMW0 + 2, DMW0 + 3
  move $t0, $zero
  csrwr $t0, \register
  .endr
  // From level to level 9 bits of the address: tables at 12, 21, 30, 39. Source: §7.5.6, §7.5.7.
  li.d $t0, 12 | 9 << 5 | 21 << 10 | 9 << 15 | 30 << 20 | 9 << 25
  csrwr $t0, PWCL
  li.d $t0, 39 | 9 << 6
  csrwr $t0, PWCH
  ori $t0, $zero, 12
  csrwr $t0, STLBPS
  csrwr $a0, PGDH
  csrwr $a4, PGDL
  la.pcrel $t0, mnos_refill
  csrwr $t0, TLBRENTRY
  dbar 0
  ibar 0
  invtlb 0, $zero, $zero
  move $t0, $a1
  move $sp, $a2
  .irp register, 1,2,4,5,6,7,8,9,10,11,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  move $r\register, $zero
  .endr
  // Translation on: this code is mapped where it is.
  ori $a0, $zero, 0xb0
  csrwr $a0, CRMD
  move $a0, $zero
  jr $t0

.section .text.mnos_text_bounds, "ax"
.global mnos_text_start
mnos_text_start:
  la.pcrel $a0, mnos_text_begin
  ret
.global mnos_text_end
mnos_text_end:
  la.pcrel $a0, mnos_text_finish
  ret
