import Libmnos

// Words for the kernel's and init's numbers.
extension Shell {
  static func name(of state: ProcessState) -> StaticString {
    switch state {
    case .new: "new"
    case .running: "running"
    case .stopped: "stopped"
    case .ending: "ending"
    case .ended: "ended"
    }
  }

  static func name(of state: ServiceState) -> StaticString {
    switch state {
    case .missing: "missing"
    case .running: "running"
    case .waiting: "waiting"
    case .ended: "ended"
    }
  }

  static func name(of type: ObjectType) -> StaticString {
    switch type {
    case .none: "none"
    case .endpoint: "endpoint"
    case .reply: "reply"
    case .notification: "notification"
    case .memory: "memory"
    case .process: "process"
    case .thread: "thread"
    case .interrupt: "interrupt"
    case .portRange: "port range"
    case .budget: "budget"
    case .machine: "machine"
    }
  }

  /// A letter for each right, a dash for each that is missing.
  static func letters(of rights: Rights) -> [UInt8] {
    var letters = Text.bytes("rwxcgytm")
    for index in letters.indices where rights.bits & 1 << UInt16(index) == 0 {
      letters[index] = UInt8(ascii: "-")
    }
    return letters
  }
}
