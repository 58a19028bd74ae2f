// The loader's beginning on x86_64: what the firmware reads, self-relocation, the two calling
// conventions, and the jump to the kernel.

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
  .short 0x8664                       // machine
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
// rcx: image handle, rdx: system table, in the firmware's convention, which also wants rdi
// and rsi kept. Source: UEFI 2.10 §2.3.4.2.
efi_entry:
  pushq %rbp
  movq %rsp, %rbp
  pushq %rdi
  pushq %rsi
  pushq %rbx
  pushq %r12
  andq $-16, %rsp
  leaq pe_start(%rip), %r8
  leaq mnos_rela_start(%rip), %r9
  leaq mnos_rela_end(%rip), %r10
1:
  cmpq %r10, %r9
  jae 3f
  cmpl $8, 8(%r9)                     // R_X86_64_RELATIVE
  jne 2f
  movq (%r9), %rax
  movq 16(%r9), %r11
  addq %r8, %r11
  movq %r11, (%r8, %rax)
2:
  addq $24, %r9
  jmp 1b
3:
  movq %rcx, %rdi
  movq %rdx, %rsi
  call mnos_loader_main
  leaq -32(%rbp), %rsp
  popq %r12
  popq %rbx
  popq %rsi
  popq %rdi
  popq %rbp
  ret

.section .text.mnos_firmware_call, "ax"
.global mnos_firmware_call
// rdi: function; rsi, rdx, rcx, r8, r9: its arguments, which it wants in rcx, rdx, r8, r9 and
// above 32 bytes of room on the stack.
mnos_firmware_call:
  pushq %rbp
  movq %rsp, %rbp
  subq $48, %rsp
  andq $-16, %rsp
  movq %r9, 32(%rsp)
  movq %r8, %r9
  movq %rcx, %r8
  movq %rsi, %rcx
  call *%rdi
  leave
  ret

.section .text.mnos_enter_kernel, "ax"
.global mnos_enter_kernel
// rdi: root table, rsi: entry, rdx: top of the stack, rcx: address of the GDT's descriptor in
// the new address space. Source: Limine PROTOCOL.md, "Machine state at entry", "Caching".
mnos_enter_kernel:
  cli
  cld
  movq %rdx, %r8
  movq %rcx, %r9
  movb $0xff, %al                     // both interrupt controllers of old: all masked
  outb %al, $0x21
  outb %al, $0xa1
  movl $0x277, %ecx                   // IA32_PAT: WB WT UC- UC WP WC UC- UC
  movl $0x00070406, %eax
  movl $0x00070105, %edx
  wrmsr
  movl $0xc0000080, %ecx              // EFER: no-execute on
  rdmsr
  orl $0x800, %eax
  wrmsr
  movq %cr4, %rax                     // no global pages yet
  andq $~0x80, %rax
  movq %rax, %cr4
  movq %rdi, %cr3
  movq %cr0, %rax                     // write protection on
  orl $0x10000, %eax
  movq %rax, %cr0
  lgdt (%r9)
  movl $0x30, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %fs
  movl %eax, %gs
  movl %eax, %ss
  movq %r8, %rsp
  pushq $0                            // the return address: none
  pushq $0x28
  pushq %rsi
  xorl %eax, %eax
  xorl %ebx, %ebx
  xorl %ecx, %ecx
  xorl %edx, %edx
  xorl %esi, %esi
  xorl %edi, %edi
  xorl %ebp, %ebp
  xorl %r8d, %r8d
  xorl %r9d, %r9d
  xorl %r10d, %r10d
  xorl %r11d, %r11d
  xorl %r12d, %r12d
  xorl %r13d, %r13d
  xorl %r14d, %r14d
  xorl %r15d, %r15d
  lretq

.section .text.mnos_text_bounds, "ax"
.global mnos_text_start
mnos_text_start:
  leaq mnos_text_begin(%rip), %rax
  ret
.global mnos_text_end
mnos_text_end:
  leaq mnos_text_finish(%rip), %rax
  ret
