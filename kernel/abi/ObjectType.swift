/// The kinds of kernel object that a capability can name.
///
/// Raw values are ABI: `create` takes one, `inspect` answers one.
public enum ObjectType: UInt8, BitwiseCopyable, Sendable {
  case none = 0
  case endpoint = 1
  /// The one-shot right to answer a caller; made by `call` at delivery only.
  case reply = 2
  case notification = 3
  case memory = 4
  case process = 5
  case thread = 6
  case interrupt = 7
  /// A range of x86 I/O ports; on other architectures none exist.
  case portRange = 8
  case budget = 9
  /// Authority over the hardware itself: interrupt lines, device memory, I/O ports,
  /// power and the kernel's log. Given to init at boot.
  case machine = 10
  /// What one device may reach of memory.
  case dmaSpace = 11
}
