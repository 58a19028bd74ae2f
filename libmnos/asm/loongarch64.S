// Start-up, the trap instruction and the memory functions that compilers call, loongarch64.
// Register roles: docs/manual/system-calls.md. Calling convention: LoongArch ELF psABI.

  .section .text._start, "ax", @progbits
  .globl _start
// The first instruction. In: a0 the start argument, sp the top of the stack. Applies the
// image's own relocations (all R_LARCH_RELATIVE, type 3), then calls mnos_start.
_start:
  la.pcrel $t0, __ehdr_start
  la.pcrel $t1, mnos_relocations_start
  la.pcrel $t2, mnos_relocations_end
  ori $t6, $zero, 3
1:
  bgeu $t1, $t2, 2f
  ld.wu $t3, $t1, 8
  bne $t3, $t6, 3f
  ld.d $t3, $t1, 0
  ld.d $t4, $t1, 16
  add.d $t3, $t3, $t0
  add.d $t4, $t4, $t0
  st.d $t4, $t3, 0
  addi.d $t1, $t1, 24
  b 1b
2:
  move $fp, $zero
  bstrins.d $sp, $zero, 3, 0
  bl mnos_start
3:
  break 0

  .section .text.mnos_thread_entry, "ax", @progbits
  .globl mnos_thread_entry
// The first instruction of a further thread. In: a0 its context.
mnos_thread_entry:
  move $fp, $zero
  bstrins.d $sp, $zero, 3, 0
  bl mnos_thread_start
  break 0

  .section .text.mnos_perform_call, "ax", @progbits
  .globl mnos_perform_call
// void mnos_perform_call(CallRegisters *): loads all registers of a call from the record,
// traps, and stores them back. None of them is one that a function must keep.
mnos_perform_call:
  move $t4, $a0
  ld.d $a7, $a0, 0
  ld.d $a1, $a0, 16
  ld.d $a2, $a0, 24
  ld.d $a3, $a0, 32
  ld.d $a4, $a0, 40
  ld.d $a5, $a0, 48
  ld.d $a6, $a0, 56
  ld.d $t0, $a0, 64
  ld.d $t1, $a0, 72
  ld.d $t2, $a0, 80
  ld.d $t3, $a0, 88
  ld.d $a0, $a0, 8
  syscall 0
  // A call keeps the registers that are not its results.
  st.d $a7, $t4, 0
  st.d $a0, $t4, 8
  st.d $a1, $t4, 16
  st.d $a2, $t4, 24
  st.d $a3, $t4, 32
  st.d $a4, $t4, 40
  st.d $a5, $t4, 48
  st.d $a6, $t4, 56
  st.d $t0, $t4, 64
  st.d $t1, $t4, 72
  st.d $t2, $t4, 80
  st.d $t3, $t4, 88
  ret

  .section .text.free, "ax", @progbits
  .globl free
// The compiler does not let Swift code have this name.
free:
  b mnos_free

  .section .text.memcpy, "ax", @progbits
  .globl memcpy
// Words while both addresses are aligned, then bytes.
memcpy:
  move $t0, $a0
  or $t1, $a0, $a1
  andi $t1, $t1, 7
  bnez $t1, 2f
  ori $t2, $zero, 8
1:
  bltu $a2, $t2, 2f
  ld.d $t1, $a1, 0
  st.d $t1, $t0, 0
  addi.d $a1, $a1, 8
  addi.d $t0, $t0, 8
  addi.d $a2, $a2, -8
  b 1b
2:
  beqz $a2, 3f
  ld.bu $t1, $a1, 0
  st.b $t1, $t0, 0
  addi.d $a1, $a1, 1
  addi.d $t0, $t0, 1
  addi.d $a2, $a2, -1
  b 2b
3:
  ret

  .section .text.memmove, "ax", @progbits
  .globl memmove
// Backwards only where the destination begins inside the source.
memmove:
  sub.d $t0, $a0, $a1
  bgeu $t0, $a2, 2f
  add.d $t0, $a0, $a2
  add.d $a1, $a1, $a2
1:
  beqz $a2, 3f
  addi.d $a1, $a1, -1
  addi.d $t0, $t0, -1
  ld.bu $t1, $a1, 0
  st.b $t1, $t0, 0
  addi.d $a2, $a2, -1
  b 1b
2:
  b memcpy
3:
  ret

  .section .text.memset, "ax", @progbits
  .globl memset
memset:
  move $t0, $a0
  andi $a1, $a1, 0xff
  andi $t1, $a0, 7
  bnez $t1, 2f
  bstrins.d $a1, $a1, 15, 8
  bstrins.d $a1, $a1, 31, 16
  bstrins.d $a1, $a1, 63, 32
  ori $t2, $zero, 8
1:
  bltu $a2, $t2, 2f
  st.d $a1, $t0, 0
  addi.d $t0, $t0, 8
  addi.d $a2, $a2, -8
  b 1b
2:
  beqz $a2, 3f
  st.b $a1, $t0, 0
  addi.d $t0, $t0, 1
  addi.d $a2, $a2, -1
  b 2b
3:
  ret

  .section .text.memcmp, "ax", @progbits
  .globl memcmp
memcmp:
  beqz $a2, 1f
  ld.bu $t0, $a0, 0
  ld.bu $t1, $a1, 0
  addi.d $a0, $a0, 1
  addi.d $a1, $a1, 1
  addi.d $a2, $a2, -1
  beq $t0, $t1, memcmp
  sub.d $a0, $t0, $t1
  ret
1:
  move $a0, $zero
  ret

  .section .text.mnos_port_read8, "ax", @progbits
  .globl mnos_port_read8
// uint8_t mnos_port_read8(uint16_t port): this machine has no I/O ports, and nobody is given
// any, so a read finds what an open bus gives.
mnos_port_read8:
  ori $a0, $zero, 0xff
  ret

  .section .text.mnos_port_write8, "ax", @progbits
  .globl mnos_port_write8
// void mnos_port_write8(uint16_t port, uint8_t value)
mnos_port_write8:
  ret

  .section .note.GNU-stack, "", @progbits
