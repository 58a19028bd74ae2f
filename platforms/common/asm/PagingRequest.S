// What the kernel asks of its boot loader about page tables; the other requests are in
// LimineRequests.swift. It is here because modes differ by architecture: link scripts may
// define the number of the preferred one, `mnos_paging_mode`, and of the highest that the
// platform can use, `mnos_paging_mode_highest`. Otherwise both are 0: the fewest levels.
//
// Source: Limine PROTOCOL.md, "Paging Mode Feature", revision 1.

  .weak mnos_paging_mode, mnos_paging_mode_highest
  .section .requests, "aw"
  .balign 8
  .quad 0xc7b1dd30df4c8b88, 0x0a82e883a194f07b, 0x95c1a0edab0944cb, 0xa4e5cb3842f7488a
  .quad 1
  .globl mnos_paging_response
mnos_paging_response:
  .quad 0
  // Preferred, highest and lowest mode.
  .quad mnos_paging_mode, mnos_paging_mode_highest, 0
