/// A client that finds its server by name, and finds it again after a restart.
public struct ServiceConnection<API: Interface>: ~Copyable {
  public let name: Name
  private var client: Client<API>?

  public init(to name: Name) {
    self.name = name
    client = nil
  }

  /// Asks; if the server is gone, looks for its successor.
  ///
  /// - Parameters:
  ///   - isRepeatable: Whether the request may be made again after a server ended in the
  ///     middle of it. If not, only a server that was gone before is replaced silently.
  ///   - directory: Where to look the name up.
  /// - Throws: what the last try threw.
  public mutating func call(
    _ request: API.Request, isRepeatable: Bool, by directory: borrowing Client<NameProtocol>,
    deadline: UInt64 = Deadline.never
  ) throws(CallFailure<API.Failure>) -> API.Reply {
    for _ in 0..<3 {
      try connect(by: directory, deadline: deadline)
      do throws(CallFailure<API.Failure>) {
        return try perform(request, deadline)
      } catch {
        guard error.isServerGone else { throw error }
        client = nil
        guard isRepeatable else { throw error }
      }
    }
    throw .kernel(.peerGone)
  }

  /// Forgets the server: the next call looks it up.
  public mutating func disconnect() { client = nil }

  /// Makes sure of a server, waiting for one if need be.
  public mutating func connect(
    by directory: borrowing Client<NameProtocol>, deadline: UInt64 = Deadline.never
  ) throws(CallFailure<API.Failure>) {
    if client != nil { return }
    do throws(CallFailure<NameProtocol.Failure>) {
      client = Client<API>(try directory.lookUp(name, deadline: deadline))
    } catch {
      switch error {
      case .kernel(let status): throw .kernel(status)
      case .refused(.exhausted): throw .kernel(.noMemory)
      case .refused: throw .kernel(.unavailable)
      case .malformed: throw .malformed
      }
    }
  }

  private borrowing func perform(
    _ request: API.Request, _ deadline: UInt64
  ) throws(CallFailure<API.Failure>) -> API.Reply {
    guard client != nil else { throw .kernel(.peerGone) }
    return try client!.call(request, deadline: deadline)
  }
}
