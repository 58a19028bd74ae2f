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

  static func name(of state: ThreadState) -> StaticString {
    switch state {
    case .new: "new"
    case .ready: "ready"
    case .running: "running"
    case .sending: "sending"
    case .receiving: "receiving"
    case .awaitingReply: "awaiting reply"
    case .waiting: "waiting"
    case .faulted: "faulted"
    case .ended: "ended"
    }
  }

  /// What a capability is used for that its process cannot use now; nothing for all others.
  static func use(of listing: CapabilityListing) -> StaticString {
    switch listing.state {
    case .free, .held: ""
    case .spare: "kept for the next caller"
    case .inTransit: "in a message that waits"
    case .reserved: "its memory is being cleared"
    case .ending: "being deleted"
    case .bound:
      switch listing.role {
      case .none: "bound"
      case .threadNotification: "bound: wakes a thread"
      case .faultHandler: "bound: a thread's faults"
      case .threadEnd: "bound: a thread's end"
      case .supervisor: "bound: a process's end"
      case .interruptTarget: "bound: an interrupt"
      case .ports: "bound: usable ports"
      }
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
    case .dmaSpace: "dmaSpace"
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
