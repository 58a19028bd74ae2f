import KernelHAL
import X86Shims

/// The static data of one CPU that hardware and entry code read: descriptor table, task
/// state segment with its port bitmap, and the words that gs points to.
@safe struct CPUData {
  private let base: UInt64
  private let index: Int

  /// - Precondition: `index` is below `X86_CPU_LIMIT`.
  init(index: Int) {
    precondition(index >= 0 && index < Int(X86_CPU_LIMIT))
    self.index = index
    base = x86_cpu_data_address() + UInt64(index) * UInt64(X86_CPU_BYTES)
  }

  private var taskState: UInt64 { base + UInt64(X86_CPU_TSS) }
  /// The bitmap ends with a byte of ones.
  private static var taskStateByteCount: UInt64 { 104 + UInt64(X86_PORT_MAP_BYTES) + 1 }

  /// Loads descriptor tables, segments, task register and gs on the CPU that runs this.
  func load(kernelStack: UInt64) {
    fillSegments()
    fillTaskState()
    // SAFETY: all of it lies in this CPU's data, at the offsets that Entry.S knows.
    unsafe x86_store64(base + UInt64(X86_CPU_STACK), kernelStack)
    unsafe x86_store32(base + UInt64(X86_CPU_INDEX), UInt32(index))
    unsafe x86_load_segments(
      base + UInt64(X86_CPU_GDT), 8 * 8 - 1, UInt16(X86_KERNEL_CODE), UInt16(X86_KERNEL_DATA),
      UInt16(X86_TASK_STATE))
    unsafe x86_load_interrupt_table(x86_interrupt_table_address(), 256 * 16 - 1)
    unsafe x86_write_msr(ModelRegister.fsBase, 0)
    unsafe x86_write_msr(ModelRegister.gsBase, base)
    unsafe x86_write_msr(ModelRegister.kernelGSBase, 0)
  }

  private func fillSegments() {
    let task = Descriptors.taskState(base: taskState, byteCount: Self.taskStateByteCount)
    setSegment(0, 0)
    setSegment(UInt64(X86_KERNEL_CODE), Descriptors.kernelCode)
    setSegment(UInt64(X86_KERNEL_DATA), Descriptors.kernelData)
    setSegment(UInt64(X86_USER_BASE) & ~7, 0)
    setSegment(UInt64(X86_USER_DATA) & ~7, Descriptors.userData)
    setSegment(UInt64(X86_USER_CODE) & ~7, Descriptors.userCode)
    setSegment(UInt64(X86_TASK_STATE), task.low)
    setSegment(UInt64(X86_TASK_STATE) + 8, task.high)
  }

  private func setSegment(_ offset: UInt64, _ value: UInt64) {
    // SAFETY: the table has 8 entries; all callers are above.
    unsafe x86_store64(base + UInt64(X86_CPU_GDT) + offset, value)
  }

  private func fillTaskState() {
    let stacks =
      x86_emergency_stacks_address() + UInt64(index)
      * UInt64(X86_EMERGENCY_STACKS * X86_EMERGENCY_STACK_BYTES)
    var stack: UInt64 = 0
    while stack < UInt64(X86_EMERGENCY_STACKS) {
      let top = stacks + (stack + 1) * UInt64(X86_EMERGENCY_STACK_BYTES)
      // SAFETY: the segment has 7 such entries, and there are that many stacks.
      unsafe x86_store64(base + UInt64(X86_CPU_TSS_IST1) + stack * 8, top)
      stack += 1
    }
    setPortMapActive(false)
    withPortMap { map in
      for index in map.indices { map[index] = 0xff }
    }
    // SAFETY: the byte after the bitmap is still inside this CPU's data.
    unsafe x86_store8(base + UInt64(X86_CPU_PORT_MAP + X86_PORT_MAP_BYTES), 0xff)
  }

  /// Whether the CPU looks at the port bitmap, or finds it beyond the segment's end.
  func setPortMapActive(_ isActive: Bool) {
    let offset: UInt16 = isActive ? 104 : 0xffff
    // SAFETY: the field lies in this CPU's task state segment.
    unsafe x86_store16(base + UInt64(X86_CPU_TSS_MAP_BASE), offset)
  }

  func withPortMap(_ body: (inout MutableSpan<UInt8>) -> Void) {
    let start = base + UInt64(X86_CPU_PORT_MAP)
    // SAFETY: the bytes lie in this CPU's data, live for ever, and only the CPU that
    // runs this touches them.
    let bytes = unsafe UnsafeMutableBufferPointer<UInt8>(
      start: UnsafeMutablePointer(bitPattern: UInt(start)), count: Int(X86_PORT_MAP_BYTES))
    var map = unsafe bytes.mutableSpan
    body(&map)
  }

  /// Tells entry code that AC must be cleared when a trap comes in.
  func setAccessPrevention(_ isOn: Bool) {
    // SAFETY: the byte lies in this CPU's data.
    unsafe x86_store8(base + UInt64(X86_CPU_HAS_SMAP), isOn ? 1 : 0)
  }
}

/// The interrupt descriptor table that all CPUs share.
enum InterruptTable {
  /// Points every vector to its stub in Trap.S; breakpoints may come from INT3.
  static func fill() {
    var vector: UInt64 = 0
    while vector < 256 {
      let gate = Descriptors.interruptGate(
        to: x86_trap_stubs_address() + vector * UInt64(X86_STUB_BYTES),
        selector: UInt16(X86_KERNEL_CODE), stack: emergencyStack(vector), isForUser: vector == 3)
      let address = x86_interrupt_table_address() + vector * 16
      // SAFETY: the table has 256 entries of 16 bytes.
      unsafe x86_store64(address, gate.low)
      unsafe x86_store64(address + 8, gate.high)
      vector += 1
    }
  }

  /// NMI, double fault and machine check may come when the stack is not to be used.
  private static func emergencyStack(_ vector: UInt64) -> UInt64 {
    switch vector {
    case 2: 1
    case 8: 2
    case 18: 3
    default: 0
    }
  }
}
