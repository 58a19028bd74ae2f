// Symbols that Swift cannot name: of the link script, and of entry assembly.
#pragma once
#include <stdint.h>

#define MNOS_LINK_SYMBOL(name)                                   \
  extern const char name[] __attribute__((visibility("hidden"))); \
  static inline uint64_t name##_address(void) { return (uint64_t)(uintptr_t)name; }

MNOS_LINK_SYMBOL(mnos_image_start)
MNOS_LINK_SYMBOL(mnos_text_start)
MNOS_LINK_SYMBOL(mnos_text_end)
MNOS_LINK_SYMBOL(mnos_rodata_start)
MNOS_LINK_SYMBOL(mnos_rodata_end)
MNOS_LINK_SYMBOL(mnos_data_start)
MNOS_LINK_SYMBOL(mnos_data_end)
MNOS_LINK_SYMBOL(mnos_image_end)
MNOS_LINK_SYMBOL(mnos_boot_stack_guard)
MNOS_LINK_SYMBOL(mnos_boot_stack)
MNOS_LINK_SYMBOL(mnos_boot_stack_top)
MNOS_LINK_SYMBOL(mnos_symbols_start)

/// Where the boot loader put its answer about page tables. Source: PagingRequest.S.
extern const volatile uint64_t mnos_paging_response __attribute__((visibility("hidden")));
static inline uint64_t mnos_paging_response_value(void) { return mnos_paging_response; }

/// Restores the registers at `frame` and returns to user mode.
_Noreturn void mnos_enter_user(uint64_t frame);
