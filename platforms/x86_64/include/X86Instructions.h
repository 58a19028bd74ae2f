// One instruction each, for what Swift has no words for. A function marked unsafe can break
// memory safety if its argument is wrong.
#ifndef X86_INSTRUCTIONS_H
#define X86_INSTRUCTIONS_H

#include <stdint.h>

#define X86_UNSAFE __attribute__((swift_attr("unsafe")))
#define X86_INLINE static inline __attribute__((always_inline))

// Registers of devices, and memory that the CPU or firmware shares.
X86_INLINE X86_UNSAFE uint8_t x86_load8(uint64_t address) {
  return *(volatile uint8_t *)address;
}
X86_INLINE X86_UNSAFE uint32_t x86_load32(uint64_t address) {
  return *(volatile uint32_t *)address;
}
X86_INLINE X86_UNSAFE uint64_t x86_load64(uint64_t address) {
  return *(volatile uint64_t *)address;
}
X86_INLINE X86_UNSAFE void x86_store8(uint64_t address, uint8_t value) {
  *(volatile uint8_t *)address = value;
}
X86_INLINE X86_UNSAFE void x86_store16(uint64_t address, uint16_t value) {
  *(volatile uint16_t *)address = value;
}
X86_INLINE X86_UNSAFE void x86_store32(uint64_t address, uint32_t value) {
  *(volatile uint32_t *)address = value;
}
// As two halves: the address may be aligned to 4 only.
X86_INLINE X86_UNSAFE void x86_store64(uint64_t address, uint64_t value) {
  ((volatile uint32_t *)address)[0] = (uint32_t)value;
  ((volatile uint32_t *)address)[1] = (uint32_t)(value >> 32);
}

X86_INLINE uint8_t x86_in8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
X86_INLINE uint16_t x86_in16(uint16_t port) {
  uint16_t value;
  __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
X86_INLINE uint32_t x86_in32(uint16_t port) {
  uint32_t value;
  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
X86_INLINE void x86_out8(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
X86_INLINE void x86_out16(uint16_t port, uint16_t value) {
  __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
X86_INLINE void x86_out32(uint16_t port, uint32_t value) {
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

typedef struct {
  uint32_t eax, ebx, ecx, edx;
} x86_cpuid_result;

X86_INLINE x86_cpuid_result x86_cpuid(uint32_t leaf, uint32_t subleaf) {
  x86_cpuid_result r;
  __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                   : "a"(leaf), "c"(subleaf));
  return r;
}

X86_INLINE uint64_t x86_read_msr(uint32_t msr) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
  return (uint64_t)high << 32 | low;
}
X86_INLINE X86_UNSAFE void x86_write_msr(uint32_t msr, uint64_t value) {
  __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                   : "memory");
}

// The time stamp, read neither before earlier loads nor after later ones.
X86_INLINE uint64_t x86_read_time_stamp(void) {
  uint32_t low, high;
  __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
  return (uint64_t)high << 32 | low;
}

// Answers 0 if the CPU had no number to give.
X86_INLINE uint8_t x86_read_random(uint64_t *value) {
  uint8_t ok;
  __asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(*value), "=qm"(ok) : : "cc");
  return ok;
}
X86_INLINE uint8_t x86_read_seed(uint64_t *value) {
  uint8_t ok;
  __asm__ volatile("rdseed %0\n\tsetc %1" : "=r"(*value), "=qm"(ok) : : "cc");
  return ok;
}

X86_INLINE uint64_t x86_read_cr0(void) {
  uint64_t value;
  __asm__ volatile("movq %%cr0, %0" : "=r"(value));
  return value;
}
X86_INLINE X86_UNSAFE void x86_write_cr0(uint64_t value) {
  __asm__ volatile("movq %0, %%cr0" : : "r"(value) : "memory");
}
X86_INLINE uint64_t x86_read_cr3(void) {
  uint64_t value;
  __asm__ volatile("movq %%cr3, %0" : "=r"(value) : : "memory");
  return value;
}
X86_INLINE X86_UNSAFE void x86_write_cr3(uint64_t value) {
  __asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

// The selectors of ds, es, fs and gs, or-ed: 0 if user code left all of them as they were.
X86_INLINE uint32_t x86_data_selectors(void) {
  uint32_t all, one;
  __asm__ volatile(
      "movl %%ds, %0\n\t"
      "movl %%es, %1\n\t"
      "orl %1, %0\n\t"
      "movl %%fs, %1\n\t"
      "orl %1, %0\n\t"
      "movl %%gs, %1\n\t"
      "orl %1, %0"
      : "=r"(all), "=r"(one));
  return all;
}
// Makes them 0. Loading gs also writes the base in use, so the user's is put there for that long.
// Source: Intel SDM vol. 3A §3.4.4, Segment Loading Instructions in IA-32e Mode.
X86_INLINE X86_UNSAFE void x86_clear_data_selectors(void) {
  __asm__ volatile(
      "movl %0, %%ds\n\t"
      "movl %0, %%es\n\t"
      "movl %0, %%fs\n\t"
      "swapgs\n\t"
      "movl %0, %%gs\n\t"
      "swapgs"
      : : "r"(0));
}
X86_INLINE uint64_t x86_read_cr4(void) {
  uint64_t value;
  __asm__ volatile("movq %%cr4, %0" : "=r"(value));
  return value;
}
X86_INLINE X86_UNSAFE void x86_write_cr4(uint64_t value) {
  __asm__ volatile("movq %0, %%cr4" : : "r"(value) : "memory");
}
X86_INLINE void x86_clear_debug_registers(void) {
  uint64_t zero = 0;
  __asm__ volatile("movq %0, %%dr7\n\tmovq %0, %%dr6" : : "r"(zero) : "memory");
}
X86_INLINE void x86_invalidate_page(uint64_t address) {
  __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

// The compiler neither moves a store across this nor leaves one out.
X86_INLINE void x86_keep_store_order(void) { __asm__ volatile("" : : : "memory"); }

typedef struct {
  uint16_t limit;
  uint16_t base[4];
} x86_table_register;

X86_INLINE X86_UNSAFE void x86_load_interrupt_table(uint64_t base, uint16_t limit) {
  x86_table_register r = {
    limit, {(uint16_t)base, (uint16_t)(base >> 16), (uint16_t)(base >> 32), (uint16_t)(base >> 48)}
  };
  __asm__ volatile("lidt %0" : : "m"(r) : "memory");
}

// Loads the descriptor table and every segment register from it, and the task register.
X86_INLINE X86_UNSAFE void x86_load_segments(
    uint64_t base, uint16_t limit, uint16_t code, uint16_t data, uint16_t task) {
  x86_table_register r = {
    limit, {(uint16_t)base, (uint16_t)(base >> 16), (uint16_t)(base >> 32), (uint16_t)(base >> 48)}
  };
  uint64_t far_code = code;
  uint32_t null_selector = 0;
  __asm__ volatile(
      "lgdt %0\n\t"
      "pushq %1\n\t"
      "leaq 1f(%%rip), %%rax\n\t"
      "pushq %%rax\n\t"
      "lretq\n"
      "1:\n\t"
      "movl %2, %%ss\n\t"
      "movl %4, %%ds\n\t"
      "movl %4, %%es\n\t"
      "movl %4, %%fs\n\t"
      "movl %4, %%gs\n\t"
      "ltr %3"
      : : "m"(r), "r"(far_code), "r"((uint32_t)data), "r"(task), "r"(null_selector)
      : "rax", "memory");
}

// Writes back and drops all that this CPU's caches hold. Takes milliseconds.
X86_INLINE void x86_empty_caches(void) { __asm__ volatile("wbinvd" : : : "memory"); }

// Writes back and drops a line, from the caches of every CPU. Only fences order the second.
X86_INLINE void x86_flush_line(uint64_t address) {
  __asm__ volatile("clflush (%0)" : : "r"(address) : "memory");
}
X86_INLINE void x86_flush_line_unordered(uint64_t address) {
  __asm__ volatile("clflushopt (%0)" : : "r"(address) : "memory");
}

// Loads and stores before it have happened before those after it.
X86_INLINE void x86_memory_fence(void) { __asm__ volatile("mfence" : : : "memory"); }

X86_INLINE void x86_save_extended_state(void *state) {
  __asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
}
X86_INLINE void x86_load_extended_state(const void *state) {
  __asm__ volatile("fxrstor64 (%0)" : : "r"(state) : "memory");
}

// Makes the addresses of the last x87 instruction and operand those of this one.
X86_INLINE void x86_replace_error_pointers(const void *state) {
  __asm__ volatile("fnclex\n\temms\n\tfildl (%0)" : : "r"(state) : "memory");
}

X86_INLINE void x86_pause(void) { __asm__ volatile("pause" : : : "memory"); }
X86_INLINE void x86_halt(void) { __asm__ volatile("cli\n\thlt" : : : "memory"); }
X86_INLINE void x86_trap(void) { __asm__ volatile("int3" : : : "memory"); }

#endif
