import KernelHAL

/// A value whose write to a register turns the machine off or restarts it.
public struct RegisterWrite: Equatable, Sendable {
  /// Physical address of the register block, and the register's offset in it.
  public var base: UInt64
  public var byteCount: UInt64
  public var offset: UInt64
  public var value: UInt32
  /// Bits of the register that are written; the others keep what they are.
  public var mask: UInt32

  public init(base: UInt64, byteCount: UInt64, offset: UInt64, value: UInt32, mask: UInt32) {
    self.base = base
    self.byteCount = byteCount
    self.offset = offset
    self.value = value
    self.mask = mask
  }

  /// The block that the kernel must map for it.
  public var region: MemoryRegion { MemoryRegion(base: base, byteCount: byteCount, kind: .device) }

  /// Writes to `registers`, which are those of the block.
  public func perform<Registers: RegisterAccess>(on registers: inout Registers) {
    let kept = mask == .max ? 0 : registers.read(at: offset) & ~mask
    registers.write(kept | value & mask, at: offset)
  }
}

extension DeviceTree {
  /// What the node of a model such as "syscon-poweroff" says is to be written.
  ///
  /// Source: Linux devicetree bindings power/reset/syscon-poweroff and syscon-reboot.
  public func registerWrite(_ model: StaticString) -> RegisterWrite? {
    guard
      let node = firstNode(where: { isEnabled($0) && isCompatible($0, with: model) }),
      let handle = cell("regmap", of: node), let block = self.node(withHandle: handle),
      let registers = registers(of: block), let offset = cell("offset", of: node)
    else { return nil }
    // Without a value, the mask is what is written: the older form of the binding.
    guard let value = cell("value", of: node) ?? cell("mask", of: node) else { return nil }
    let mask = cell("value", of: node) == nil ? UInt32.max : cell("mask", of: node)
    guard offset % 4 == 0, UInt64(offset) + 4 <= registers.byteCount else { return nil }
    return RegisterWrite(
      base: registers.base, byteCount: registers.byteCount, offset: UInt64(offset),
      value: value, mask: mask ?? .max)
  }
}
