/// The name directory: who serves what.
///
/// A program holds a send end to it under the start name "directory".
public enum NameProtocol: Interface {
  public enum Request: MessageCodable, Equatable, Sendable {
    /// Serves `name` from now on; brings a send end with a badge to hand out, or nothing if init
    /// keeps the queue. Only a service whose manifest grants the name may.
    case register(Name)
    /// Asks for a send end to whoever serves `name`. With `waits`, the answer comes once
    /// somebody does, or once there is a queue to wait in; else it is `unavailable` meanwhile.
    case lookUp(Name, waits: Bool)
  }

  /// `lookUp`'s reply brings the send end.
  public enum Reply: MessageCodable, Equatable, Sendable {
    case done
  }

  /// The badge of a send end that a service registers. It must have one: whoever holds an endpoint
  /// without a badge can make copies with any, and so speak as another client.
  public static var senderBadge: UInt64 { 1 << 63 }

  public enum Failure: UInt64, Error, Sendable {
    /// No service of this name is known; waiting would not help.
    case unknownName = 1
    /// The service is known but not there now.
    case unavailable = 2
    /// The manifest does not grant the name to the caller.
    case notPermitted = 3
    /// No capability came with the request, or one that cannot be handed out.
    case badCapability = 4
    /// No memory or slots are left for the request.
    case exhausted = 5
  }
}

extension NameProtocol.Request {
  static var operations: ClosedRange<UInt64> { 0x100...0x1ff }

  public func encode(into message: inout Message) {
    switch self {
    case .register(let name):
      message.append(0x100)
      message.append(name)
    case .lookUp(let name, let waits):
      message.append(waits ? 0x102 : 0x101)
      message.append(name)
    }
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    switch try reader.next() {
    case 0x100: self = .register(try reader.nextName())
    case 0x101: self = .lookUp(try reader.nextName(), waits: false)
    case 0x102: self = .lookUp(try reader.nextName(), waits: true)
    default: throw MalformedMessage()
    }
  }
}

extension NameProtocol.Reply {
  public func encode(into message: inout Message) {}
  public init(from reader: inout MessageReader) throws(MalformedMessage) { self = .done }
}

extension Client where API == NameProtocol {
  /// Registers a send end of this process's own endpoint under `name`.
  public func register(
    _ name: Name, _ endpoint: borrowing ReceiveEndpoint
  ) throws(CallFailure<NameProtocol.Failure>) {
    var attachments = Attachments()
    do throws(SyscallStatus) {
      attachments.attach(
        try endpoint.makeSender(badge: NameProtocol.senderBadge),
        rights: ReceiveEndpoint.senderRights)
    } catch {
      throw .kernel(error)
    }
    _ = try call(.register(name), attaching: attachments)
  }

  /// Says that this process serves the queue that init keeps for `name`.
  public func registerQueue(_ name: Name) throws(CallFailure<NameProtocol.Failure>) {
    _ = try call(.register(name))
  }

  /// A send end to whoever serves `name`.
  public func lookUp(
    _ name: Name, waits: Bool = true, deadline: UInt64 = Deadline.never
  ) throws(CallFailure<NameProtocol.Failure>) -> SendEndpoint {
    var answer = try call(
      .lookUp(name, waits: waits), attaching: Attachments(), accepting: 1, deadline: deadline)
    do throws(SyscallStatus) {
      return try answer.capabilities.take(0)
    } catch {
      throw .kernel(error)
    }
  }
}
