// Calling what only assembly can call. Each architecture's Entry.S defines these.

#pragma once
#include <stdint.h>

/// Calls a firmware function in the firmware's own calling convention. Arguments that the
/// function does not take are ignored by it.
uint64_t mnos_firmware_call(uint64_t function, uint64_t first, uint64_t second, uint64_t third,
                            uint64_t fourth, uint64_t fifth);

/// Switches to the page tables at `root` and jumps to `entry` with every other register as
/// the boot protocol wants it. `machine` is what `Machine.prepareEntry` returned. Where each
/// half of the address space has a root of its own, `root` is the upper half's and
/// `lower_root` the other; elsewhere they are the same.
_Noreturn void mnos_enter_kernel(uint64_t root, uint64_t entry, uint64_t stack_top,
                                 uint64_t machine, uint64_t lower_root);

/// Physical addresses of the loader's code, which stays mapped during the switch.
uint64_t mnos_text_start(void);
uint64_t mnos_text_end(void);

/// Tells the compiler that memory may have been changed by someone else.
static inline void mnos_memory_barrier(void) { __asm__ volatile("" ::: "memory"); }
