// Asks the CPU for registers that it may not have.

  .section .text.probe, "ax", @progbits

// mnos_riscv_has_stimecmp() -> 1 or 0. Reading a CSR that is absent, or that machine mode
// keeps from the supervisor, is an illegal instruction: the trap comes back here.
// Source: RISC-V "Sstc" extension, stimecmp (0x14d) and menvcfg.STCE.
  .globl mnos_riscv_has_stimecmp
  .type mnos_riscv_has_stimecmp, @function
mnos_riscv_has_stimecmp:
  lla t0, 1f
  csrrw t1, stvec, t0
  csrr t2, sstatus
  li a0, 0
  csrr t3, 0x14d
  li a0, 1
  .balign 4
1:
  csrw stvec, t1
  // The trap moved SIE and set SPP; put both back.
  csrw sstatus, t2
  ret
  .size mnos_riscv_has_stimecmp, . - mnos_riscv_has_stimecmp

// mnos_riscv_can_flush(address) -> 1 or 0. Flushes the cache block of an address of RAM, which is
// an illegal instruction without Zicbom, or where machine mode keeps it from the supervisor.
// Source: RISC-V Unprivileged Architecture, "Cache-Management Instructions", and menvcfg.CBCFE.
  .globl mnos_riscv_can_flush
  .type mnos_riscv_can_flush, @function
mnos_riscv_can_flush:
  lla t0, 1f
  csrrw t1, stvec, t0
  csrr t2, sstatus
  mv t3, a0
  li a0, 0
  .insn i 0x0f, 2, x0, t3, 2
  li a0, 1
  .balign 4
1:
  csrw stvec, t1
  csrw sstatus, t2
  ret
  .size mnos_riscv_can_flush, . - mnos_riscv_can_flush

// mnos_riscv_can_load(address) -> 1 or 0: whether a load of 8 bytes there does not fault.
  .globl mnos_riscv_can_load
  .type mnos_riscv_can_load, @function
mnos_riscv_can_load:
  lla t0, 1f
  csrrw t1, stvec, t0
  csrr t2, sstatus
  mv t3, a0
  li a0, 0
  ld t3, 0(t3)
  li a0, 1
  .balign 4
1:
  csrw stvec, t1
  csrw sstatus, t2
  ret
  .size mnos_riscv_can_load, . - mnos_riscv_can_load

// mnos_riscv_close_user_extensions(): turns off for user mode what extensions add to it, above
// all registers that nobody saves: shadow stacks, jump tables, pointer masks, cache operations.
// A CPU without a register has nothing to turn off by it.
// Source: RISC-V Privileged Architecture, "Supervisor Environment Configuration Register"
// (senvcfg, 0x10a), and "Smstateen/Ssstateen" extension (sstateen0, 0x10c).
  .globl mnos_riscv_close_user_extensions
  .type mnos_riscv_close_user_extensions, @function
mnos_riscv_close_user_extensions:
  csrr t2, sstatus
  lla t0, 1f
  csrrw t1, stvec, t0
  csrw 0x10a, zero
  .balign 4
1:
  lla t0, 2f
  csrw stvec, t0
  csrw 0x10c, zero
  .balign 4
2:
  csrw stvec, t1
  // A trap moved SIE and set SPP; put both back.
  csrw sstatus, t2
  ret
  .size mnos_riscv_close_user_extensions, . - mnos_riscv_close_user_extensions
