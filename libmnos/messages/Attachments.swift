/// Capabilities to go with a message, at most four, all or none of them.
///
/// A copied one must live until the message was sent. A moved one belongs to this value:
/// the kernel takes it with the message, or it ends with this value.
public struct Attachments: ~Copyable {
  var record = TransferRecord()
  private var moved: [4 of Handle] = .init(repeating: .none)

  public init() {}

  public var count: Int { Int(record.count) }

  /// Attaches a copy.
  ///
  /// - Parameter rights: What to pass on; the capability must have all of them.
  /// - Precondition: fewer than four are attached.
  public mutating func attachCopy<Kind>(of capability: borrowing Capability<Kind>, rights: Rights) {
    append(CapabilityTransfer(capability.handle, rights: rights, isMove: false))
  }

  /// Attaches the capability itself.
  ///
  /// - Parameter rights: What to pass on; by default all that it has.
  /// - Precondition: fewer than four are attached.
  public mutating func attach<Kind>(
    _ capability: consuming Capability<Kind>, rights: Rights? = nil
  ) {
    let passed = rights ?? (try? capability.inspect().rights) ?? .none
    let handle = capability.relinquish()
    moved[count] = handle
    append(CapabilityTransfer(handle, rights: passed, isMove: true))
  }

  private mutating func append(_ transfer: CapabilityTransfer) {
    switch record.count {
    case 0: record.transfers.0 = transfer
    case 1: record.transfers.1 = transfer
    case 2: record.transfers.2 = transfer
    case 3: record.transfers.3 = transfer
    default: preconditionFailure("more than four capabilities in a message")
    }
    record.count += 1
  }

  /// Deletes what was not taken: a handle that was is stale, and names nothing else.
  deinit {
    for index in 0..<4 where moved[index] != .none {
      _ = try? SystemCall.invoke(.delete, UInt64(moved[index].rawValue))
    }
  }
}

/// The capabilities that came with a message; those that nobody takes are deleted.
public struct ReceivedCapabilities: ~Copyable {
  private var handles: [4 of Handle] = .init(repeating: .none)
  public let count: Int

  public init() { count = 0 }

  /// From the registers of a receive or call that succeeded.
  init(_ registers: borrowing CallRegisters) {
    count = Int(min(registers.result.capabilityCount, 4))
    let (first, second) = (registers.argument1, registers.argument2)
    for index in 0..<count {
      let pair = index < 2 ? first : second
      handles[index] = Handle(value: index % 2 == 0 ? pair : pair >> 32)
    }
  }

  /// For tests of servers: takes over `handles`.
  public init(adopting handles: [4 of Handle], count: Int) {
    self.handles = handles
    self.count = count
  }

  /// Takes the capability at `index`, which must be of the type asked for.
  ///
  /// - Throws: `badCapability` if none came there or it was taken, `wrongType`.
  public mutating func take<Kind>(
    _ index: Int, as kind: Capability<Kind>.Type = Capability<Kind>.self
  ) throws(SyscallStatus) -> Capability<Kind> {
    guard index >= 0, index < count, handles[index] != .none else { throw .badCapability }
    guard try Inspection(of: handles[index]).type == Kind.objectType else { throw .wrongType }
    let handle = handles[index]
    handles[index] = .none
    return Capability(adopting: handle)
  }

  deinit {
    for index in 0..<4 where handles[index] != .none {
      _ = try? SystemCall.invoke(.delete, UInt64(handles[index].rawValue))
    }
  }
}
