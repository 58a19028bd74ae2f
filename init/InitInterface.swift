import Libmnos

/// All that init answers on its one endpoint: the name directory and the process service.
enum InitInterface: Interface {
  enum Request: MessageCodable {
    case names(NameProtocol.Request)
    case processes(ProcessProtocol.Request)

    func encode(into message: inout Message) {
      switch self {
      case .names(let request): request.encode(into: &message)
      case .processes(let request): request.encode(into: &message)
      }
    }

    init(from reader: inout MessageReader) throws(MalformedMessage) {
      var preview = reader
      self =
        ProcessProtocol.Request.operations.contains(try preview.next())
        ? .processes(try ProcessProtocol.Request(from: &reader))
        : .names(try NameProtocol.Request(from: &reader))
    }
  }

  /// Replies are those of the parts: see `PendingReply.narrowed`.
  struct Reply: MessageCodable {
    func encode(into message: inout Message) {}
    init(from reader: inout MessageReader) throws(MalformedMessage) { throw MalformedMessage() }
  }

  /// Each part has failures of its own, and the numbers differ: refusals go through `narrowed` too.
  typealias Failure = NameProtocol.Failure
}

/// The badge of a capability to init: which process holds it, and for what.
struct ClientBadge: Equatable {
  let process: UInt32
  let mayUseDirectory: Bool
  let mayUseProcesses: Bool
  let mayUsePower: Bool

  init(
    process: UInt32, mayUseDirectory: Bool = false, mayUseProcesses: Bool = false,
    mayUsePower: Bool = false
  ) {
    self.process = process
    self.mayUseDirectory = mayUseDirectory
    self.mayUseProcesses = mayUseProcesses
    self.mayUsePower = mayUsePower
  }

  init(_ rawValue: UInt64) {
    process = UInt32(truncatingIfNeeded: rawValue)
    mayUseDirectory = rawValue & 1 << 32 != 0
    mayUseProcesses = rawValue & 1 << 33 != 0
    mayUsePower = rawValue & 1 << 34 != 0
  }

  var rawValue: UInt64 {
    UInt64(process) | (mayUseDirectory ? 1 << 32 : 0) | (mayUseProcesses ? 1 << 33 : 0)
      | (mayUsePower ? 1 << 34 : 0)
  }
}
