extension ReceiveEndpoint {
  /// The start name of the queue that init keeps for a service.
  public static var startName: StaticString { "queue" }
}

extension StartContext {
  /// The endpoint at which this service serves `name`, registered with init.
  ///
  /// It is the queue that init keeps for the service, where callers wait while it is restarted, or,
  /// where the manifest asks for none, an endpoint of the service's own, which ends with it.
  ///
  /// - Throws: why there can be no endpoint; `failed` if init refuses the name.
  public mutating func serve(
    as name: Name, by directory: borrowing Client<NameProtocol>
  ) throws(SyscallStatus) -> ReceiveEndpoint {
    let queue: ReceiveEndpoint? = try? take(ShortName(ReceiveEndpoint.startName))
    do throws(CallFailure<NameProtocol.Failure>) {
      if let queue {
        try directory.registerQueue(name)
        return queue
      }
      let endpoint = try makeEndpoint()
      try directory.register(name, endpoint)
      return endpoint
    } catch {
      if case .kernel(let status) = error { throw status }
      throw .failed
    }
  }

  private func makeEndpoint() throws(CallFailure<NameProtocol.Failure>) -> ReceiveEndpoint {
    do throws(SyscallStatus) {
      return try budget.makeEndpoint()
    } catch {
      throw .kernel(error)
    }
  }
}
