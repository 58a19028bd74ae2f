// Start-up, the trap instruction and the memory functions that compilers call, riscv64.
// Register roles: docs/manual/system-calls.md. Calling convention: RISC-V ELF psABI.

  .section .text._start, "ax", @progbits
  .globl _start
// The first instruction. In: a0 the start argument, sp the top of the stack. Applies the
// image's own relocations (all R_RISCV_RELATIVE, type 3), then calls mnos_start.
_start:
  lla t0, __ehdr_start
  lla t1, mnos_relocations_start
  lla t2, mnos_relocations_end
  li t6, 3
1:
  bgeu t1, t2, 2f
  lw t3, 8(t1)
  bne t3, t6, 3f
  ld t3, 0(t1)
  ld t4, 16(t1)
  add t3, t3, t0
  add t4, t4, t0
  sd t4, 0(t3)
  addi t1, t1, 24
  j 1b
2:
  li fp, 0
  andi sp, sp, -16
  call mnos_start
3:
  unimp

  .section .text.mnos_thread_entry, "ax", @progbits
  .globl mnos_thread_entry
// The first instruction of a further thread. In: a0 its context.
mnos_thread_entry:
  li fp, 0
  andi sp, sp, -16
  call mnos_thread_start
  unimp

  .section .text.mnos_perform_call, "ax", @progbits
  .globl mnos_perform_call
// void mnos_perform_call(CallRegisters *): loads all registers of a call from the record,
// traps, and stores them back. None of them is one that a function must keep.
mnos_perform_call:
  addi sp, sp, -16
  sd a0, 0(sp)
  ld a7, 0(a0)
  ld a1, 16(a0)
  ld a2, 24(a0)
  ld a3, 32(a0)
  ld a4, 40(a0)
  ld a5, 48(a0)
  ld a6, 56(a0)
  ld t0, 64(a0)
  ld t1, 72(a0)
  ld t2, 80(a0)
  ld t3, 88(a0)
  ld a0, 8(a0)
  ecall
  ld t4, 0(sp)
  sd a7, 0(t4)
  sd a0, 8(t4)
  sd a1, 16(t4)
  sd a2, 24(t4)
  sd a3, 32(t4)
  sd a4, 40(t4)
  sd a5, 48(t4)
  sd a6, 56(t4)
  sd t0, 64(t4)
  sd t1, 72(t4)
  sd t2, 80(t4)
  sd t3, 88(t4)
  addi sp, sp, 16
  ret

  .section .text.free, "ax", @progbits
  .globl free
// The compiler does not let Swift code have this name.
free:
  tail mnos_free

  .section .text.memcpy, "ax", @progbits
  .globl memcpy
// Words while both addresses are aligned, then bytes.
memcpy:
  mv t0, a0
  or t1, a0, a1
  andi t1, t1, 7
  bnez t1, 2f
  li t2, 8
1:
  bltu a2, t2, 2f
  ld t1, 0(a1)
  sd t1, 0(t0)
  addi a1, a1, 8
  addi t0, t0, 8
  addi a2, a2, -8
  j 1b
2:
  beqz a2, 3f
  lbu t1, 0(a1)
  sb t1, 0(t0)
  addi a1, a1, 1
  addi t0, t0, 1
  addi a2, a2, -1
  j 2b
3:
  ret

  .section .text.memmove, "ax", @progbits
  .globl memmove
// Backwards only where the destination begins inside the source.
memmove:
  sub t0, a0, a1
  bgeu t0, a2, 2f
  add t0, a0, a2
  add a1, a1, a2
1:
  beqz a2, 3f
  addi a1, a1, -1
  addi t0, t0, -1
  lbu t1, 0(a1)
  sb t1, 0(t0)
  addi a2, a2, -1
  j 1b
2:
  tail memcpy
3:
  ret

  .section .text.memset, "ax", @progbits
  .globl memset
memset:
  mv t0, a0
  andi a1, a1, 0xff
  andi t1, a0, 7
  bnez t1, 2f
  slli t1, a1, 8
  or t1, t1, a1
  slli t2, t1, 16
  or t1, t1, t2
  slli t2, t1, 32
  or t1, t1, t2
  li t2, 8
1:
  bltu a2, t2, 2f
  sd t1, 0(t0)
  addi t0, t0, 8
  addi a2, a2, -8
  j 1b
2:
  beqz a2, 3f
  sb a1, 0(t0)
  addi t0, t0, 1
  addi a2, a2, -1
  j 2b
3:
  ret

  .section .text.memcmp, "ax", @progbits
  .globl memcmp
memcmp:
  beqz a2, 1f
  lbu t0, 0(a0)
  lbu t1, 0(a1)
  addi a0, a0, 1
  addi a1, a1, 1
  addi a2, a2, -1
  beq t0, t1, memcmp
  sub a0, t0, t1
  ret
1:
  li a0, 0
  ret

  .section .text.mnos_port_read8, "ax", @progbits
  .globl mnos_port_read8
// uint8_t mnos_port_read8(uint16_t port): this machine has no I/O ports, and nobody is given
// any, so a read finds what an open bus gives.
mnos_port_read8:
  li a0, 0xff
  ret

  .section .text.mnos_port_write8, "ax", @progbits
  .globl mnos_port_write8
// void mnos_port_write8(uint16_t port, uint8_t value)
mnos_port_write8:
  ret

  .section .note.GNU-stack, "", @progbits
